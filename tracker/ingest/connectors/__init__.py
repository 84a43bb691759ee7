"""CRMs that are connected: what they send is checked, what they say has changed is fetched, their words become ours.

A connector is one module that knows one kind of CRM; `shape` says what it has to offer, `kinds` lists them. Everything
else is the same for all, and is written here once:

    shape               what a connector offers, and what passes between it and the rest
    kinds               every connector by the name of its kind
    webhook             a request from a CRM -> checked, kept, answered
    asking              a CRM's API over HTTPS, patiently
    translating         a CRM's deal -> a record in our words
    landing             many of them -> recorded or set aside, with how far the CRM has been read by then
    deal_record         what a connector has read of a deal -> the record; the part that is the same for every CRM
    pulling             one reading of a CRM, from where the last one ended; pull_command beside it
    deal_mapping        how a company's own pipelines, stages and fields become ours: a TOML text of each connection
    connection_command  `python3 -m tracker connection`
    hubspot             HubSpot; beside it hubspot_signature, hubspot_api, hubspot_splits and hubspot_deal
    pipedrive           Pipedrive; beside it pipedrive_api and pipedrive_deal
    salesforce          Salesforce; beside it outbound_message

To write the next connector:

1. Write one module with the names of `shape.Connector`: `TOKEN` and `SECRET` (what a person is asked for), `check` (is
   a message really from the sender, now and whole?), `notices` (which deals it speaks of: in hand, or to be fetched)
   and `translated` (the CRM's deal -> a `SeenDeal`, of which `deal_record` makes the record that `POST
   /api/v1/deal-events` takes). It never computes pay and never writes a table.
2. Where the CRM can be asked, add the names of `shape.PulledConnector`: `headers`, `wait_seconds`, `learn`, `knows`,
   `words`, `changed_since`, `fetch`, `listing`.
3. Name it in `kinds`. The command, the webhook's address, quarantine, freshness and silence know it from there.
4. Test it against a server of your own that speaks the CRM's documented API, its errors included.

What cannot be understood is a Problem in the answer, never an exception: the deal is set aside as the CRM sent it, and
is translated anew when it is played again. A version is what orders the CRM's own snapshots, usually its time of the
last change in milliseconds; the event id is the deal's id and that version (`shape.event_id`).
"""
