"""The tracker. Imports nothing: the launcher must run before anything is installed.

A deal's way, from the top:

    ingest/     what others send -> a deal event, or everything that is wrong with it
    contract/   what the API promises, as OpenAPI
    flow        one transaction: events, credits, running totals, ledger, outbox
    engine/     what deals earn under a plan; pure        store/   what is kept; the only SQL
    live/       follows the outbox, pushes partials to the rooms that may hear them
    pages/      what a person asks for over HTTP          access   who may see it, everywhere

Around it:

    __main__    starts every command: makes .venv and installs the pins (launcher), hands over to cli
    cli         the list of commands    commands/   what most of them do    serve   the running product
    app         the web application, put together     guards   what every request passes     wiring   live meets pages
    flow_drafts plan drafts: check, simulate, pilot, activate     trials   on whose deals a draft is tried
    flow_connections  CRMs that are read: connected, understood, and what they tell
    importing   files sent by the page, worked on in a process of their own
    simulating  its simulations, in a process of their own
    flow_imports  files of deals, and taking them back
    flow_by_hand  a deal written down or changed by hand
    flow_payroll  months closed by two people, pay adjusted by hand     payroll_export   a month for the payroll system
    verify      everything computed again (from_facts), every close done again (verify_statements)
    self_check  ... while serving     following   connected CRMs are read, while serving
    logs        what may be said to operators     request_log   one line for each request
    config      every setting (secret_key)    errors   every error a person can see    clock   what time it is
    passwords   hashes                           off_the_loop    where slow arithmetic is done
    demo/       a company to try    bench/   measurements
"""
