"""Files as people have them: workbooks with typed cells, and everything that keeps a file from being read."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.ingest.test_own_list import repacked
from tracker.errors import TrackerError
from tracker.ingest.files import repetitions
from tracker.ingest.files.cells import BadRow, Row, cell_text, column_letters
from tracker.ingest.files.repetitions import Repetitions
from tracker.ingest.files.table import Table, opened_table

HEAD = ["No.", "Value", "Date"]
COLUMNS = frozenset(HEAD)
Sheets = dict[str, list[list[Any]]]


def a_workbook(sheets: Sheets, more: Callable[[xlsxwriter.Workbook], None] | None = None) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(
                        number, place, datetime(value.year, value.month, value.day), day
                    )
                else:
                    sheet.write(number, place, value)
    if more:
        more(book)
    book.close()
    return made.getvalue()


def opened(folder: Path, content: bytes, encoding: str = "utf-8", sheet: str = "") -> Table:
    path = folder / "some.file"
    path.write_bytes(content)
    return opened_table(path, encoding, None, sheet)


def read(folder: Path, content: bytes, sheet: str = "", **how: str) -> list[Row | BadRow]:
    return [*opened(folder, content, sheet=sheet, **how).rows(COLUMNS)]


def refusal(folder: Path, content: bytes, sheet: str = "") -> str:
    with pytest.raises(TrackerError) as refused:
        read(folder, content, sheet)
    return refused.value.message


# --- workbooks


def test_days_are_days_and_numbers_are_exact(tmp_path: Path) -> None:
    (row,) = read(
        tmp_path, a_workbook({"Deals": [HEAD, ["d-1", 3702.2999999999997, date(2026, 11, 22)]]})
    )
    assert isinstance(row, Row)
    assert row.cells == {"No.": "d-1", "Value": Fraction("3702.3"), "Date": date(2026, 11, 22)}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Fraction(1001), "1001"),
        (Fraction("-0.05"), "-0.05"),
        (Fraction("1234.5"), "1234.5"),
        (Fraction(10**20), "1" + "0" * 20),
        (date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_a_cell_as_text_is_the_exact_figure(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


def test_columns_are_named_as_a_spreadsheet_names_them() -> None:
    assert [column_letters(place) for place in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]


def test_a_title_above_the_table_is_passed_over(tmp_path: Path) -> None:
    table = opened(
        tmp_path, a_workbook({"Deals": [["Deals of 2026"], [], ["x", *HEAD], ["", "d-1", 1, ""]]})
    )
    (row,) = table.rows(COLUMNS)
    assert (row.number, table.addresses(COLUMNS).of(4, "Value")) == (4, "Deals!C4")


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    rows = [HEAD, ["d-1", 1, ""]]
    content = a_workbook({"May": rows, "June": rows, "Empty": []})
    assert "“May”, “June”" in refusal(tmp_path, content)
    assert len(read(tmp_path, content, "June")) == 1
    assert "There are: “May”, “June”" in refusal(tmp_path, content, "July")


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    rows = [HEAD, ["d-1", 1, ""]]

    def hide(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("Seen").activate()
        book.get_worksheet_by_name("Old").hide()

    assert len(read(tmp_path, a_workbook({"Old": rows, "Seen": rows}, hide))) == 1
    content = a_workbook({"Old": rows, "Seen": []}, hide)
    assert "is hidden: “Old”. Unhide it" in refusal(tmp_path, content)
    assert "is hidden: “Old”" in refusal(tmp_path, content, "Old")


def test_cells_made_one_are_named_because_only_the_first_has_the_value(tmp_path: Path) -> None:
    def merge(book: xlsxwriter.Workbook) -> None:
        book.get_worksheet_by_name("Deals").merge_range("B2:B3", 5)

    found = read(tmp_path, a_workbook({"Deals": [HEAD, ["d-1", 5, ""], ["d-2", "", ""]]}, merge))
    assert [row.problem.where for row in found if isinstance(row, BadRow)] == [
        "Deals!B2",
        "Deals!B3",
    ]


def test_a_formula_is_its_result_and_one_without_is_said(tmp_path: Path) -> None:
    def formulas(book: xlsxwriter.Workbook) -> None:
        sheet = book.get_worksheet_by_name("Deals")
        sheet.write_formula("B2", "=2*21", None, 42)
        sheet.write_formula("B3", "=1/0", None, "#DIV/0!")

    content = a_workbook(
        {"Deals": [HEAD, ["d-1", 0, ""], ["d-2", 0, ""], ["d-3", 0, ""]]}, formulas
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    bare = sheet.replace(b'<c r="B4"><v>0</v></c>', b'<c r="B4"><f>B2+1</f></c>')
    assert bare != sheet
    found = read(tmp_path, repacked(content, **{"xl/worksheets/sheet1.xml": bare}))
    values = [row.cells["Value"] for row in found if isinstance(row, Row)]
    assert values == [Fraction(42), "#DIV/0!", "#…"]


# --- what cannot be read


def test_what_a_file_is_its_first_bytes_say(tmp_path: Path) -> None:
    (row,) = read(tmp_path, b"\xef\xbb\xbfNo.;Value;Date\nd-1;1;2\n")
    assert isinstance(row, Row)
    assert row.cells["No."] == "d-1"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_older_encodings_are_read_when_they_are_known(tmp_path: Path, encoding: str) -> None:
    content = "No.;Value;Date\nÅse;1;2\n".encode(encoding)
    (row,) = read(tmp_path, content, encoding=encoding)
    assert isinstance(row, Row)
    assert row.cells["No."] == "Åse"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in this file."),
        (b" \n\n", "There is nothing in this file."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no spreadsheet we can read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "or one with a password"),
        (b"PK\x03\x04 this is no archive", "is damaged"),
        (b"No.,Value\n1,2\n", "row 1: there is no column “Date”."),
        (b"No.,Value,Date,Date\n1,2,3,4\n", "row 1: the column “Date” is there twice."),
        (b"a," * 1_000_000 + b"\n", "row 1: has 1,000,001 columns; up to 1,000 are read."),
        (b"x" * 5_000_000, "row 1: is too long: a cell may hold 131,072 characters."),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"1;2;" + b"x" * 131_073, "is too long: a cell may hold 131,072 characters."),
        (b"1;2;" + b"x;" * 2_500_000, "is too long: a cell may hold 131,072 characters."),
        (b"1;2;a\0b", "holds a NUL"),
        (b"1;2;\xc5se", "is not UTF-8."),
        (b"1;2", "has 2 cells, but the header has 3."),
        (b'1;2;"a"b', "is not CSV"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_next_one_is_read(
    tmp_path: Path, line: bytes, said: str
) -> None:
    bad, good = read(tmp_path, b"No.;Value;Date\n" + line + b"\n4;5;6\n")
    assert isinstance(bad, BadRow)
    assert (bad.number, bad.problem.where) == (2, "row 2")
    assert said in bad.problem.what
    assert isinstance(good, Row)
    assert good.number == 3


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    content = b'No.;Value;Date\n1;"two\nlines";3\n\n4;5;6\n'
    assert [row.number for row in read(tmp_path, content)] == [2, 4]


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    bomb = b"<sst>" + b" " * (200 * 1024 * 1024) + b"</sst>"
    content = repacked(a_workbook({"Deals": [HEAD]}), **{"xl/sharedStrings.xml": bomb})
    assert len(content) < 1024 * 1024
    assert "unpacks to far more" in refusal(tmp_path, content)


# --- names in bounded memory


def test_repeated_names_are_found_also_when_they_are_kept_in_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repetitions, "PILE_BYTES_MAX", 100)
    with Repetitions() as found:
        for row in range(5_000):
            found.note(f"d-{row % 4_990}", row)
        assert sorted(found.found()) == [(4_990 + n, n) for n in range(10)]
