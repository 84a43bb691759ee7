"""A Pipedrive of our own on loopback: the part of its API that is documented and that we ask, with its ways to fail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a" * 40
USERS = [
    {"id": 11, "name": "Anna", "email": "anna@firma.dk", "active_flag": True},
    {"id": 12, "name": "Bo", "email": "bo@firma.dk", "active_flag": False},
]
STAGES = [
    {"id": 1, "name": "Kontakt", "pipeline_id": 1, "deal_probability": 20},
    {"id": 2, "name": "Tilbud", "pipeline_id": 1, "deal_probability": 60},
]
LIVE, ARCHIVED = "/api/v2/deals", "/api/v2/deals/archived"


def a_deal(deal_id: int, **changes: Any) -> dict[str, Any]:
    """A won deal of Anna's over 5,000.50."""
    return {
        "id": deal_id,
        "title": f"Customer {deal_id}",
        "owner_id": 11,
        "value": 5000.5,
        "currency": "DKK",
        "stage_id": 2,
        "pipeline_id": 1,
        "status": "won",
        "is_deleted": False,
        "probability": None,
        "add_time": "2026-11-01T08:00:00Z",
        "update_time": "2026-11-22T10:15:00Z",
        "won_time": "2026-11-22T10:15:00Z",
        "close_time": "2026-11-22T10:15:00Z",
        "expected_close_date": "2026-12-01",
        "custom_fields": {},
        **changes,
    }


@dataclass
class FakePipedrive:
    """What it holds, and what it does next. `failures` are answered first, one for each question."""

    address: str = ""
    deals: dict[int, dict[str, Any]] = field(default_factory=dict)
    archived_ids: set[int] = field(default_factory=set)
    failures: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    questions_left: int = 1_000_000
    """After so many more it answers nothing but 503."""

    def put(self, deal: dict[str, Any]) -> None:
        self.deals[deal["id"]] = deal

    def answer(self, path: str, query: dict[str, str]) -> Any:
        if path == "/api/v1/users":
            return {"success": True, "data": USERS}
        if path == "/api/v2/stages":
            return _page(STAGES, query)
        if path in (LIVE, ARCHIVED):
            return _page(self._found(path, query), query)
        raise AssertionError(f"Pipedrive documents no {path}")

    def _found(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        unknown = query.keys() - {
            *("status", "updated_since", "sort_by", "sort_direction", "limit", "cursor", "ids"),
        }
        assert not unknown, f"Pipedrive does not know {unknown}, and says nothing of it"
        statuses = query.get("status", "open,won,lost").split(",")
        found = [
            deal
            for deal in self.deals.values()
            if (deal["id"] in self.archived_ids) == (path == ARCHIVED)
            and ("deleted" if deal["is_deleted"] else deal["status"]) in statuses
            and deal["update_time"] >= query.get("updated_since", "")
        ]
        if ids := query.get("ids"):
            assert len(ids.split(",")) <= 100
            found = [deal for deal in found if str(deal["id"]) in ids.split(",")]
        by = query.get("sort_by", "id")
        return sorted(found, key=lambda deal: (deal[by], deal["id"]))


def _page(found: list[dict[str, Any]], query: dict[str, str]) -> Any:
    limit = int(query.get("limit", "100"))
    assert limit <= 500
    first = int(query.get("cursor", "0"))
    following = str(first + limit) if first + limit < len(found) else None
    data = found[first : first + limit]
    return {"success": True, "data": data, "additional_data": {"next_cursor": following}}


@contextmanager
def running() -> Iterator[FakePipedrive]:
    fake = FakePipedrive()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fake.asked.append(self.path)
            if self.headers["x-api-token"] != TOKEN:
                status, headers, body = 401, {}, b'{"success": false, "error": "unauthorized"}'
            elif fake.questions_left == 0:
                status, headers, body = 503, {}, b""
            elif fake.failures:
                status, headers, body = fake.failures.pop(0)
            else:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                fake.questions_left -= 1
                status, headers = 200, {}
                body = json.dumps(fake.answer(parts.path, query)).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
