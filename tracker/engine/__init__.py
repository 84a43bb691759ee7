"""The engine: what a set of deals earns under a plan. Pure.

Nothing in this folder asks for the time, opens a file, reads a setting, logs or talks to a database: all of it
comes in as arguments. It may import the standard library and itself, nothing else (a test keeps it so).

Read in this order; each folder says at its door what stands in it:

    money           whole minor units, exact shares, the one rounding
    periods         windows a ladder climbs in, periods that are paid, working days
    deals           a deal as the CRM last described it (values: how such classes are made cheap)
    agreement/      plans, quotas, exceptions and teams as they were agreed
    plan_files/     the same as files, forms and schemas, every problem named
    crediting/      deal -> credits (linear, per deal)
    earning/        credits -> running totals -> earned per period, and why
    payroll_months/ earned -> paid: posting, draws, statements
    ahead/          where a window will end
    plan_trials/    a plan in outline, on trial, against experience
    claims/         when a rep doubts a figure
    replaying/      the same figures from scratch, sharing nothing with the above but the classes of plans and deals
"""
