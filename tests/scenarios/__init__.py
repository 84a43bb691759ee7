"""Worked examples a sales manager can read and check: a plan as its file, deals as a table, and the figures expected.

One file per model. Above the first `===` stand the plan and what all cases share; each `===` begins a case. Columns are
divided by two spaces or more, `-` is an empty cell. Tables of a case:

    deals                    what the CRM said, in this order; a deal named again is amended. `who` is
                             "anna 60%, bo 40%"; "+20%" is an overlay beside the split, "anna/SDR" names a role.
                             A column that is no field and no measure of a deal is a property plans filter on.
    plan from 2026-11-16     a later version of the plan, as its file
    quotas                   by rep (or team) and window, or year; `from` is the day from which one holds
    agreed                   with a rep instead of the plan: as a component of a file of people says it, and its days
    on the plan              who is, with first and last day; without it everybody, since long ago
    scores                   of objectives, by rep and window
    teams                    who belongs to a team or leads it, with weight, first and last day; a later row counts more
    earned                   what is expected, summed over the columns left out; nobody else may earn anything (with a
                             column `component`: under the components named)
    by tier                  the tiers behind the figure
    vested                   of the one grant in the table `grants`, on some days
    held                     deals that wait, and for what
    each amount alone        one deal of that amount, nothing else, and what it earns
    earned after each deal   one deal after the other, what each adds, and what is earned so far
"""
