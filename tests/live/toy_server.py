"""A real gunicorn server with the live gateway around a toy company, steered over HTTP by the tests.

Cookie `who` names the principal: anna (rep 1), bo (rep 2), mette (manager of team 3), wall (screen 1 of team 3).
"""

import os
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

from tracker.live import server  # isort: skip  # first: it patches the standard library

import gevent
from flask import Flask, Response, jsonify, request, send_from_directory
from werkzeug.http import parse_cookie

from tracker import logs
from tracker.errors import PortInUse, Unavailable
from tracker.live.gateway import Gateway, Sources
from tracker.live.renderers import CELEBRATORS, RENDERERS, Rendered

STATIC = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../static"))
ROOMS = {
    "anna": frozenset({"rep:1"}),
    "bo": frozenset({"rep:2"}),
    "mette": frozenset({"manager:3"}),
    "wall": frozenset({"team:3", "screen:1"}),
}


@dataclass(frozen=True)
class Principal:
    session_key: str


@dataclass(frozen=True)
class Change:
    sequence: int
    kind: str
    payee_id: int | None
    team_id: int | None
    is_win: bool
    deal_key: str | None = None


@dataclass
class Company:
    """State the tests may change while the server runs."""

    changes: list[Change] = field(default_factory=list)
    rooms: dict[str, frozenset[str]] = field(default_factory=lambda: dict(ROOMS))
    committed: list = field(default_factory=list)
    is_rendering_broken: bool = False
    unanswered: list[str] = field(default_factory=list)
    asked_count: int = 0

    def answer(self, question: str) -> None:
        """As the product's database, when it is away."""
        if question in self.unanswered:
            raise Unavailable("The database does not answer.")

    def sequence_of(self, room: str) -> int:
        self.answer("sequence_of")
        kind, _, owner = room.partition(":")
        concerned = "payee_id" if kind == "rep" else "team_id"
        return max(
            (c.sequence for c in self.changes if getattr(c, concerned) == int(owner)), default=0
        )

    def render(self, kind: str, owner_id: int) -> Rendered:
        if self.is_rendering_broken:
            raise RuntimeError("the secret figure is 123456")
        sequence = self.sequence_of(f"{kind}:{owner_id}")
        html = (
            f'<p data-sequence="{sequence}">{kind} {owner_id} at <b id="figure">{sequence}</b></p>'
            '<input id="field" value="">'
        )
        return Rendered(html, sequence)


company = Company()


def principal_of(environ) -> Principal | None:
    company.asked_count += 1
    company.answer("principal_of")
    who = parse_cookie(environ.get("HTTP_COOKIE", "")).get("who", "")
    return Principal(who) if who in company.rooms else None


def build() -> tuple[Flask, Gateway]:
    app = Flask(__name__, static_folder=None)
    sources = Sources(
        principal_of=principal_of,
        rooms_of=lambda principal: company.rooms[principal.session_key],
        locale_of=lambda principal, environ: "da" if principal.session_key == "bo" else "en",
        changes_after=lambda sequence, limit: company.changes[sequence : sequence + limit],
        last_sequence=lambda: len(company.changes),
        sequence_of=company.sequence_of,
        on_commit=company.committed.append,
    )
    gateway = Gateway(app, sources, os.environ["TOY_ORIGINS"].split(","), "sqlite://")
    for kind in ("rep", "team", "manager"):
        RENDERERS[kind] = lambda app, owner_id, locale, kind=kind: company.render(kind, owner_id)
    CELEBRATORS["team"] = lambda app, change, locale: {
        "person": "",
        "initials": "",
        "headline": "A win for Team Nord",
        "team_line": "",
        "step_line": "",
    }
    add_controls(app, gateway)
    return app, gateway


