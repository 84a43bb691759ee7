"""The live gateway: follows the outbox and pushes rendered partials to open sockets.

May import: engine, store, access, errors, clock, config. What it must know of the product comes in
as functions. Pages know only the words they are asked in (`audiences`, `renderers`);
`tracker.wiring` puts the two together.
"""
