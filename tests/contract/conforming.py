"""Every request that the API's own document describes, and many that it forbids, put to the real application.

Schemathesis makes them, in all its phases (examples, coverage, fuzzing, and chains along the links), and every check
it has looks at each answer. What it finds is listed; nothing is excused, but that what HubSpot or Pipedrive has proven
to be its own is kept even if it is no JSON, as the document says.

Webhooks are tried once more for each kind of sender, against the part of the document that is about that kind.
"""

import copy
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from threading import Thread
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config._auth import AuthConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.run import PhaseName
from werkzeug.serving import WSGIRequestHandler, make_server

from tracker.contract.document import api_document
from tracker.ingest.once import HEADER, KEY
from tracker.ingest.submission import LINES

DOCUMENT = "/api/v1/openapi.json"
WEBHOOKS = "/webhooks/{name}"
ANY_SIGNATURE = "as the sender signs"
"""Stands where a signature has to be, until the bytes that are sent are known."""

PHASES = {
    PhaseName.EXAMPLES,
    PhaseName.COVERAGE,
    PhaseName.FUZZING,
    PhaseName.STATEFUL_TESTING,
}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Credentials = Mapping[str, Mapping[str, str]]
"""What opens each security scheme, by the scheme's name."""

Sign = Callable[[bytes], Mapping[str, str]]
"""The headers that prove a body."""


@dataclass(frozen=True)
class Sender:
    """A sender that is known by this name, and how it proves itself. `organization` is what its
    bodies name themselves by, where they do; `is_never_refused`: whatever it sends is kept."""

    name: str
    credentials: Credentials
    sign: Sign = lambda _body: {}
    organization: str = ""
    is_never_refused: bool = False


@dataclass
class Found:
    """How many requests were put, by operation; and what the checks had to say."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    phases: set[PhaseName] = field(default_factory=set)
    findings: list[str] = field(default_factory=list)


@schemathesis.serializer(*sorted(LINES))
def one_text_per_line(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A list as NDJSON; what is no list has no lines and is sent as it is."""
    if isinstance(value, list):
        return b"\n".join(json.dumps(one).encode() for one in value)
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def put_to_the_test(app: Flask, key: str, examples_max: int, seed: int) -> Found:
    """Ask for everything with a key of every scope."""
    with _served(app.wsgi_app) as address:
        config = schemathesis.Config(seed=seed)
        schema = schemathesis.openapi.from_url(address + DOCUMENT, config=config)
        return _run(schema, {"key": {"bearer": key}}, examples_max)


def put_as_sender(app: Flask, way: str, sender: Sender, examples_max: int, seed: int) -> Found:
    """Send what a sender of this kind may send, and what it may not."""
    with _served(_signing(app.wsgi_app, sender.sign)) as address:
        config = schemathesis.Config(seed=seed)
        schema = schemathesis.openapi.from_dict(_about(way, sender), config=config)
        schema.config.update(base_url=f"{address}/api/v1")
        if sender.is_never_refused:
            check = schema.config.checks.negative_data_rejection
            check.expected_statuses = [*check.expected_statuses, "200"]
        return _run(schema, sender.credentials, examples_max)


def _run(schema: Any, credentials: Credentials, examples_max: int) -> Found:
    found = Found()
    schema.config.generation.update(max_examples=examples_max, database="none")
    schema.config.auth = AuthConfig(openapi={name: dict(one) for name, one in credentials.items()})
    for event in from_schema(schema).execute():
        _note(found, event)
    return found


def _about(way: str, sender: Sender) -> dict[str, Any]:
    """What the document says to a sender of this kind, who knows its own name."""
    document = copy.deepcopy(api_document((way,)))
    document["paths"] = {WEBHOOKS: document["paths"][WEBHOOKS]}
    (name,) = document["paths"][WEBHOOKS]["post"]["parameters"]
    name |= {"schema": {"const": sender.name}, "example": sender.name}
    if sender.organization:
        schema = document["components"]["schemas"]["OutboundMessage"]
        said = schema["properties"]["Body"]["properties"]["notifications"]
        said["properties"]["OrganizationId"] = {"const": sender.organization}
    return document


@schemathesis.hook("before_call")
def name_each_request_anew(
    _context: schemathesis.HookContext, case: schemathesis.Case, _kwargs: dict[str, Any]
) -> None:
    """A key that may be sent names one request only, as the document says; one that may not goes as it is."""
    if KEY.fullmatch(str((case.headers or {}).get(HEADER, ""))):
        case.headers[HEADER] = str(uuid.uuid4())


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_about: object) -> None: ...


@contextmanager
def _served(app: Wsgi) -> Iterator[str]:
    """The address of an application that answers over a real socket."""
    server = make_server("localhost", 0, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _signing(app: Wsgi, sign: Sign) -> Wsgi:
    """Signs, as a sender would, each request that asks for it: the signature depends on the bytes sent."""

    def signed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if ANY_SIGNATURE in environ.values():
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = BytesIO(body)
            for name, value in sign(body).items():
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return app(environ, start_response)

    return signed


def _note(found: Found, event: events.EngineEvent) -> None:
    if isinstance(event, events.NonFatalError):
        found.findings.append(f"{event.label}: {event.value}")
    elif isinstance(event, events.FatalError):
        found.findings.append(f"schemathesis gave up: {event.exception!r}")
    elif isinstance(event, events.PhaseFinished) and event.status is not Status.SKIP:
        found.phases.add(event.phase.name)
    elif isinstance(event, events.ScenarioFinished):
        _note_scenario(found, event)


def _note_scenario(found: Found, event: events.ScenarioFinished) -> None:
    for case_id, interaction in event.recorder.interactions.items():
        label = event.recorder.cases[case_id].value.operation.label
        found.requests[label] += 1
        if interaction.response is not None:
            found.statuses[label, interaction.response.status_code] += 1
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                found.findings.append(
                    f"{event.phase.value}, {event.label}: {check.name}\n"
                    f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                )
