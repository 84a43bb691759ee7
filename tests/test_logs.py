"""What the product says to its operators holds nothing that may not travel, whoever says it and however it fails."""

import ast
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.cast import NOW, PASSWORD, Cast, make_cast
from tests.tidy import modules
from tracker import clock, logs
from tracker.errors import BadConfiguration
from tracker.request_log import HEADER
from tracker.store.database import Database

Said = Callable[[], list[dict[str, object]]]

CANARY = "Anna-613457"


@pytest.fixture(autouse=True)
def whoever_listened_before_goes_on_listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What `start` takes over is given back after each test."""
    taken_over = (
        *((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")),
        *((logging, "raiseExceptions"), (warnings, "showwarning")),
    )
    for place, name in taken_over:
        monkeypatch.setattr(place, name, getattr(place, name))
    root, ours = logging.getLogger(), logging.getLogger("tracker")
    handlers, level = list(root.handlers), ours.level
    yield
    root.handlers[:] = handlers
    ours.setLevel(level)


@pytest.fixture
def said(tmp_path: Path) -> Iterator[Said]:
    """Everything that is said during a test, at the lowest level; nothing of it but JSON, and never the canary."""
    path = tmp_path / "said.log"
    with path.open("w") as stream:
        logs.start(SimpleNamespace(log_level="debug", log_format="json"), stream)
        yield lambda: [json.loads(line) for line in path.read_text().splitlines()]
    assert CANARY not in path.read_text()


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    with clock.stopped_at(NOW):
        cast = make_cast(tmp_path / "company")
        yield cast
        cast.database.dispose()


def test_a_line_holds_the_words_of_the_program_and_the_fields_that_are_listed(said: Said) -> None:
    log = logs.log_of("tracker.somewhere")
    log.info("something happened", status=200, source="HubSpot DK")
    log.info("something happened", status=CANARY, route=f"/me?{CANARY} x", who=f"{CANARY}\r\n")
    log.info(f"{CANARY} happened")
    log.info("something happened", colour=CANARY)
    first, second, third, fourth = said()
    assert (first["event"], first["status"], first["source"]) == (
        "something happened",
        200,
        "HubSpot DK",
    )
    assert {second["status"], second["route"], second["who"]} == {logs.WITHHELD}
    assert third["event"] == logs.WITHHELD
    assert "colour" not in fourth


def test_libraries_are_heard_from_warnings_up_and_never_with_what_they_quote(said: Said) -> None:
    library = logging.getLogger("engineio.server")
    library.setLevel(logging.DEBUG)
    library.info("%s: Sending packet %s", CANARY, CANARY)
    library.error("message handler error %s", CANARY)
    library.error(f"Invalid request {CANARY}")
    library.error("wrong %d", CANARY)
    filled, put_together, wrong = said()
    assert filled["event"] == "message handler error %s"
    assert filled["library"] == "engineio.server"
    assert put_together["event"] == logs.WITHHELD
    assert str(put_together["place"]).startswith("tests/test_logs.py:")
    assert wrong["event"] == "wrong %d"


def test_a_fault_is_told_by_type_and_place_with_its_causes(said: Said) -> None:
    try:
        try:
            {}[CANARY]
        except KeyError as error:
            raise ValueError(CANARY) from error
    except ValueError as error:
        logs.say_fault(logs.log_of("tracker"), "a fault", error)
    (told,) = said()
    problems = [fault["problem"] for fault in told["faults"]]
    assert problems == ["ValueError", "KeyError"]
    assert "tests/test_logs.py:" in told["faults"][0]["places"][0]


def test_warnings_and_unraisable_faults_keep_their_messages_to_themselves(said: Said) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._say_warning
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    assert [line["problem"] for line in said()] == ["UserWarning"]


def test_a_reader_that_stands_still_holds_up_nobody_and_hears_how_much_it_missed() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        funnel = logs.Funnel(stream, is_for_people=False)
        record = logging.makeLogRecord({"name": "tracker", "msg": "x", "levelname": "INFO"})
        for _ in range(5_000):
            funnel.handle(record)
        missed = funnel._lost_count
        assert missed > 0
        heard_bytes = len(os.read(reader.fileno(), 1 << 20))
        funnel.handle(record)
        last = json.loads(os.read(reader.fileno(), 1 << 20))
    assert heard_bytes > 0
    assert last["lines_lost"] == missed


def test_a_person_at_a_terminal_reads_lines_that_are_no_json() -> None:
    main, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stream:
        logs.start(SimpleNamespace(log_level="info", log_format="auto"), stream)
        logs.log_of("tracker.somewhere").info("something happened", status=200)
        line = os.read(main, 4000).decode()
    os.close(main)
    assert "something happened" in line
    assert not line.startswith("{")


def test_each_request_has_one_line_with_its_pattern_its_number_and_who(
    cast: Cast, said: Said
) -> None:
    answer = cast.client_of("anna").get(f"/me?{CANARY}")
    (line,) = [one for one in said() if one["event"] == "answered"]
    assert line["request_id"] == answer.headers[HEADER]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/me", 200)
    assert line["who"] == f"person:{cast.person_ids['anna']}"
    assert isinstance(line["duration_ms"], int)
    cast.app.test_client().get(f"/link/{CANARY}")
    cast.app.test_client().get(f"/{CANARY}")
    cast.app.test_client().open("/sign-in", method=CANARY)
    routes = [(one["method"], one["route"]) for one in said() if one["event"] == "answered"]
    assert routes[1:] == [("GET", "/link/<token>"), ("GET", "none"), ("other", "none")]
    assert "who" not in said()[-1]


def test_an_error_page_shows_the_number_that_the_log_joins_its_lines_by(
    cast: Cast, said: Said
) -> None:
    cast.app.testing = False

    @cast.app.get("/broken")
    def broken() -> str:
        raise RuntimeError(CANARY)

    answer = cast.client_of("anna").get("/broken")
    request_id = answer.headers[HEADER]
    assert answer.status_code == 500
    assert request_id in answer.text
    told = [one for one in said() if one.get("request_id") == request_id]
    assert [one["event"] for one in told] == ["a fault", "answered"]
    assert told[0]["faults"][0]["problem"] == "RuntimeError"


def test_refusals_are_told_without_what_was_typed(cast: Cast, said: Said) -> None:
    stranger = cast.app.test_client()
    for password in (CANARY, PASSWORD):
        form = {"email": f"{CANARY}@firma.dk", "password": password}
        assert stranger.post("/sign-in", data=form).status_code == 401
    anna = cast.client_of("anna")
    assert anna.get("/company").status_code == 403
    assert anna.get(f"/team/{cast.team_ids['North']}").status_code in (403, 404)
    headers = {"Authorization": f"Bearer trk_{CANARY}"}
    assert stranger.get("/api/v1/earnings", headers=headers).status_code == 401
    assert stranger.post(f"/api/v1/webhooks/{CANARY}", json={}).status_code == 401
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert anna.post("/you", data={CANARY: CANARY}, headers=foreign).status_code == 403
    events = [one["event"] for one in said() if one["level"] == "warning"]
    assert events == [
        "a sign-in failed",
        "a sign-in failed",
        "access was refused",
        "access was refused",
        "a key was refused",
        "a webhook was refused",
        "a form was refused",
    ]


def test_a_statement_that_fails_is_told_without_its_parameters(said: Said, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.write() as connection, pytest.raises(OperationalError) as failed:
        connection.execute(text("SELECT * FROM nothing WHERE name = :name"), {"name": CANARY})
    assert CANARY not in str(failed.value)
    logs.say_fault(logs.log_of("tracker"), "a fault", failed.value)
    database.dispose()
    faults = [fault["problem"] for line in said() for fault in line.get("faults", ())]
    assert faults == ["OperationalError", "OperationalError"]


def test_every_field_that_the_code_says_is_listed() -> None:
    said_fields = set()
    for module in modules("tracker"):
        for call in module.calls:
            is_log = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log"
            if is_log or ast.unparse(call.func) == "logs.say_fault":
                said_fields |= {keyword.arg for keyword in call.keywords}
    assert {"route", "sender"} <= set(logs.FIELDS)
    assert said_fields - {"exc_info", None} <= set(logs.FIELDS)


def test_a_level_that_does_not_exist_is_refused_by_name() -> None:
    from tracker.config import load_settings

    with pytest.raises(BadConfiguration, match="TRACKER_LOG_LEVEL"):
        load_settings({"TRACKER_LOG_LEVEL": "chatty"})
