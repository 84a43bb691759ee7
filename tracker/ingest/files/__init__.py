"""CSV files -> people, quotas and deals. May import what tracker.ingest may, and tracker.ingest itself.

A row is never judged here when the API judges the same thing: it is turned into the API's record first. Read in this
order:

    formats         dates and numbers as a file writes them
    csv_file        a file read row by row, with line numbers
    mapping         rules that say which column means what, applied to a row
    mapping_file    the rules as a TOML file
    ..._rows        rows of one kind -> what is to be recorded
    importing       the whole file looked at first, then written in chunks
    targets         where the rows of each kind go
"""
