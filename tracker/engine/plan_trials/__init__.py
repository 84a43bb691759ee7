"""A plan looked at before and while it pays: said in outline, tried on sales, held against experience.

What stands where:

    plan_outline   what a plan says, topic by topic (plan_worked: with examples worked out)
    plan_trial     a plan tried on made-up sales (example_sales); its author's own examples must come out
    plan_advice    what experience says about a plan (plan_findings, plan_ladder_advice; plan_history: how far people
                   would have climbed on it)
    simulation     a plan tried on deals that have been (simulation_values, break_even, distributions; requota: its
                   quotas in other windows)
    plan_watch     whether a plan that pays still does what it should
"""
