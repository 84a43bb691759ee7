"""When a rep doubts a figure.

What stands where:

    disputes       what can be done next about one, and by whom
    reconciling    a rep's own list held against the figures, each difference explained (list_matching: what is what)
"""