def add_controls(app: Flask, gateway: Gateway) -> None:  # noqa: C901 -- a list of tiny routes
    @app.post("/changes")
    def change():
        for wanted in request.get_json():
            number = len(company.changes) + 1
            company.changes.append(
                Change(
                    number,
                    wanted.get("kind", "earnings"),
                    wanted.get("payee_id"),
                    wanted.get("team_id"),
                    wanted.get("is_win", False),
                )
            )
        for wake in company.committed:
            wake()
        return jsonify(sequence=len(company.changes))

    @app.get("/asked")
    def asked():
        return jsonify(count=company.asked_count)

    @app.post("/rooms/<who>")
    def set_rooms(who):
        rooms = request.get_json()
        if rooms is None:
            company.rooms.pop(who, None)
        else:
            company.rooms[who] = frozenset(rooms)
        return jsonify(ok=True)

    @app.post("/revoke/<who>")
    def revoke(who):
        rooms = company.rooms.pop(who)
        gateway.sockets.recheck()
        company.rooms[who] = rooms
        return jsonify(ok=True)

    @app.post("/break-rendering")
    def break_rendering():
        company.is_rendering_broken = request.get_json()
        return jsonify(ok=True)

    @app.post("/unanswered")
    def unanswered():
        company.unanswered = request.get_json()
        return jsonify(ok=True)

    @app.post("/say")
    def say():
        wanted = request.get_json()
        gateway.sockets.socketio.emit(wanted["event"], wanted["message"], to=wanted["room"])
        return jsonify(ok=True)

    @app.post("/flood")
    def flood():
        wanted = request.get_json()
        filling = "x" * wanted["size_bytes"]
        for number in range(wanted["count"]):
            gateway.sockets.socketio.emit("flood", f"{number:06d}{filling}", to=wanted["room"])
            if number % 20 == 0:
                gevent.sleep(0.001)
        return jsonify(ok=True)

    @app.get("/state")
    def state():
        with open("/proc/self/statm") as statm:
            rss_bytes = int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        links = gateway.sockets.socketio.server.eio.sockets
        return jsonify(rss_bytes=rss_bytes, links=len(links))

    @app.get("/fragment")
    def fragment():
        if principal_of(request.environ) is None:
            return Response("Sign in first.", status=401)
        return company.render(*_own_room(request.cookies["who"])).html

    @app.get("/page")
    def page():
        if principal_of(request.environ) is None:
            return "<!doctype html><title>t</title><h1 id='sign-in'>Sign in</h1>"
        kind, owner_id = _own_room(request.cookies["who"])
        rendered = company.render(kind, owner_id)
        scripts = (
            '<script src="/static/cdn_fallback.js"></script>'
            '<script async data-name="htmx" src="/static/vendor/htmx-4.0.1.min.js"></script>'
            + ("" if "no_socket" in request.args else SOCKET_IO_TAGS[request.args.get("cdn", "no")])
        )
        answer = Response(
            f'<!doctype html><html lang="en"><title>t</title><body data-live="{kind}"'
            f' data-sequence="{rendered.sequence}" data-fragment-url="/fragment">'
            f'<div id="live">{rendered.html}</div><i data-stale="as of %s" hidden></i>{scripts}'
            '<script defer src="/static/live.js"></script></body></html>'
        )
        answer.headers["Content-Security-Policy"] = (
            "default-src 'self'; script-src 'self' https://cdn.jsdelivr.net; style-src 'self'"
        )
        return answer

    @app.get("/static/<path:name>")
    def static(name):
        return send_from_directory(STATIC, name)


SOCKET_IO_TAGS = {
    "no": '<script async data-name="socket.io" src="/static/vendor/socket.io-4.8.4.min.js"></script>',
    "yes": '<script async data-name="socket.io"'
    ' src="https://cdn.jsdelivr.net/npm/socket.io-client@4.8.4/dist/socket.io.min.js"'
    ' integrity="sha384-fBrXvbDtHoeKWJ/hcA6M+YGueiDW+h45I7V6F2kD1S8bOkrF9rZYPLVkCR6BLR/1"'
    ' crossorigin="anonymous" data-fallback="/static/vendor/socket.io-4.8.4.min.js"></script>',
    "nowhere": '<script async data-name="socket.io" src="/static/vendor/missing.js"></script>',
}


def _own_room(who: str) -> tuple[str, int]:
    kind, _, owner = sorted(company.rooms[who] - {"screen:1"})[0].partition(":")
    return kind, int(owner)


if __name__ == "__main__":
    logs.start(SimpleNamespace(log_level="warning", log_format="json"))
    try:
        server.serve(
            "127.0.0.1", int(sys.argv[1]), build, on_ready=lambda: print("ready", flush=True)
        )
    except PortInUse as problem:
        sys.exit(problem.message)
