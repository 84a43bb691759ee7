"""The engine: what a set of deals earns under a plan. Pure.

Nothing in this folder asks for the time, opens a file, reads a setting, logs or talks to a database: all of it
comes in as arguments. It may import the standard library and itself, nothing else (a test keeps it so).

Read in this order:

    money       whole minor units, exact shares, the one rounding
    periods     windows a ladder climbs in, periods that are paid, working days
    deals       a deal as the CRM last described it
    plans       an agreement: components, tiers, multipliers, gates, caps (plan_book: all of them, and who is on which)
    quotas      which quota holds for whom in a window: of the year, the season, somebody new, the days on the plan
    exceptions  what was agreed with one payee instead of what their plan says
    over_time   months of a deal, and what a customer who leaves takes back
    plan_file   the same as a TOML file, every problem named at once (plan_schema, people_schema: as JSON Schema)
    teams       who belongs to a team and who leads it, and how members share a figure
    plan_trial  a plan tried on made-up sales; its author's own examples must come out
    plan_outline what a plan says, topic by topic (plan_worked: with examples worked out)
    plan_advice what experience says about a plan (plan_history: how far people would have climbed on it)
    rates       a tier table compiled to bands; one evaluation function
    credits     deal -> credits, one payee and component each (linear, per deal)
    presence    credits for being there on due days; objectives: scores as deals from inside
    totals      credits -> running totals
    climbing    running totals -> earned per period (everything that bends happens here; ladder_terms: by what)
    equity      grants of units that vest, beside the money
    pools       what a team earned -> what its members are paid
    settlement  what a period earned -> what it pays: draws, guarantees and the debt they leave
    paying      a list of deals -> what everybody is paid, in one go
    simulation  a plan tried on deals that have been (break_even, requota, distributions, simulation_values)
    explain     the lines whose sum is the figure, and why a deal did not pay
    standing    where a payee stands: step, distance, next deal, pace
    prospects   open deals as they would count if won, how likely that is, and what speaks against it
    projection  where a window ends: secured, exposed, backed, hope (ways: outcomes, ways_climbed, supposed)
    posting     which payroll month pays a difference, and what it is called there
    payroll     a payroll month from the facts: everybody's statement (statement: what it holds, and its text)
    replay      the same figures from scratch, sharing nothing with the above but the plan (replay_...)
"""
