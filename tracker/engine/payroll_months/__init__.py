"""From what is earned to what a month pays.

What stands where:

    posting      which payroll month pays a difference, and what it is called there
    settlement   what a period earned -> what it pays: draws, guarantees and the debt they leave
    payroll      a payroll month from the facts: everybody's statement (payroll_teams; statement: its text)
    equity       grants of units that vest, beside the money
"""
