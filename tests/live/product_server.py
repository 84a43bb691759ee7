"""The product's own application and gateway, with a renderer that needs no plan and no deal."""

import sys

from tracker.live import server  # isort: skip  # first: it patches the standard library

from flask import Flask

from tracker import logs
from tracker.app import create_app
from tracker.config import load_settings
from tracker.live.gateway import Gateway
from tracker.live.renderers import RENDERERS, Rendered
from tracker.store import outbox
from tracker.wiring import gateway_around


def build() -> tuple[Flask, Gateway]:
    app = create_app(load_settings())
    gateway = gateway_around(app)
    for kind in ("rep", "team", "manager"):
        RENDERERS[kind] = lambda app, owner_id, locale, kind=kind: render(
            app, kind, owner_id, locale
        )
    return app, gateway


def render(app: Flask, kind: str, owner_id: int, locale: str) -> Rendered:
    with app.extensions["tracker"].database.read() as connection:
        newest = outbox.sequence_of_payee if kind == "rep" else outbox.sequence_of_team
        return Rendered(f"{kind} {owner_id} in {locale}", newest(connection, owner_id))


if __name__ == "__main__":
    logs.start(load_settings())
    server.serve("127.0.0.1", int(sys.argv[1]), build, on_ready=lambda: print("ready", flush=True))
