"""A HubSpot on this machine: a real server that speaks the documented CRM API, faults and limits included.

Its clock is `now_ms`, moved by the tests. Deals are found by a search only once they are indexed (`index_delay_ms`).
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.ingest.fake_splits import FakeSplits

TOKEN = "pat-eu1-0123"
RESULTS_MAX = 10_000
SEARCH_LIMIT_MAX, BATCH_MAX, LIST_LIMIT_MAX = 200, 100, 100
OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "EQ": lambda a, b: a == b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
}


def stage(stage_id: str, label: str, is_closed: bool, probability: str) -> dict[str, Any]:
    metadata = {"isClosed": "true" if is_closed else "false", "probability": probability}
    return {"id": stage_id, "label": label, "archived": False, "metadata": metadata}


class Fault:
    """What becomes of a request instead of its answer; `times` counts the requests it spoils."""

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"{}",
        headers: dict[str, str] | None = None,
        cut_at: int | None = None,
        delay_seconds: float = 0,
    ) -> None:
        self.status, self.body, self.headers = status, body, headers or {}
        self.cut_at, self.delay_seconds = cut_at, delay_seconds


class FakeHubSpot:
    """The portal's deals, owners and pipelines, and every request that was made."""

    def __init__(self, now: datetime) -> None:
        self.now_ms = int(now.timestamp() * 1000)
        self.deals: dict[str, dict[str, Any]] = {}
        self.owners = {"11": "anna@firma.dk", "12": "bo@firma.dk"}
        self.stages = [
            stage("appointmentscheduled", "Appointment", False, "0.2"),
            stage("contractsent", "Contract sent", False, "0.9"),
            stage("closedwon", "Closed won", True, "1.0"),
            stage("closedlost", "Closed lost", True, "0.0"),
        ]
        self.faults: deque[Fault | None] = deque()
        self.index_delay_ms = 0
        self.requests: list[str] = []
        self.searches: list[dict[str, Any]] = []
        self.on_request: Callable[[str], None] = lambda path: None
        self.address = ""
        self.splits = FakeSplits()
        self._lock = threading.RLock()

    # --- what people do in the CRM

    def put(self, deal_id: str | int, after_ms: int = 1000, **properties: Any) -> None:
        """Make or edit a deal, some time after the last thing that happened."""
        with self._lock:
            self.now_ms += after_ms
            known = self.deals.get(str(deal_id))
            deal = known or {"properties": {"createdate": iso(self.now_ms)}, "archived": False}
            deal["properties"] = {**_plain_deal(deal_id), **deal["properties"], **properties}
            deal["changed_ms"] = self.now_ms
            self.deals[str(deal_id)] = deal

    def split(self, deal_id: str | int, parts: dict[str, str], is_of_deal: bool = False) -> None:
        """Share a deal among owners; with `is_of_deal` by no later change than the deal's own."""
        with self._lock:
            self.now_ms += 0 if is_of_deal else 1000
            self.splits.put(deal_id, iso(self.now_ms), parts)

    def bin(self, deal_id: str | int) -> None:
        with self._lock:
            self.now_ms += 1000
            self.deals[str(deal_id)] |= {"archived": True, "archived_ms": self.now_ms}

    def restore(self, deal_id: str | int) -> None:
        with self._lock:
            self.now_ms += 1000
            self.deals[str(deal_id)]["archived"] = False

    def purge(self, deal_id: str | int) -> None:
        with self._lock:
            del self.deals[str(deal_id)]

    # --- what it answers

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        with self._lock:
            if (method, path) == ("POST", "/crm/v3/objects/deals/search"):
                return self._search(body)
            if (method, path) == ("POST", "/crm/v3/objects/deals/batch/read"):
                return self._batch(body, query.get("archived") == "true")
            if (method, path) == ("GET", "/crm/v3/objects/deals"):
                return self._list(query)
            if (method, path) == ("GET", "/crm/v3/owners"):
                archived = query.get("archived") == "true"
                owners = [] if archived else list(self.owners.items())
                return 200, {"results": [{"id": key, "email": mail} for key, mail in owners]}
            if (method, path) == ("GET", "/crm/v3/pipelines/deals"):
                pipeline = {"id": "default", "label": "Sales", "stages": self.stages}
                return 200, {"results": [pipeline]}
            if "split" in path:
                return self.splits.answer(path, body, _since(body))
        return 404, {"status": "error", "message": "resource not found"}

    def _search(self, asked: dict[str, Any]) -> tuple[int, Any]:
        self.searches.append(asked)
        after, limit = int(asked.get("after") or 0), asked["limit"]
        if limit > SEARCH_LIMIT_MAX or after + limit > RESULTS_MAX or len(asked["sorts"]) != 1:
            return 400, {"status": "error", "message": "There was a problem with the request."}
        (group,) = asked["filterGroups"]
        (sort,) = asked["sorts"]
        found = [
            deal_id
            for deal_id, deal in self.deals.items()
            if not deal["archived"]
            and deal["changed_ms"] + self.index_delay_ms <= self.now_ms
            and all(_fits(deal_id, deal, one) for one in group["filters"])
        ]
        found.sort(key=lambda deal_id: _value(deal_id, self.deals[deal_id], sort["propertyName"]))
        page = found[after : after + limit]
        answer: dict[str, Any] = {
            "total": min(len(found), RESULTS_MAX),
            "results": [self._shown(deal_id, asked["properties"]) for deal_id in page],
        }
        if after + limit < len(found):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return 200, answer

    def _batch(self, asked: dict[str, Any], archived: bool) -> tuple[int, Any]:
        ids = [one["id"] for one in asked["inputs"]]
        if len(ids) > BATCH_MAX:
            return 400, {"status": "error", "message": "too many"}
        there = [i for i in ids if i in self.deals and self.deals[i]["archived"] is archived]
        missing = [deal_id for deal_id in ids if deal_id not in there]
        answer: dict[str, Any] = {
            "status": "COMPLETE",
            "results": [self._shown(deal_id, asked["properties"]) for deal_id in there],
        }
        if not missing:
            return 200, answer
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some DEAL objects, they may be deleted or not exist.",
            "context": {"ids": missing},
        }
        return 207, {**answer, "numErrors": 1, "errors": [error]}

    def _list(self, query: dict[str, str]) -> tuple[int, Any]:
        limit = int(query["limit"])
        if limit > LIST_LIMIT_MAX:
            return 400, {"status": "error", "message": "too many"}
        ids = sorted((i for i in self.deals if not self.deals[i]["archived"]), key=int)
        later = [deal_id for deal_id in ids if int(deal_id) > int(query.get("after", 0))]
        page = later[:limit]
        answer: dict[str, Any] = {
            "results": [self._shown(i, query["properties"].split(",")) for i in page]
        }
        if len(later) > limit:
            answer["paging"] = {"next": {"after": page[-1], "link": "https://…"}}
        return 200, answer

    def _shown(self, deal_id: str, names: list[str]) -> dict[str, Any]:
        deal = self.deals[deal_id]
        changed = iso(deal["changed_ms"])
        every = {**deal["properties"], "hs_object_id": deal_id, "hs_lastmodifieddate": changed}
        shown = {name: every.get(name) for name in names}
        found = {
            "id": deal_id,
            "properties": shown,
            "createdAt": every["createdate"],
            "updatedAt": changed,
            "archived": deal["archived"],
        }
        return found | ({"archivedAt": iso(deal["archived_ms"])} if deal["archived"] else {})


