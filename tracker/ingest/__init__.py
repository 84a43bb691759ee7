"""From the outside world to deal events, people and quotas; or to the full list of what is wrong with them.

Here, and only here, what others send is parsed and judged. Nothing in this folder computes pay or writes a table by
itself: it hands clean values to `tracker.flow` and `tracker.store`. It may import tracker.engine, tracker.store,
tracker.flow, tracker.access and the small modules beside it (errors, clock, config), never pages or live.

Read in this order:

    strict_json     bytes -> JSON that really is JSON, numbers kept as they were written
    values          days, moments, shares and texts as others write them
    fields          one field of a record -> a value, or a problem that names the field
    deal_payload    one external record -> DealEvent; the one door every deal comes in by
    directory       a name or e-mail address -> a payee
    submission      the body of a request -> its records
    intake          records -> recorded events, one outcome each
    bearer          which API key asks
    api             POST /api/v1/deal-events, GET /api/v1/earnings
    once            Idempotency-Key: the same request again, the same answer again
    event_status    what became of an event
    setting_aside   what cannot be used yet, kept and played again; quarantine_command beside it
    webhooks/       systems that sign what they push
    connectors/     CRMs that are asked for their deals; the door says how to write the next
    files/          CSV files by a mapping
    plain_deals     a CSV file with column names of our own -> deals, without a database; plain_people beside it
    import_command  `python3 -m tracker import`
"""
