"""A first look at a file: its sheets, its head, its first rows, and how it may be meant to be read."""

import codecs
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tracker.ingest.files.cells import Row, cell_text
from tracker.ingest.files.choices import OTHERWISE, Choices, header_hash, number_formats
from tracker.ingest.files.csv_file import LINE_LENGTH_MAX, SNIFFED
from tracker.ingest.files.formats import DATE_FORMATS, best_format, without_currency
from tracker.ingest.files.heads import guessed, plain_words
from tracker.ingest.files.mapping import slug
from tracker.ingest.files.table import UTF16, SheetTable, Table, opened_table
from tracker.store import imports, plans
from tracker.store.types import Connection

SHOWN_ROWS = 8
LOOKED_AT_ROWS = 5_000
"""So many rows say in which formats a file is, and which words stand in it."""
WORDS_MAX = 24
"""A column with more words than this tells no status."""
SNIFFED_CHUNK = 1 << 20
SOURCE_LENGTH = 40

HEADS: Mapping[str, tuple[str, ...]] = {
    "deal_id": (
        *(
            "deal id",
            "deal no",
            "deal number",
            "opportunity id",
            "order no",
            "order id",
            "crm id",
            "id",
        ),
        *("salgsnr", "salgsnummer", "ordrenr", "ordrenummer", "sagsnr", "aftalenr", "aftale id"),
        *("affärsnr", "affärsnummer", "affär id", "ordernr", "ordernummer", "reference", "no"),
    ),
    "rep": (
        *(
            "rep",
            "sales agent",
            "sales rep",
            "seller",
            "owner",
            "deal owner",
            "salesperson",
            "agent",
        ),
        *("sælger", "ejer", "ansvarlig", "konsulent", "medarbejder"),
        *("säljare", "ägare", "ansvarig", "kundansvarig"),
    ),
    "status": (
        *("status", "deal stage", "stage", "state", "outcome", "result"),
        *("fase", "stadie", "tilstand", "udfald"),
        *("fas", "steg", "läge", "utfall"),
    ),
    "effective_on": (
        *("close date", "closed", "closed on", "won on", "signed", "effective", "date"),
        *("lukkedato", "lukket", "vundet den", "underskrevet", "salgsdato", "dato"),
        *("stängd", "stängningsdatum", "vunnen", "affärsdatum", "säljdatum", "datum"),
    ),
    "amount": (
        *("amount", "value", "close value", "deal value", "revenue", "price", "total", "sum"),
        *("beløb", "værdi", "omsætning", "pris", "salgssum", "kontraktsum"),
        *("belopp", "värde", "omsättning", "ordervärde", "summa"),
    ),
    "currency": ("currency", "valuta", "curr"),
    "name": (
        *("customer", "client", "account", "company", "deal", "deal name", "opportunity", "name"),
        *("kunde", "kundenavn", "firma", "salg", "aftale", "navn"),
        *("kund", "kundnamn", "företag", "affär", "namn"),
    ),
    "margin": ("margin", "gross profit", "dækningsbidrag", "avance", "täckningsbidrag", "marginal"),
    "product": ("product", "produkt", "vare", "vara"),
    "segment": ("segment",),
    "share": ("share", "split", "andel"),
    "probability": ("probability", "sandsynlighed", "sannolikhet"),
    f"effective_on{OTHERWISE}": (
        *("expected", "expected date", "engage date", "created", "start date", "forventet"),
        *("forventet dato", "oprettet", "förväntat", "förväntat datum", "skapad"),
    ),
}
STATUS_WORDS: Mapping[str, tuple[str, ...]] = {
    "won": (
        "won",
        "closed won",
        "vundet",
        "solgt",
        "vunnen",
        "vunnet",
        "såld",
        "signed",
        "underskrevet",
    ),
    "lost": ("lost", "closed lost", "tabt", "förlorad", "förlorat", "förlust"),
    "cancelled": (
        "cancelled",
        "canceled",
        "annulleret",
        "opsagt",
        "avbruten",
        "annullerad",
        "uppsagd",
    ),
    "open": (
        "open",
        "åben",
        "i gang",
        "igang",
        "öppen",
        "pågående",
        "prospecting",
        "engaging",
        "negotiation",
    ),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a file: `rows` are the first, `numbers` theirs, `words` those of each column that has few."""

    sheet: str
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[tuple[str, ...], ...]
    row_count: int
    is_remembered: bool = False

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Look":
        return cls(
            values["sheet"],
            tuple(values["header"]),
            tuple(values["numbers"]),
            tuple(map(tuple, values["rows"])),
            tuple(map(tuple, values["words"])),
            values["row_count"],
            values["is_remembered"],
        )


def look_at(connection: Connection, path: Path, name: str, sheet: str) -> tuple[Look, Choices]:
    """Look at a file, and propose how to read it: as files with this head were read last, or by its words.

    Raises SpreadsheetError or BadInput.
    """
    encoding = sniffed_encoding(path)
    table = opened_table(path, encoding, None, sheet)
    header = _header(table)
    found = table.rows(
        frozenset(filter(None, header)) if isinstance(table, SheetTable) else frozenset()
    )
    rows: list[Row] = []
    words: list[dict[str, None]] = [{} for _ in header]
    row_count = 0
    for row in found:
        row_count += 1
        if isinstance(row, Row):
            _note_words(words, header, row)
            rows += [row] if len(rows) < LOOKED_AT_ROWS else []
    shown = rows[:SHOWN_ROWS]
    look = Look(
        sheet=table.sheet.name if isinstance(table, SheetTable) else "",
        header=header,
        numbers=tuple(row.number for row in shown),
        rows=tuple(tuple(cell_text(row.cells.get(head, "")) for head in header) for row in shown),
        words=tuple(tuple(found) if len(found) <= WORDS_MAX else () for found in words),
        row_count=row_count,
    )
    delimiter = "" if look.sheet else _delimiter(path, encoding)
    remembered = imports.mapping_for(connection, header_hash(header))
    if remembered is not None:
        choices = Choices.from_json(json.loads(remembered))
        return replace(look, is_remembered=True), replace(
            choices, encoding=encoding, delimiter=delimiter
        )
    proposed = _proposed(look, rows, name)
    currency = _currency(connection) if not proposed.column("currency") else ""
    return look, replace(proposed, currency=currency, encoding=encoding, delimiter=delimiter)


def proposed_status(word: str) -> str:
    """What a word of a file most likely says of a deal; a stage that we do not know is an open one."""
    plain = plain_words(word)
    exact = (status for status, known in STATUS_WORDS.items() if plain in known)
    within = (
        status
        for status, known in STATUS_WORDS.items()
        if any(one in plain.split() for one in known)
    )
    return next(exact, None) or next(within, "open")


def sniffed_encoding(path: Path) -> str:
    """UTF-8 where every byte of the file is, else what older programs write in western Europe."""
    with path.open("rb") as file:
        begins = file.read(2)
        if begins in UTF16:
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        file.seek(0)
        try:
            while chunk := file.read(SNIFFED_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _proposed(look: Look, rows: Sequence[Row], name: str) -> Choices:
    places = guessed(look.header, HEADS)
    fields = [""] * len(look.header)
    for field, place in places.items():
        fields[place] = field

    def texts(field: str) -> list[str]:
        heads = [head for head, one in zip(look.header, fields, strict=True) if one == field]
        cells = (row.cells[head] for row in rows for head in heads)
        return [cell for cell in cells if isinstance(cell, str)]

    days = texts("effective_on") + texts(f"effective_on{OTHERWISE}")
    amounts = [without_currency(text) for text in texts("amount")]
    number_format = best_format([*number_formats().values()], amounts, lambda one: one.plain)
    return Choices(
        header=look.header,
        fields=tuple(fields),
        source=slug(name.rpartition(".")[0] or name)[:SOURCE_LENGTH] or "crm",
        statuses=status_words(look, fields, {}),
        date_format=best_format(DATE_FORMATS, days, lambda one: one.parse).text,
        number_format=f"{number_format.decimal_mark}{number_format.group_mark}",
    )


def status_words(look: Look, fields: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """What each word of the status column says: as it was chosen, or else proposed."""
    if "status" not in fields:
        return {}
    words = look.words[list(fields).index("status")]
    return {word: chosen.get(word) or proposed_status(word) for word in words}


def _header(table: Table) -> tuple[str, ...]:
    """The names of the columns; in a sheet the row that has most words we know, for people write titles above."""
    if not isinstance(table, SheetTable):
        return tuple(table.header())
    heads = table.first_rows()
    known = [len(guessed(head, HEADS)) for head in heads]
    return tuple(heads[known.index(max(known))])


def _currency(connection: Connection) -> str:
    """What most plans pay in; "" before there is a plan."""
    paid_in = Counter(version.plan.currency for version in plans.parsed_versions(connection))
    return paid_in.most_common(1)[0][0] if paid_in else ""


def _note_words(words: Sequence[dict[str, None]], header: Sequence[str], row: Row) -> None:
    """Gather the different words of each column, in order, until there are too many for a status."""
    for head, found in zip(header, words, strict=True):
        if len(found) <= WORDS_MAX and (text := cell_text(row.cells.get(head, ""))):
            found[text] = None


def _delimiter(path: Path, encoding: str) -> str:
    """What stands between the cells of a CSV file most likely: the one its first line has most of."""
    with path.open(encoding=encoding, errors="replace") as file:
        first_line = file.readline(LINE_LENGTH_MAX)
    return max(SNIFFED, key=first_line.count)
