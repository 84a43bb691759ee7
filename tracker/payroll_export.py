"""A closed month as a payroll system reads it: one line for each payee, columns chosen and named by the company.

Amounts are exact: text with a decimal point in CSV, numbers with a format in XLSX. Text that a spreadsheet would take
for a formula is given a quote in front.
"""

import csv
import io
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tracker.engine.money import minor_digits
from tracker.engine.payroll_months.posting import PostingKind
from tracker.engine.payroll_months.statement import Statement
from tracker.errors import BadInput, Conflict, Problem
from tracker.store import people
from tracker.store.payroll_review import State, review
from tracker.store.people import Payee
from tracker.store.types import Connection

COLUMNS_SETTING = "payroll_columns"
TEXT_BYTES_MAX = 20_000
NAME_LENGTH_MAX = 100
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

DEFAULT_COLUMNS = """\
[[columns]]
field = "reference"
name = "Reference"

[[columns]]
field = "name"
name = "Name"

[[columns]]
field = "month"
name = "Month"

[[columns]]
field = "paid"
name = "Amount"

[[columns]]
field = "currency"
name = "Currency"
"""


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One payee of a closed month; `version` is that of the statement."""

    payee: Payee
    statement: Statement
    version: int


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the file: its heading, and a field of the line or a text that is the same in each."""

    name: str
    field: str = ""
    text: str = ""


TEXT_FIELDS: Mapping[str, Callable[[PaidLine], str]] = {
    "reference": lambda line: line.payee.reference,
    "name": lambda line: line.payee.name,
    "month": lambda line: line.statement.month,
    "currency": lambda line: line.statement.currency,
    "version": lambda line: str(line.version),
}

AMOUNT_FIELDS: Mapping[str, Callable[[Statement], int]] = {
    "commission": lambda pay: pay.posted_minor(PostingKind.COMMISSION),
    "adjustments": lambda pay: pay.posted_minor(PostingKind.ADJUSTMENT),
    "clawbacks": lambda pay: pay.posted_minor(PostingKind.CLAWBACK),
    "manual": lambda pay: pay.posted_minor(PostingKind.MANUAL),
    "earned": lambda pay: pay.earned_minor,
    "draw": lambda pay: pay.draw_minor,
    "advanced": lambda pay: pay.advanced_minor,
    "recovered": lambda pay: -pay.recovered_minor,
    "carried": lambda pay: pay.carried_minor,
    "debt_before": lambda pay: pay.debt_before_minor,
    "debt": lambda pay: pay.debt_minor,
    "forgiven": lambda pay: pay.forgiven_minor,
    "paid": lambda pay: pay.paid_minor,
}

FIELDS = (*TEXT_FIELDS, *AMOUNT_FIELDS)


def paid_lines(connection: Connection, month: str) -> list[PaidLine]:
    """Everybody of a closed month, by name. Raises Conflict when it is not closed."""
    found = review(connection, month)
    if found.state is not State.CLOSED:
        raise Conflict(f"{month} is not closed, so its figures may still change. Close it first.")
    lines = (
        PaidLine(one.payee, one.statement, one.version) for one in found.lines if one.statement
    )
    return sorted(lines, key=lambda one: (one.payee.name, one.payee.id, one.statement.currency))


def chosen_columns(connection: Connection) -> list[ExportColumn]:
    """The columns the company chose, or the usual ones."""
    return read_columns(people.setting(connection, COLUMNS_SETTING, DEFAULT_COLUMNS))


# --- the columns


def read_columns(text: str) -> list[ExportColumn]:
    """The columns a TOML text chooses. Raises BadInput with every problem."""
    if len(text.encode()) > TEXT_BYTES_MAX:
        raise BadInput([Problem("columns", "the text is too long.", "Keep it under 20 kB.")])
    try:
        tables = tomllib.loads(text).get("columns")
    except tomllib.TOMLDecodeError as error:
        what = f"this is no TOML: {error}."
        raise BadInput([Problem("columns", what, "Compare it with the example.")]) from None
    if not isinstance(tables, list) or not tables:
        what = "there is no [[columns]]."
        raise BadInput([Problem("columns", what, "Write one for each column of the file.")])
    problems = [
        problem
        for number, table in enumerate(tables, start=1)
        for problem in _problems(f"column {number}", table)
    ]
    if problems:
        raise BadInput(problems)
    return [ExportColumn(**table) for table in tables]


def _problems(where: str, table: object) -> Iterable[Problem]:
    if not isinstance(table, dict):
        yield Problem(where, "it is no table.", "Write [[columns]] above it.")
        return
    for key, value in table.items():
        if key not in ("name", "field", "text"):
            yield Problem(where, f"{key!r} is no key.", "Use name, and field or text.")
        elif not isinstance(value, str) or len(value) > NAME_LENGTH_MAX:
            yield Problem(where, f"{key} is no short text.", f'Write {key} = "...".')
    if not table.get("name"):
        yield Problem(where, "it has no name.", 'Write name = "Amount".')
    if ("field" in table) == ("text" in table):
        yield Problem(where, "it needs either a field or a text.", 'Write field = "paid".')
    elif "field" in table and table["field"] not in FIELDS:
        what = f"there is no field {str(table['field'])[:60]!r}."
        yield Problem(where, what, f"Use one of {', '.join(FIELDS)}.")


# --- the files


def as_csv(lines: Sequence[PaidLine], columns: Sequence[ExportColumn]) -> str:
    """The month as CSV: a header, then one line for each payee and currency; UTF-8, commas, CRLF."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([guarded(column.name) for column in columns])
    for line in lines:
        writer.writerow([_as_text(line, column) for column in columns])
    return written.getvalue()


def as_xlsx(lines: Sequence[PaidLine], columns: Sequence[ExportColumn]) -> bytes:
    """The month as a workbook of one sheet; amounts are numbers with the decimals of their currency."""
    import xlsxwriter  # slow to import, and needed once a month

    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    sheet = book.add_worksheet("Payroll")
    bold = book.add_format({"bold": True})
    formats = {
        digits: book.add_format({"num_format": "#,##0" + (f".{'0' * digits}" if digits else "")})
        for digits in {minor_digits(line.statement.currency) for line in lines}
    }
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, bold)
        sheet.set_column(place, place, max(12, len(column.name) + 2))
        for row, line in enumerate(lines, start=1):
            amount_of = AMOUNT_FIELDS.get(column.field)
            if amount_of is None:
                sheet.write_string(row, place, _plain_text(line, column))
                continue
            digits = minor_digits(line.statement.currency)
            number = Decimal(amount_of(line.statement)).scaleb(-digits)
            sheet.write_number(row, place, number, formats[digits])
    sheet.freeze_panes(1, 0)
    book.close()
    return written.getvalue()


def exact(amount_minor: int, currency: str) -> str:
    """An amount as programs read it: "-1250.50"."""
    digits = minor_digits(currency)
    whole, fraction = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{fraction:0{digits}}" if digits else f"{sign}{whole}"


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _as_text(line: PaidLine, column: ExportColumn) -> str:
    amount_of = AMOUNT_FIELDS.get(column.field)
    if amount_of is not None:
        return exact(amount_of(line.statement), line.statement.currency)
    return guarded(_plain_text(line, column))


def _plain_text(line: PaidLine, column: ExportColumn) -> str:
    return TEXT_FIELDS[column.field](line) if column.field else column.text
