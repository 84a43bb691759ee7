"""A source's own list of its deals held against ours: what never came in is found, fetched where the CRM can be asked,
and noted either way.

    listing    the list, from the CRM or a CSV file, put in order on the disk: a million deals take no more memory
    comparing  two lists in order -> the gaps between them; pure
    reconcile  one comparison from its beginning to its end
    command    `python3 -m tracker reconcile`
"""
