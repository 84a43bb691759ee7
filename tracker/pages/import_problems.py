"""What is wrong with a row of a file, in the reader's language.

Problems are found and kept in English, as the commands and the API say them. A page says each in the person's own
words; a test finds every sentence that can come to it.
"""

import re
from collections.abc import Callable

from tracker.pages.formatting import count
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
    r"(?P<text>.+) is out of range\.": lambda said: (
        _("%(text)s is too far away.", **said),
        _("Correct the year."),
    ),
    r"is empty\.": lambda said: (_("is empty."), _("Fill in the cell.")),
    r"is longer than (?P<count>\d+) characters\.": lambda said: (
        _("is longer than %(count)s characters.", **said),
        _("Shorten it."),
    ),
    r"holds a character that cannot be shown, such as a control character\.": lambda said: (
        _("holds a character that cannot be shown."),
        _("Write the cell anew."),
    ),
    r"“(?P<text>.*)” is no date\.": lambda said: (
        _("“%(text)s” is no date.", **said),
        _("Write it as 2026-11-22."),
    ),
    r"“(?P<text>.*)” is no moment in time\.": lambda said: (
        _("“%(text)s” is no moment in time.", **said),
        _("Write date, time and zone, such as 2026-11-22T10:15:00Z."),
    ),
    r"“(?P<text>.*)” is not a version\.": lambda said: (
        _("“%(text)s” is no version.", **said),
        _("Write a whole number, or choose no column for it."),
    ),
    r"“(?P<text>.*)” is not a share\.": lambda said: (
        _("“%(text)s” is no share.", **said),
        _("Write a part of the deal, such as 0.25 or 1/3."),
    ),
    r"""['"](?P<text>.*)['"] is not an amount; write digits with a point, such as 1250\.50\.""": lambda said: (
        _("“%(text)s” is no amount.", **said),
        _("Correct the cell, or choose another way of writing numbers."),
    ),
    r"'(?P<text>.*)' has more than (?P<digits>\d+) decimals, which this currency does not have\.": lambda said: (
        _(
            "“%(text)s” has more than %(digits)s decimals, which the currency does not have.",
            **said,
        ),
        _("Correct the cell."),
    ),
    r"'(?P<text>.*)' is larger than the product accepts for one amount\.": lambda said: (
        _("“%(text)s” is larger than any amount that is accepted.", **said),
        _("Correct the cell."),
    ),
    r"a deal that is (?P<status>\w+) cannot be negative\.": lambda said: (
        _("a deal that is not won cannot be negative."),
        _("A negative amount is a credit note: give it the status won."),
    ),
    r"(?P<count>\d+) are too many\.": lambda said: (
        _("%(count)s are too many.", **said),
        _("Choose fewer columns as properties."),
    ),
    r"is no name for a property\.": lambda said: (
        _("is no name for a property."),
        _("Give the column a shorter head that begins with a letter."),
    ),
    r"has a place of its own\.": lambda said: (
        _("has a place of its own."),
        _("Choose it under “Columns”."),
    ),
    r"is taken\.": lambda said: (_("is taken."), _("Give the column another head.")),
    r"“(?P<text>.*)” is taken\.": lambda said: (
        _("“%(text)s” is taken.", **said),
        _("Choose another name for the source."),
    ),
    r"“(?P<text>.*)” is no name for a source\.": lambda said: (
        _("“%(text)s” is no name for a source.", **said),
        _("Use letters, digits, points, - and _, such as hubspot."),
    ),
    r"(?P<count>\d+) entries are too many\.": lambda said: (
        _("%(count)s are too many.", **said),
        _("Shorten it."),
    ),
    r"names nobody\.": lambda said: (_("names nobody."), _("Fill in the cell.")),
    r"is nothing\.": lambda said: (
        _("is nothing."),
        _("Leave both out, the share and the rep it is of."),
    ),
    r"the shares add up to (?P<total>.*), not to 100%\.": lambda said: (
        _("the shares add up to %(total)s, not to the whole.", **said),
        _("Correct them; for three equal parts write 1/3."),
    ),
    r"the same rep is there twice in the same role\.": lambda said: (
        _("the same rep is there twice."),
        _("Make it one share with the sum of both."),
    ),
    r"(?P<text>\S+) is before (?P<day>\S+), the day the deal counts from\.": lambda said: (
        _("%(text)s is before %(day)s, the day the deal counts from.", **said),
        _("Write the day the customer left, or leave the cell empty."),
    ),
    r"(?P<text>.+) is a number, and no date\.": lambda said: (
        _("%(text)s is a number, and no date.", **said),
        _("Correct the cell, or its format."),
    ),
    r"(?P<text>.+) is a date, and no number\.": lambda said: (
        _("%(text)s is a date, and no number.", **said),
        _("Correct the cell, or its format."),
    ),
    r"is not CSV: .*": lambda said: (_("is not CSV."), _("Look at its quotes.")),
    r"is too long: a cell may hold (?P<count>[\d,]+) characters\.": lambda said: (
        _("is too long: a cell may hold %(count)s characters.", count=_count(said["count"])),
        _("Is the quote missing that ends one?"),
    ),
    r"holds a NUL, which no text does\.": lambda said: (
        _("holds a zero character, which no text does."),
        _("Save the file as CSV again."),
    ),
    r"is not (?P<encoding>[A-Z0-9-]+)\.": lambda said: (
        _("is not written in %(encoding)s.", **said),
        _("Save the file as CSV in UTF-8."),
    ),
    r"has (?P<count>[\d,]+) columns; up to (?P<most>[\d,]+) are read\.": lambda said: (
        _(
            "has %(count)s columns; up to %(most)s are read.",
            count=_count(said["count"]),
            most=_count(said["most"]),
        ),
        _("Keep only those needed."),
    ),
    r"the column “(?P<name>.*)” is there twice\.": lambda said: (
        _("the column “%(name)s” is there twice.", **said),
        _("Rename one of them."),
    ),
    r"there is no column “(?P<name>.*)”\.": lambda said: (
        _("there is no column “%(name)s”.", **said),
        _("Is it another file? Go back to the columns and choose."),
    ),
}
"""Patterns of what is said in English of a row or of a whole file, and what a page says instead."""

REFUSALS: dict[str, Callable[[], str]] = {
    r"Nothing was imported, because of what is wrong in the file:": lambda: _(
        "Nothing was imported, because of what is wrong in the file:"
    ),
    r"This mapping cannot be used as it is:": lambda: _(
        "The columns cannot be read as they were chosen:"
    ),
    r"This cannot be used as it is:": lambda: _("This file cannot be used as it is:"),
    r"There is no copy of the database to try it on .*": lambda: _(
        "There is too little room on the disk to try it. Make room, then try again."
    ),
    r"With these deals a total would grow too large: .*": lambda: _(
        "With these deals a total would grow too large. Check their amounts."
    ),
    r"Import \d+ (is undone already|undoes import).*": lambda: _("It has been taken back already."),
    r"(The database|Every connection to the database|The disk|More deals) .*": lambda: _(
        "The database cannot take it now. Try again in a minute."
    ),
}
"""Patterns of why nothing could be done with a file at all, and what a page says instead."""


def refusal_sentence(said: str) -> str:
    """Why nothing could be done with a file at all."""
    found = (words for pattern, words in REFUSALS.items() if re.fullmatch(pattern, said, re.DOTALL))
    return next(found, lambda: said)()


def _count(text: str) -> str:
    """A whole number as commands write it, in the reader's way."""
    return count(int(text.replace(",", "")))
