"""The live gateway: follows the outbox and pushes rendered partials to open sockets.

May import: store, access, pages, engine, errors, clock, config. Nobody imports this folder but the
composition root and the commands that start a server.
"""
