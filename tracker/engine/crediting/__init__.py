"""From what happened to credits, one payee and component each: linear, one deal or occasion at a time.

What stands where:

    credits      deal -> credits: filter, gate, measure, cap, split, multipliers (credit_parts: its steps)
    over_time    months of a deal, and what a customer who leaves takes back
    exchange     rates by day, and the one conversion of a credit
    presence     credits for being there on due days (due); objectives: scores as deals from inside
"""
