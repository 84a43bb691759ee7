"""A rep's own spreadsheet: any format and head we can make out, limits that hold, and faults named plainly."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from tracker.engine.claims.list_matching import Line
from tracker.ingest.files.own_list import OwnList, read_own_list
from tracker.ingest.files.spreadsheet import read_spreadsheet
from tracker.ingest.files.spreadsheet_problems import OWN_LIST, SheetProblem, SpreadsheetError

DANISH = """Mine salg 2026;;;
;;;
Kunde;Dato;Beløb;Min provision
Nordwind A/S;22.11.2026;1.234,50;123,45
"Hvid; Co";03.11.2026;12.000;1.200
Retur;05.11.2026;-500,00;(50,00)
I alt;;12.734,50;1.273,45
"""


def own_list(content: str | bytes, **chosen: int | None) -> OwnList:
    raw = content.encode() if isinstance(content, str) else content
    return read_own_list(read_spreadsheet(raw), chosen, 2)


def a_workbook(*rows: list[object], second: list[object] | None = None) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheets = [book.add_worksheet()]
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheets[0].write_datetime(number, column, value, day)
            else:
                sheets[0].write(number, column, value)
    if second:
        book.add_worksheet().write_row(0, 0, second)
    book.close()
    return made.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same archive with some parts replaced or added."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(packed, "w") as after:
        for name in before.namelist():
            if name not in parts:
                after.writestr(name, before.read(name))
        for name, part in parts.items():
            after.writestr(name, part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def problem_with(content: bytes) -> SheetProblem:
    with pytest.raises(SpreadsheetError) as refusal:
        read_spreadsheet(content)
    return refusal.value.problem


# --- reading


def test_a_danish_list_is_read_as_it_is_meant() -> None:
    found = own_list(DANISH)
    assert found.columns == {"name": 0, "on": 1, "amount": 2, "commission": 3}
    assert found.lines == (
        Line(4, "", "Nordwind A/S", date(2026, 11, 22), 1_234_50, 123_45),
        Line(5, "", "Hvid; Co", date(2026, 11, 3), 12_000_00, 1_200_00),
        Line(6, "", "Retur", date(2026, 11, 5), -500_00, -50_00),
    )
    assert found.sums_left_out == (7,)
    assert found.unread == ()


@pytest.mark.parametrize(
    ("head", "row", "line"),
    [
        (
            "Kund\tDatum\tBelopp\tProvision",
            "Fjäll AB\t2026-11-22\t1 234,50\t123 kr",
            ("", "Fjäll AB", date(2026, 11, 22), 1_234_50, 123_00),
        ),
        (
            "Deal ID,Customer,Close date,Deal value,My commission",
            'd-7,Acme,11/22/2026,"1,234.50",$123.45',
            ("d-7", "Acme", date(2026, 11, 22), 1_234_50, 123_45),
        ),
        (
            "Ordrenr.|Lukket|Omsætning",
            "10023|1/2/26|1.234",
            ("10023", "", date(2026, 2, 1), 1_234_00, None),
        ),
        (
            "Customer;Amount",
            "Acme;1.5",
            ("", "Acme", None, 1_50, None),
        ),
        (
            "Kunde;Provision;Dato",
            "Åse & Søn;kr. 500,-;2026-11-22 14:03",
            ("", "Åse & Søn", date(2026, 11, 22), None, 500_00),
        ),
    ],
)
def test_heads_and_formats_of_three_languages_are_made_out(
    head: str, row: str, line: tuple[object, ...]
) -> None:
    assert own_list(f"{head}\n{row}\n").lines == (Line(2, *line),)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_file_may_be_in_what_its_program_writes(encoding: str) -> None:
    (line,) = own_list("Kunde;Beløb\nÅse;1,50\n".encode(encoding)).lines
    assert (line.name, line.amount_minor) == ("Åse", 1_50)


def test_a_column_can_be_chosen_or_said_not_to_be_there() -> None:
    text = "Kunde;Pris;Beløb\nA;1;2\n"
    assert own_list(text, amount=1).lines[0].amount_minor == 1_00
    assert not own_list(text, amount=None).can_be_compared
    assert own_list(text, amount=99).columns == {"name": 0}
    swapped = own_list(text, commission=2).columns
    assert swapped == {"name": 0, "amount": 1, "commission": 2}


def test_what_cannot_be_read_is_named_with_its_line_and_left_out() -> None:
    found = own_list("Kunde;Dato;Beløb\nA;2026-11-22;x\nB;soon;5\nC;;7\n")
    assert [(one.number, one.field, one.text) for one in found.unread] == [
        (2, "amount", "x"),
        (3, "on", "soon"),
    ]
    assert [line.name for line in found.lines] == ["C"]


def test_a_workbook_gives_its_numbers_exactly_and_its_days_as_days() -> None:
    content = a_workbook(
        ["Kunde", "Dato", "Beløb", "Provision"],
        ["Nordwind", date(2026, 11, 22), 1234.5, 0.1 + 0.2],
        ["Fjord", date(2026, 11, 23), 1000, "=C3*0.1"],
    )
    first, second = own_list(content).lines
    assert (first.on, first.amount_minor, first.commission_minor) == (
        date(2026, 11, 22),
        1_234_50,
        30,
    )
    assert (second.amount_minor, second.commission_minor) == (1_000_00, 0)


# --- limits


def test_a_cell_in_the_last_row_of_the_last_column_costs_nothing() -> None:
    far = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    content = repacked(a_workbook(["Kunde"]), **{"xl/worksheets/sheet1.xml": far})
    assert problem_with(content) is SheetProblem.TOO_MANY_ROWS
    wide = far.replace(b"1048576", b"2")
    content = repacked(a_workbook(["Kunde"]), **{"xl/worksheets/sheet1.xml": wide})
    assert problem_with(content) is SheetProblem.TOO_MANY_COLUMNS


def test_an_archive_that_unpacks_to_much_more_is_refused_before_it_is_unpacked() -> None:
    bomb = b"<sst>" + b" " * (60 * 1024 * 1024) + b"</sst>"
    content = repacked(a_workbook(["Kunde"]), **{"xl/sharedStrings.xml": bomb})
    assert len(content) < OWN_LIST.file_bytes
    assert problem_with(content) is SheetProblem.UNPACKS_TOO_LARGE


def test_a_long_text_named_by_many_cells_is_refused() -> None:
    strings = b"<sst><si><t>" + b"x" * 100_000 + b"</t></si></sst>"
    cells = b"".join(b'<c t="s"><v>0</v></c>' for _ in range(90))
    rows = b"".join(b"<row>" + cells + b"</row>" for _ in range(30))
    sheet = b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>"
    parts = {"xl/sharedStrings.xml": strings, "xl/worksheets/sheet1.xml": sheet}
    assert problem_with(repacked(a_workbook(["Kunde"]), **parts)) is SheetProblem.UNPACKS_TOO_LARGE


def test_entities_that_grow_while_they_are_read_are_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha">]><sst><si><t>&a;</t></si></sst>'
    content = repacked(a_workbook(["Kunde"]), **{"xl/sharedStrings.xml": laughs})
    assert problem_with(content) is SheetProblem.UNPACKS_TOO_LARGE


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", SheetProblem.EMPTY),
        (b" \n\n", SheetProblem.EMPTY),
        (b";;\n;;\n", SheetProblem.EMPTY),
        (b"a" * (OWN_LIST.file_bytes + 1), SheetProblem.TOO_LARGE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, SheetProblem.OLD_FORMAT),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", SheetProblem.NO_SPREADSHEET),
        (b"PK\x03\x04 this is no archive", SheetProblem.BROKEN),
        (b"a;b\n" * 6_000, SheetProblem.TOO_MANY_ROWS),
        (b";" * 200 + b"a\n", SheetProblem.TOO_MANY_COLUMNS),
        (b'a;"' + b"x" * 200_000, SheetProblem.BROKEN),
    ],
)
def test_a_file_that_is_not_read_says_why(content: bytes, problem: SheetProblem) -> None:
    assert problem_with(content) is problem


def test_workbooks_with_programs_in_them_are_refused() -> None:
    book = a_workbook(["Kunde", "Beløb"], ["A", 1])
    macros = repacked(book, **{"xl/vbaProject.bin": b"Sub x()"})
    assert problem_with(macros) is SheetProblem.MACROS
    document = repacked(book, **{"word/document.xml": b"<w/>"})
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        names = [name for name in archive.namelist() if not name.startswith("xl/")]
        other = io.BytesIO()
        with zipfile.ZipFile(other, "w") as packed:
            for name in names:
                packed.writestr(name, archive.read(name))
    assert problem_with(other.getvalue()) is SheetProblem.NO_SPREADSHEET


@pytest.mark.parametrize("cut", [40, 200, 1_000, 3_000])
def test_a_workbook_cut_short_is_broken_and_nothing_else(cut: int) -> None:
    content = a_workbook(["Kunde", "Beløb"], ["A", 1])
    assert problem_with(content[:cut]) is SheetProblem.BROKEN


def test_only_the_first_sheet_with_rows_is_read() -> None:
    content = a_workbook(["Kunde", "Beløb"], ["A", 1], second=["Kunde", "Beløb"])
    assert len(own_list(content).lines) == 1
