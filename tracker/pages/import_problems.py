"""What is wrong with a row of a file, in the reader's language.

Problems are found and kept in English, as the commands and the API say them. A page says those that files have most in
the person's own words; any other as it is.
"""

import re
from collections.abc import Callable

from tracker.pages.i18n import gettext as _
from tracker.pages.import_columns import field_words

_WHERE = re.compile(r"(?P<cell>.*?)(?:, (?P<name>[a-z][a-z0-9_.]*))?")
_ROW = re.compile(r"row (?P<number>\d+)$")


def cell_and_field(where: str) -> tuple[str, str]:
    """Where something is wrong: the cell, or the row, and the field that was looked for there; "" for none."""
    found = _WHERE.fullmatch(where)
    cell, name = (found["cell"], found["name"]) if found else (where, "")
    return _ROW.sub(lambda row: _("row %(number)s", number=row["number"]), cell), name or ""


def problem_words(name: str, what: str, fix: str) -> tuple[str, str]:
    """What is wrong with a field, or with a whole row (""), and what to do."""
    said, to_do = _translated(what, fix)
    named = f"{_field_name(name)}: {said}" if name else said
    return named, to_do


def _field_name(name: str) -> str:
    return field_words().get(name, name)


def _translated(what: str, fix: str) -> tuple[str, str]:
    for pattern, words in KNOWN.items():
        if found := re.fullmatch(pattern, what):
            return words(found.groupdict())
    return what, fix


Words = Callable[[dict[str, str]], tuple[str, str]]

KNOWN: dict[str, Words] = {
    r"no active rep is known as “(?P<name>.*)”\.": lambda said: (
        _("nobody is known as “%(name)s”.", **said),
        _("Import the rep first, or set the rows aside and say there whose the name is."),
    ),
    r"is missing\.": lambda said: (_("is missing."), _("Fill in the cell.")),
    r"“(?P<text>.*)” is not a number written as (?P<example>.*)\.": lambda said: (
        _("“%(text)s” is not a number written as %(example)s.", **said),
        _("Correct the cell, or choose another way of writing numbers."),
    ),
    r"“(?P<text>.*)” is not a date written as .*\.": lambda said: (
        _("“%(text)s” is not a date written as the others are.", **said),
        _("Correct the cell, or choose another way of writing dates."),
    ),
    r"there is no day “(?P<text>.*)”\.": lambda said: (
        _("there is no day “%(text)s”.", **said),
        _("Correct the cell."),
    ),
    r"“(?P<text>.*)” is not known\.": lambda said: (
        _("“%(text)s” is not known.", **said),
        _("Say under “Columns” what the word means."),
    ),
    r"“(?P<text>.*)” is not a currency we know\.": lambda said: (
        _("“%(text)s” is not a currency we know.", **said),
        _("Write three letters, such as DKK."),
    ),
    r"says the same as row (?P<row>\d+) says, or something else of the same\.": lambda said: (
        _("names the same deal as row %(row)s.", **said),
        _("Keep one of the two."),
    ),
    r"has (?P<cells>\d+) cells, but the header has (?P<heads>\d+)\.": lambda said: (
        _("has %(cells)s cells, but the head has %(heads)s.", **said),
        _("Is a delimiter in a text that has no quotes?"),
    ),
    r"the formula there came to (?P<text>.*)\.": lambda said: (
        _("the formula there came to %(text)s.", **said),
        _("Correct it, or write the value."),
    ),
    r"the formula there has not been worked out\.": lambda said: (
        _("the formula there has not been worked out."),
        _("Open the file in a spreadsheet program and save it."),
    ),
    r"belongs to cells that are merged into one, and only the first has the value\.": lambda said: (
        _("belongs to cells that are merged into one, and only the first has the value."),
        _("Take them apart, and fill in each."),
    ),
    r"(?P<text>\S+) is out of range\.": lambda said: (
        _("%(text)s is too far away.", **said),
        _("Correct the year."),
    ),
}
"""Patterns of what is said in English, and what a page says instead."""
