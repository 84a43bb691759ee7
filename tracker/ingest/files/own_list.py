"""A rep's own spreadsheet -> lines to compare: which column is what is guessed from its head, and can be corrected.

Formats are guessed for a column as a whole, from all that stands in it: the one that fits most cells is taken, and
the European way wins a draw. What does not fit is named with its line and left out of both sides' sums.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tracker.engine.claims.list_matching import Line
from tracker.engine.money import AMOUNT_MINOR_MAX, round_to_minor_unit
from tracker.ingest.files.cells import Cell, cell_text
from tracker.ingest.files.formats import (
    DATE_FORMATS,
    NUMBER_FORMATS,
    DateFormat,
    FormatError,
    NumberFormat,
    best_format,
    plain_number,
    without_currency,
)
from tracker.ingest.files.heads import guessed, plain_words
from tracker.ingest.files.spreadsheet import SheetRow

FIELDS = ("deal_id", "name", "on", "amount", "commission")
HEAD_ROWS_MAX = 15
"""How far down the head of the table is looked for: people write a title above it."""

HEADS: Mapping[str, tuple[str, ...]] = {
    "deal_id": (
        *("deal id", "deal no", "deal number", "opportunity id", "order no", "order id"),
        *("salgsnr", "salgsnummer", "ordrenr", "ordrenummer", "sagsnr", "aftalenr"),
        *("affärsnr", "affärsnummer", "affär id", "ordernr", "ordernummer", "id", "reference"),
    ),
    "name": (
        *("customer", "client", "account", "company", "deal", "deal name", "opportunity", "name"),
        *("kunde", "kundenavn", "firma", "salg", "aftale", "navn"),
        *("kund", "kundnamn", "företag", "affär", "namn"),
    ),
    "on": (
        *("date", "closed", "close date", "won", "won on", "signed", "effective"),
        *("dato", "lukket", "vundet", "underskrevet", "salgsdato"),
        *("datum", "stängd", "vunnen", "affärsdatum", "säljdatum"),
    ),
    "amount": (
        *("amount", "value", "deal value", "revenue", "price", "sales", "total", "sum"),
        *("beløb", "værdi", "omsætning", "pris", "salgssum", "kontraktsum"),
        *("belopp", "värde", "omsättning", "ordervärde", "summa"),
    ),
    "commission": (
        *("commission", "my commission", "payout", "earned", "bonus", "pay"),
        *("provision", "min provision", "kommission", "optjent", "udbetaling", "løn"),
        *("intjänat", "utbetalning", "lön"),
    ),
}
_SUM_WORDS = frozenset(
    {"i alt", "ialt", "total", "sum", "summa", "totalt", "subtotal", "grand total"}
)
_TIME_BEHIND = re.compile(r"[T ]\d{1,2}:\d{2}.*$")

Columns = Mapping[str, int]
"""The place of the column of each field that the list has."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell that could not be read, and so keeps its line out of the comparison; `field` says as what."""

    number: int
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class OwnList:
    """A list as it was read. `heads` are the names of its columns, `sums_left_out` the lines that hold only sums."""

    heads: tuple[str, ...]
    columns: Columns
    lines: tuple[Line, ...] = ()
    unread: tuple[Unread, ...] = ()
    sums_left_out: tuple[int, ...] = ()

    @property
    def can_be_compared(self) -> bool:
        """Whether it says which deals, and at least one figure of them."""
        names = {"deal_id", "name"} & self.columns.keys()
        return bool(names and {"amount", "commission"} & self.columns.keys())


def read_own_list(
    rows: Sequence[SheetRow], chosen: Mapping[str, int | None], digits: int
) -> OwnList:
    """The lines of a table. `chosen` are columns somebody chose (None: there is none), the others are guessed.

    `digits` are those of the minor unit the amounts are in.
    """
    head = _head_of(rows)
    heads = tuple(cell_text(cell) for cell in rows[head].cells)
    columns = _columns(heads, chosen)
    reading = _Reading(rows[head + 1 :], columns, digits)
    if not OwnList(heads, columns).can_be_compared:
        return OwnList(heads, columns)
    lines = tuple(line for row in reading.rows if (line := reading.line(row)) is not None)
    return OwnList(heads, columns, lines, tuple(reading.unread), tuple(reading.sums))


