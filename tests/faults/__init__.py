"""What must hold when things break: processes die, disks fill, clocks differ, everybody writes at once.

Run by `python3 -m tracker test --faults [--long] [--seed N]`, and left out of the ordinary run. Every test here works
on real server processes and knows of the product only its addresses, its settings and what the database keeps.

    size        how long a run is, its seed, and a source of chance for each test
    telling     the figures each test measured, printed with the seed at the end
    servers     `run`, as so many processes on one database; killed, stopped and started again
    senders     clients that send until they are answered, and write down first what they are about to send
    deals_sent  random deal events from a seed
    oracle      what people earn by those events, in plain sums; shares no code with the product
    plan_terms, ladder_oracle, payroll_oracle
                what people earn and are paid under plans, quotas and rates that change, and across closes
    visitors    a person's browser: signs in, reads pages, sends forms
    living_company, seen_figures
                a company to which everything happens by HTTP; and what its people see, held against the oracles
    happenings  the rules by which Hypothesis lets everything happen to it
    company     the company that is broken here, and the comparison at the end
    asking      one request, and how it was answered
    listening   a socket that is read all the time, and what it heard
    proxy       a line to PostgreSQL that can be made to fail
    rooms       a folder with only so much room
    tracing     strace around a running process: counts its calls to the system, or lets some of them fail or take long
"""