def _since(asked: dict[str, Any]) -> str:
    """The moment that a search for what has changed asks for."""
    groups = asked.get("filterGroups", [])
    return iso(int(groups[0]["filters"][0]["value"])) if groups else ""


def _plain_deal(deal_id: str | int) -> dict[str, Any]:
    return {
        "dealname": f"Deal {deal_id}",
        "amount": "1000",
        "deal_currency_code": "DKK",
        "closedate": "2026-11-20T11:00:00Z",
        "dealstage": "closedwon",
        "pipeline": "default",
        "hubspot_owner_id": "11",
        "hs_deal_stage_probability": None,
    }


def _fits(deal_id: str, deal: dict[str, Any], wanted: dict[str, str]) -> bool:
    value = _value(deal_id, deal, wanted["propertyName"])
    return OPERATORS[wanted["operator"]](value, int(wanted["value"]))


def _value(deal_id: str, deal: dict[str, Any], name: str) -> int:
    return int(deal_id) if name == "hs_object_id" else deal["changed_ms"]


def iso(milliseconds: int) -> str:
    whole = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that was killed has nothing to say."""


@contextmanager
def running_hubspot(now: datetime) -> Iterator[FakeHubSpot]:
    """The server, until the test is done with it."""
    fake = FakeHubSpot(now)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            fake.requests.append(f"{self.command} {self.path}")
            fake.on_request(parts.path)
            fault = fake.faults.popleft() if fake.faults else None
            if fault is not None:
                time.sleep(fault.delay_seconds)
            if fault is not None and (fault.status != 200 or fault.body != b"{}"):
                self._send(fault.status, fault.body, fault)
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                refusal = {"status": "error", "message": "Authentication credentials not found."}
                self._send(401, json.dumps(refusal).encode(), None)
            else:
                asked = json.loads(body) if body else None
                status, answer = fake.answer(self.command, parts.path, query, asked)
                self._send(status, json.dumps(answer).encode(), fault)

        do_GET = do_POST = _answer  # as the base class asks

        def _send(self, status: int, body: bytes, fault: Fault | None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json;charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (fault.headers if fault else {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(
                body if fault is None or fault.cut_at is None else body[: fault.cut_at]
            )
            if fault is not None and fault.cut_at is not None:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = _Server(("127.0.0.1", 0), Handler)
    fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
