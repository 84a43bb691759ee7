"""The schemas know every key of the readers, take every plan we show, and refuse what a schema can refuse."""

import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import tracker
from tests.engine.plan_files.test_plan_file import REFUSED, plan_with
from tests.json_schema import complaints
from tests.scenarios.reading import scenarios
from tests.test_readme import README, example
from tracker.engine import plan_files
from tracker.engine.plan_files.people_schema import PEOPLE_TABLES, people_schema
from tracker.engine.plan_files.plan_schema import PLAN_TABLES, plan_schema
from tracker.ingest import plain_equity, plain_people, plain_teams, plain_terms

TABLE_OF = {
    "PLAN_KEYS": "plan",
    "COMPONENT_KEYS": "component",
    "TIER_KEYS": "tier",
    "CURVE_KEYS": "point",
    "MULTIPLIER_KEYS": "multiplier",
    "CLAWBACK_KEYS": "clawback",
    "CLAWBACK_STEP_KEYS": "clawback_step",
    "DRAW_KEYS": "draw",
    "EXCHANGE_KEYS": "exchange_rate",
    "EXAMPLE_KEYS": "example",
    "SALE_KEYS": "sale",
}
PART_OF = dict.fromkeys(("OCCASION_KEYS", "OVER_TIME_KEYS", "QUOTA_RULE_KEYS"), "component")
"""Tuples that are a part of another tuple."""
PART_OF_PEOPLE = {"QUOTA_KEYS", "EXCEPTION_KEYS"}
TABLE_OF_PEOPLE = {
    "ON_PLAN_KEYS": "on_plan",
    "CHANGE_KEYS": "quota_change",
    "TOP_KEYS": "people",
    "PERSON_KEYS": "person",
    "COMPONENT_KEYS": "person_component",
    "TEAM_KEYS": "team",
    "MEMBER_KEYS": "member",
    "LEADER_KEYS": "leader",
    "GRANT_KEYS": "grant",
}

BEYOND_A_SCHEMA = {
    "equal bounds",
    "bounds out of order",
    "an open tier before the last",
    "a hole above the last tier",
    "a hole below the cap",
    "tiers above the cap",
    "a name with a control character",
    "a factor that lost its sign",
    "a curve that goes back",
}
"""What follows from several places of a file together, or from letters alone: `plan check` sees it."""


def key_tuples(module: Any) -> Mapping[str, tuple[str, ...]]:
    return {
        name: value
        for name, value in vars(module).items()
        if name.endswith("_KEYS") and isinstance(value, tuple)
    }


def tuples_of_the_plan_reader() -> Iterator[tuple[str, tuple[str, ...]]]:
    for found in pkgutil.iter_modules(plan_files.__path__):
        if found.name.startswith("plan_") and found.name != "plan_form":  # fields for some keys
            yield from key_tuples(
                importlib.import_module(f"{plan_files.__name__}.{found.name}")
            ).items()


def as_json(value: Any) -> Any:
    """What a TOML file holds, as an editor would check it."""
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_json(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def plan_complaints(text: str) -> list[str]:
    return complaints(as_json(tomllib.loads(text)), plan_schema())


def test_the_schema_knows_every_key_of_the_plan_reader_and_no_other() -> None:
    for name, keys in tuples_of_the_plan_reader():
        if name in PART_OF:
            assert set(keys) < set(PLAN_TABLES[PART_OF[name]].keys), name
            continue
        assert name in TABLE_OF, f"{name} of the plan reader has no table in plan_schema"
        assert set(PLAN_TABLES[TABLE_OF[name]].keys) == set(keys), name


def test_the_schema_knows_every_key_of_a_file_of_people_and_no_other() -> None:
    for name, keys in (
        key_tuples(plain_people)
        | key_tuples(plain_teams)
        | key_tuples(plain_equity)
        | key_tuples(plain_terms)
    ).items():
        if name in PART_OF_PEOPLE:
            assert set(keys) < set(PEOPLE_TABLES["person_component"].keys), name
            continue
        assert set(PEOPLE_TABLES[TABLE_OF_PEOPLE[name]].keys) == set(keys), name


@pytest.mark.parametrize("title", ["Plan files"])
def test_the_plans_of_the_readme_are_valid(title: str) -> None:
    assert plan_complaints(example(title)) == []


def test_the_people_of_the_readme_are_valid() -> None:
    people = as_json(tomllib.loads(example("PEOPLE.toml")))
    assert complaints(people, people_schema()) == []


def test_the_plans_of_the_scenarios_are_valid() -> None:
    found = {scenario.model: plan_complaints(scenario.plan_text) for scenario in scenarios()}
    assert {model: problems for model, problems in found.items() if problems} == {}


def test_the_plans_of_the_demo_are_valid() -> None:
    folder = Path(tracker.__path__[0]) / "demo"
    files = sorted(folder.rglob("*.toml"))
    assert files
    assert {file.name: plan_complaints(file.read_text("utf-8")) for file in files} == {
        file.name: [] for file in files
    }


def test_the_models_of_the_readme_are_valid() -> None:
    models = re.findall(
        r"^\| ([^|`]+) \| (`.+`.*) \|$", README.partition("### Models")[2], re.MULTILINE
    )
    assert len(models) >= 25
    for model, fragments in models:
        lines = re.findall(r"`([^`]+ = [^`]+|\[\[[^`]+\]\])`", fragments.partition(";")[0])
        if not any(line.startswith(("tiers", "curve", "years")) for line in lines):
            continue
        measure = [] if any(line.startswith("measure") for line in lines) else ['measure = "arr"']
        text = plan_with("\n".join([*measure, *lines])).replace('measure = "revenue"\n', "", 1)
        assert plan_complaints(text) == [], model


def test_the_readme_explains_every_key_of_a_plan_file() -> None:
    reference = README.partition("### PLAN.toml")[2].partition("### Models")[0]
    explained = {
        word for span in re.findall(r"`([^`]+)`", reference) for word in re.findall(r"\w+", span)
    }
    for name, keys in tuples_of_the_plan_reader():
        assert set(keys) <= explained, name


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - BEYOND_A_SCHEMA))
def test_the_schema_refuses(name: str) -> None:
    assert plan_complaints(plan_with(REFUSED[name][0]))


@pytest.mark.parametrize("name", sorted(BEYOND_A_SCHEMA))
def test_only_what_a_schema_cannot_see_is_left_to_the_reader(name: str) -> None:
    assert plan_complaints(plan_with(REFUSED[name][0])) == []


def test_the_schema_refuses_what_stands_at_the_wrong_place() -> None:
    good = 'tiers = [ { rate = "8%" } ]'
    assert plan_complaints(plan_with(good)) == []
    assert plan_complaints(plan_with(good + '\nteirs = "x"'))
    assert plan_complaints(plan_with(good, "year_starts_in_month = 13"))
    assert plan_complaints(plan_with(good, 'draw = { amount = "1", until = "31.12.2026" }'))
    assert plan_complaints(plan_with(good, 'draw = { amount = "1", forgive_at_end = true }'))
