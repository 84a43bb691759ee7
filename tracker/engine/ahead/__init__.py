"""Where a window will end: secured, exposed, backed, hope.

What stands where:

    prospects    open deals as they would count if won, how likely that is, and what speaks against it
    outcomes     which of them will be won: every way with how likely it is, or a fixed sample
    projection   what each way pays through the real table: the mean, the range, the chance of each step
"""
