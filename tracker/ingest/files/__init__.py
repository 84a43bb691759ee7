"""CSV and XLSX files -> people, quotas and deals. May import what tracker.ingest may, and tracker.ingest itself.

A row is never judged here when the API judges the same thing: it is turned into the API's record first. Read in this
order:

    formats         dates and numbers as a file writes them
    cells           what stands in a table, and its address
    csv_file        a CSV file read row by row
    spreadsheet     a file held in memory: what a rep brings, and the sheets of a workbook (workbook: made safe first)
    table           either of them as rows under a head
    mapping         rules that say which column means what, applied to a row
    mapping_file    the rules as a TOML file
    ..._rows        rows of one kind -> what is to be recorded
    repetitions     rows that say again what an earlier one says, found in bounded memory
    importing       the whole file looked at first, then written in chunks
    targets         where the rows of each kind go
    choices         how a file is read as a person chooses it on the page, written down as a mapping
    proposing       a first look at a file, and how it may be meant (heads: which column is what)
    staging         files sent by the page and not imported yet
    runs            what a person does with a file: check, try, import, undo
"""
