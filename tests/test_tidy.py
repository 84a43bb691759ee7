"""The tree keeps its rules; and each rule notices when somebody breaks it."""

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import tidy
from tests.tidy import Module

Rule = Callable[[Module], Iterator[str]]

RULES: list[Rule] = [
    tidy.imports_only_what_its_folder_may,
    tidy.only_the_store_knows_sqlalchemy,
    tidy.the_engine_is_pure,
    tidy.no_inexact_number_near_money,
    tidy.only_the_clock_asks_the_time,
    tidy.names_say_what_they_are,
    tidy.nothing_is_too_long,
    tidy.a_folder_says_at_its_door_what_it_is,
    tidy.a_page_has_its_template_folder,
]

LONG_FUNCTION = "def pay():\n" + "    step()\n" * 51
PAGE = "@blueprint.get('/x')\ndef show():\n    return render_template('nowhere/page.html')\n"

# rule, where, what breaks it
PLANTED: list[tuple[Rule, str, str]] = [
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/engine/x.py",
        "from tracker.store import tables",
    ),
    (tidy.imports_only_what_its_folder_may, "tracker/engine/x.py", "from tracker import errors"),
    (tidy.imports_only_what_its_folder_may, "tracker/store/x.py", "import tracker.pages.health"),
    (tidy.imports_only_what_its_folder_may, "tracker/store/x.py", "from ..pages import health"),
    (tidy.imports_only_what_its_folder_may, "tracker/ingest/x.py", "from tracker import live"),
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/pages/x.py",
        "from tracker.live import socket",
    ),
    (tidy.imports_only_what_its_folder_may, "tracker/live/x.py", "from tracker.flow import record"),
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/live/x.py",
        "from tracker.pages import health",
    ),
    (tidy.imports_only_what_its_folder_may, "tracker/flow.py", "from tracker.ingest import values"),
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/access.py",
        "def f():\n    import tracker.pages",
    ),
    (tidy.only_the_store_knows_sqlalchemy, "tracker/flow.py", "from sqlalchemy import select"),
    (tidy.only_the_store_knows_sqlalchemy, "tracker/pages/x.py", "import sqlalchemy.exc"),
    (tidy.the_engine_is_pure, "tracker/engine/x.py", "import os.path"),
    (tidy.the_engine_is_pure, "tracker/engine/x.py", "from logging import getLogger"),
    (tidy.the_engine_is_pure, "tracker/engine/x.py", "import pydantic"),
    (tidy.the_engine_is_pure, "tracker/engine/x.py", "text = open('plan.toml')"),
    (tidy.no_inexact_number_near_money, "tracker/engine/x.py", "rate = float('0.1')"),
    (tidy.no_inexact_number_near_money, "tracker/engine/x.py", "rate = 0.1"),
    (tidy.no_inexact_number_near_money, "tracker/store/x.py", "from sqlalchemy import Numeric"),
    (tidy.no_inexact_number_near_money, "tracker/store/x.py", "column = sqlalchemy.Float()"),
    (tidy.only_the_clock_asks_the_time, "tracker/engine/x.py", "at = datetime.now(UTC)"),
    (tidy.only_the_clock_asks_the_time, "tracker/flow.py", "on = datetime.date.today()"),
    (tidy.only_the_clock_asks_the_time, "tracker/store/x.py", "at = func.now()"),
    (tidy.only_the_clock_asks_the_time, "tracker/live/x.py", "at = time.time()"),
    (tidy.names_say_what_they_are, "tracker/store/utils.py", ""),
    (tidy.names_say_what_they_are, "tracker/flow.py", "def get_user_data(): ..."),
    (tidy.names_say_what_they_are, "tracker/flow.py", "class DealInfo: ..."),
    (tidy.names_say_what_they_are, "tracker/flow.py", "class SessionManager: ..."),
    (tidy.names_say_what_they_are, "tracker/flow.py", "data = read()"),
    (tidy.nothing_is_too_long, "tracker/flow.py", LONG_FUNCTION),
    (tidy.nothing_is_too_long, "tracker/flow.py", "step()\n" * 401),
    (tidy.a_folder_says_at_its_door_what_it_is, "tracker/store/__init__.py", ""),
    (tidy.a_folder_says_at_its_door_what_it_is, "tracker/store/__init__.py", '"""Store."""\nx = 1'),
    (tidy.a_page_has_its_template_folder, "tracker/pages/nowhere.py", PAGE),
    (tidy.test_names_are_sentences, "tests/test_x.py", "def test_1(): ..."),
    (tidy.test_names_are_sentences, "tests/test_x.py", "def test_money_2(): ..."),
]

FINE: list[tuple[Rule, str, str]] = [
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/store/x.py",
        "from tracker import clock, errors",
    ),
    (tidy.imports_only_what_its_folder_may, "tracker/app.py", "from tracker.live import gate"),
    (
        tidy.imports_only_what_its_folder_may,
        "tracker/pages/x.py",
        "from tracker.live.renderers import Rendered",
    ),
    (tidy.nothing_is_too_long, "migrations/versions/0001.py", LONG_FUNCTION),
    (tidy.only_the_store_knows_sqlalchemy, "migrations/env.py", "from alembic import context"),
    (tidy.the_engine_is_pure, "tracker/engine/x.py", "from fractions import Fraction"),
    (tidy.no_inexact_number_near_money, "tracker/store/x.py", "timeout_seconds = 0.5"),
    (tidy.only_the_clock_asks_the_time, "tracker/flow.py", "at = clock.now()"),
    (tidy.only_the_clock_asks_the_time, "tracker/bench.py", "start = time.perf_counter()"),
    (tidy.names_say_what_they_are, "tracker/flow.py", "def deals_of_manager(): ..."),
    (tidy.test_names_are_sentences, "tests/test_x.py", "def test_a_deal_pays_once(): ..."),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    broken = [line for module in tidy.modules("tracker", "migrations") for line in rule(module)]
    assert not broken, "\n" + "\n".join(broken)


def test_every_test_says_what_must_be_true() -> None:
    broken = [
        line for module in tidy.modules("tests") for line in tidy.test_names_are_sentences(module)
    ]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_a_planted_violation_is_found(rule: Rule, path: str, source: str) -> None:
    found = list(rule(Module(path, source)))
    assert found
    assert all(line.startswith(path + ":") for line in found)


@pytest.mark.parametrize(("rule", "path", "source"), FINE)
def test_what_is_allowed_is_left_alone(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(Module(path, source)))


def test_no_rule_is_without_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == {*RULES, tidy.test_names_are_sentences}


def test_a_page_with_its_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "templates" / "nowhere").mkdir(parents=True)
    assert not list(
        tidy.a_page_has_its_template_folder(Module("tracker/pages/nowhere.py", PAGE), tmp_path)
    )


def test_the_docstring_does_not_count_as_length() -> None:
    long_docstring = textwrap.indent('"""\n' + "why\n" * 60 + '"""\nstep()\n', "    ")
    assert not list(
        tidy.nothing_is_too_long(Module("tracker/flow.py", "def pay():\n" + long_docstring))
    )


def test_a_folder_that_does_not_exist_yet_has_no_modules() -> None:
    assert tidy.modules("nowhere") == []
