"""What the API promises, as OpenAPI 3.1: served to other programs, and held to what the API really does by the tests.

The limits of every field come from the modules that judge it (`ingest`); no rule is written a second time here.
Nothing in this folder answers a request. It may import tracker.engine, tracker.ingest, tracker.store and the small
modules beside it, never pages or live.

    document    the whole of it          routes      what each address takes and answers
    webhooks    what each kind of sender sends, and hears
    events      what is sent             submissions     ... in one body      crm_messages   ... by connected CRMs
    answers     what comes back          texts           which texts are taken
"""
