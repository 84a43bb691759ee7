"""Whatever can be wrong with a file of deals is said on the page in the reader's language."""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType

import pytest

from tracker.engine import money
from tracker.ingest import deal_payload, fields, values
from tracker.ingest.files import csv_file, formats, importing, mapping, table
from tracker.pages.i18n import speaking
from tracker.pages.import_problems import problem_words, refusal_sentence

SAYING = (deal_payload, fields, values, money, csv_file, formats, importing, mapping, table)
"""The modules that a row passes on its way from a file to a deal."""

NEVER_OF_A_ROW = (
    "is not an object.",  # cells hold texts only, and the record that is made of them has only fields we know
    "is not text.",
    "is not a list.",
    "is not true or false.",
    "there is no such field.",
    "more such fields.",
    "unknown currency",  # asked for only where the currency was found to be known
    "is not a number such as",  # of a rep's own list
    "is not a date format",  # one chooses among those that are
)


def sentences(module: ModuleType) -> Iterator[str]:
    """What a module says of something that is wrong; 7 stands for what it puts in."""
    for function in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = defaultdict(list)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for name, value in _assigned(node):
                    named[name].append(value)
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                yield from _said(node, named)
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                yield from filter(None, [_text(node.value.elts[0])])  # what and fix, as a pair


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Names and what they stand for from here on, one by one where several are given at once."""
    (target,) = node.targets
    if isinstance(target, ast.Name):
        yield target.id, node.value
    elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        yield from zip((one.id for one in target.elts), node.value.elts, strict=True)


def _said(call: ast.Call, named: dict[str, list[ast.expr]]) -> Iterator[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    place = {"Problem": 1, "complain": 1, "FormatError": 0, "MoneyError": 0}.get(name)
    if place is None or len(call.args) <= place:
        return
    said = call.args[place]
    for one in named.get(said.id, []) if isinstance(said, ast.Name) else [said]:
        text = _text(one)
        if text and text != "7.":  # the message of an error that was raised elsewhere
            yield text if place else f"{text}."


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_part(part) for part in node.values)
    return ""


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return "'7'" if part.conversion == ord("r") else "7"


EVERY_SENTENCE = sorted({text for module in SAYING for text in sentences(module)})


@pytest.mark.parametrize("locale", ["da", "sv"])
def test_every_sentence_that_can_be_said_of_a_row_is_said_in_the_readers_language(
    locale: str,
) -> None:
    assert len(EVERY_SENTENCE) > 40
    with speaking(locale):
        left = [
            text
            for text in EVERY_SENTENCE
            if not any(never in text for never in NEVER_OF_A_ROW)
            and (
                "English" in problem_words("", text, "English")
                or text in problem_words("", text, "")
            )
        ]
    assert left == []


def test_what_stands_in_a_cell_is_quoted_in_every_language() -> None:
    what = "“1,2,3” is not a number written as 1.234,50."
    with speaking("da"):
        assert (
            problem_words("amount", what, "…")[0]
            == "Beløb: “1,2,3” er ikke et tal skrevet som 1.234,50."
        )
    what = "2026-11-22 10:15:00+01:00 is out of range."
    with speaking("sv"):
        assert "2026-11-22 10:15:00+01:00 " in problem_words("", what, "…")[0]


@pytest.mark.parametrize(
    "said",
    [
        "Nothing was imported, because of what is wrong in the file:",
        "This mapping cannot be used as it is:",
        "There is no copy of the database to try it on (disk full). Make as much room …",
        "The database does not answer (timeout). Try again in a minute.",
        "The database is busy with another change. Try again in a minute.",
        "Import 7 is undone already, by import 9 of ida@firma.dk.",
        "With these deals a total would grow too large: 7.",
    ],
)
def test_why_nothing_could_be_done_is_said_in_the_readers_language(said: str) -> None:
    with speaking("da"):
        danish = refusal_sentence(said)
    with speaking("sv"):
        assert len({said, danish, refusal_sentence(said)}) == 3
