"""The trail names whatever was done to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from tests.builders import a_plan_text
from tests.store.conftest import AT
from tracker import flow
from tracker.cli import main
from tracker.store import tables, trail
from tracker.store.database import Database
from tracker.store.plans import QuotaChange
from tracker.store.trail import TrailEntry, TrailHead
from tracker.verify import verify

Tampering = Callable[[list[TrailEntry]], list[TrailEntry]]


def a_trail(count: int = 6) -> list[TrailEntry]:
    kept: list[TrailEntry] = []
    for number in range(1, count + 1):
        before = kept[-1].hash if kept else trail.FIRST_HASH
        kept.append(an_entry(number, before, f'{{"number":{number}}}'))
    return kept


def an_entry(number: int, previous_hash: str, subject: str) -> TrailEntry:
    entry = TrailEntry(number, AT, "ida@firma.dk", "set quota", subject, "", previous_hash, "")
    return replace(entry, hash=trail.digest_of(entry))


def edited(kept: list[TrailEntry]) -> list[TrailEntry]:
    return [*kept[:2], replace(kept[2], subject='{"number":99}'), *kept[3:]]


def edited_with_its_hash(kept: list[TrailEntry]) -> list[TrailEntry]:
    return [*kept[:2], an_entry(3, kept[1].hash, '{"number":99}'), *kept[3:]]


def removed(kept: list[TrailEntry]) -> list[TrailEntry]:
    return [*kept[:2], *kept[4:]]


def removed_and_renumbered(kept: list[TrailEntry]) -> list[TrailEntry]:
    return [*kept[:2], *(replace(entry, id=entry.id - 1) for entry in kept[3:])]


def inserted(kept: list[TrailEntry]) -> list[TrailEntry]:
    new = an_entry(3, kept[1].hash, '{"number":99}')
    return [*kept[:2], new, *(replace(entry, id=entry.id + 1) for entry in kept[2:])]


def swapped(kept: list[TrailEntry]) -> list[TrailEntry]:
    return [*kept[:2], replace(kept[3], id=3), replace(kept[2], id=4), *kept[4:]]


def first_removed(kept: list[TrailEntry]) -> list[TrailEntry]:
    return kept[1:]


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        (edited, ["entry 3 was edited"]),
        (edited_with_its_hash, ["entry 3 is not the one that entry 4 followed"]),
        (removed, ["entries 3 to 4 were removed"]),
        (removed_and_renumbered, ["entry 3 was moved: it was recorded as entry 4"]),
        (inserted, ["entry 3 was inserted", "entry 4 was moved: it was recorded as entry 3"]),
        (swapped, ["entry 3 was moved: it was recorded as entry 4", "as entry 3"]),
        (first_removed, ["entry 1 was removed"]),
    ],
)
def test_each_kind_of_tampering_is_named(tampering: Tampering, named: list[str]) -> None:
    found = trail.problems(tampering(a_trail()))
    for words in named:
        assert any(words in problem for problem in found), found


def test_an_untouched_trail_has_no_problem_and_an_empty_one_neither() -> None:
    assert trail.problems(a_trail()) == []
    assert trail.problems([], TrailHead(0, trail.FIRST_HASH)) == []


def test_a_tail_cut_off_is_found_against_an_exported_head_only() -> None:
    kept = a_trail()
    head = TrailHead(kept[-1].id, kept[-1].hash)
    assert trail.problems(kept[:4]) == []
    assert trail.problems(kept[:4], head) == ["entries 5 to 6 were removed from the end"]
    assert trail.problems(a_trail(9), head) == []


def test_a_trail_written_anew_is_found_against_an_exported_head() -> None:
    head = TrailHead(6, "f" * 64)
    assert "written anew" in trail.problems(a_trail(), head)[0]


def test_every_act_that_changes_pay_is_in_the_trail(database: Database, anna: int) -> None:
    flow.activate_plan_version(database, "more", AT.date(), a_plan_text(), "ida@firma.dk", AT)
    flow.assign_plan(database, anna, "more", AT.date(), None, "ida@firma.dk", AT)
    assert not flow.assign_plan(database, anna, "more", AT.date(), None, "ida@firma.dk", AT)
    flow.change_quotas(database, [QuotaChange(anna, "", "2026-11", 5)], "ida@firma.dk", AT)
    with database.read() as connection:
        kept = trail.entries(connection)
    acts = [entry.act for entry in kept]
    assert acts == ["activate plan version", "assign plan", "set quota"]
    assert {entry.actor for entry in kept} == {"ida@firma.dk"}
    assert trail.problems(kept) == []


def test_verify_names_an_entry_that_was_changed_in_the_database(
    database: Database, anna: int
) -> None:
    for amount_minor in (1, 2, 3):
        change = QuotaChange(anna, "", "2026-11", amount_minor)
        flow.change_quotas(database, [change], "ida@firma.dk", AT)
    with database.read() as connection:
        head = trail.head(connection)
    assert verify(database, head).differences == ()
    table = tables.trail_entry
    with database.write() as connection:
        connection.execute(update(table).where(table.c.id == 2).values(actor="bo@firma.dk"))
        connection.execute(delete(table).where(table.c.id == 3))
    named = [str(difference) for difference in verify(database, head).differences]
    assert named == ["trail: entry 2 was edited", "trail: entry 3 was removed from the end"]


def test_an_exported_head_is_compared_by_the_command(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    plan_file, exported = tmp_path / "plan.toml", tmp_path / "head.txt"
    plan_file.write_text(a_plan_text())
    assert main(["plan", "activate", "l", str(plan_file), "--from", "2026-01-01"]) == 0
    assert main(["trail", "head", "--to", str(exported)]) == 0
    assert main(["trail", "head", "--to", str(exported)]) == 1
    assert main(["verify", "--trail-head", str(exported)]) == 0
    assert main(["verify", "--trail-head", exported.read_text().split()[1]]) == 0
    assert main(["verify", "--trail-head", "a" * 64]) == 1
    assert main(["trail", "show"]) == 0
    assert "activate plan version" in capsys.readouterr().out