# --- which column is what ----------------------------------------------------------------------------------------


def _head_of(rows: Sequence[SheetRow]) -> int:
    """The place of the row that names the columns: the one with most words we know, the first on a draw."""
    known = [
        len(guessed([cell_text(cell) for cell in row.cells], HEADS)) for row in rows[:HEAD_ROWS_MAX]
    ]
    return known.index(max(known))


def _columns(heads: Sequence[str], chosen: Mapping[str, int | None]) -> dict[str, int]:
    taken = {
        name: place
        for name, place in chosen.items()
        if name in FIELDS and place is not None and 0 <= place < len(heads)
    }
    likely = guessed(heads, HEADS)
    open_fields = {name: place for name, place in likely.items() if name not in chosen}
    free = {name: place for name, place in open_fields.items() if place not in taken.values()}
    return {name: {**free, **taken}[name] for name in FIELDS if name in free or name in taken}


# --- what stands in them -----------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """Reads the rows under the head, each column in the format most of it is in."""

    rows: Sequence[SheetRow]
    columns: Columns
    digits: int
    unread: list[Unread] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        dates = [_without_time(cell_text(cell)) for cell in self._column("on")]
        self._date_format: DateFormat = best_format(DATE_FORMATS, dates, lambda one: one.parse)
        self._number_formats: dict[str, NumberFormat] = {}
        for name in ("amount", "commission"):
            texts = [without_currency(cell_text(cell)) for cell in self._column(name)]
            self._number_formats[name] = best_format(NUMBER_FORMATS, texts, lambda one: one.plain)

    def line(self, row: SheetRow) -> Line | None:
        """The line of a row; None for one that is a sum or that could not be read."""
        deal_id, name = (cell_text(self._cell(row, key)) for key in ("deal_id", "name"))
        if not deal_id and (not name or plain_words(name) in _SUM_WORDS):
            if any(self._cell(row, key) != "" for key in ("amount", "commission")):
                self.sums.append(row.number)
            return None
        problems_count = len(self.unread)
        line = Line(
            number=row.number,
            deal_id=deal_id,
            name=name,
            on=self._day(row),
            amount_minor=self._minor(row, "amount"),
            commission_minor=self._minor(row, "commission"),
        )
        return line if len(self.unread) == problems_count else None

    def _day(self, row: SheetRow) -> date | None:
        cell = self._cell(row, "on")
        if isinstance(cell, date):
            return cell
        text = _without_time(cell_text(cell))
        if not text:
            return None
        for one in (self._date_format, *DATE_FORMATS):
            try:
                return one.parse(text)
            except FormatError:
                continue
        self.unread.append(Unread(row.number, "on", text))
        return None

    def _minor(self, row: SheetRow, name: str) -> int | None:
        cell = self._cell(row, name)
        if isinstance(cell, str) and cell in ("", "-", "–"):
            return None
        exact = cell if isinstance(cell, Fraction) else self._number(cell_text(cell), name)
        minor = None if exact is None else round_to_minor_unit(exact * 10**self.digits)
        if minor is None or abs(minor) > AMOUNT_MINOR_MAX:
            self.unread.append(Unread(row.number, name, cell_text(cell)))
            return None
        return minor

    def _number(self, text: str, name: str) -> Fraction | None:
        if len(text) > 40:
            return None
        try:
            return Fraction(_signed(self._number_formats[name], text))
        except FormatError:
            pass
        try:
            return Fraction(plain_number(text))
        except FormatError:
            return None

    def _column(self, name: str) -> list[Cell]:
        return [self._cell(row, name) for row in self.rows]

    def _cell(self, row: SheetRow, name: str) -> Cell:
        place = self.columns.get(name)
        return "" if place is None or place >= len(row.cells) else row.cells[place]


def _signed(format_: NumberFormat, text: str) -> str:
    """A number in a format, with brackets or a minus behind for one below zero."""
    bare = without_currency(text)
    if bare[:1] + bare[-1:] == "()":
        return f"-{format_.plain(bare[1:-1].strip())}"
    if bare.endswith("-"):
        return f"-{format_.plain(bare[:-1].strip())}"
    return format_.plain(bare)


def _without_time(text: str) -> str:
    return _TIME_BEHIND.sub("", text).strip()
