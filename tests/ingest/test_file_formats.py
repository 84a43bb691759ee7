"""How files write dates and numbers, and what a mapping may say about them."""

from datetime import date
from pathlib import Path

import pytest

from tracker.errors import BadInput
from tracker.ingest.files.cells import BadRow, Row
from tracker.ingest.files.csv_file import CsvFile
from tracker.ingest.files.deal_rows import DEALS
from tracker.ingest.files.formats import FormatError, NumberFormat, date_format
from tracker.ingest.files.mapping import slug
from tracker.ingest.files.mapping_file import BadMapping, parse_mapping
from tracker.ingest.files.people_rows import PEOPLE


@pytest.mark.parametrize(
    ("declared", "text", "day"),
    [
        ("YYYY-MM-DD", "2026-09-01", date(2026, 9, 1)),
        ("DD.MM.YYYY", "01.09.2026", date(2026, 9, 1)),
        ("D/M/YY", "1/9/26", date(2026, 9, 1)),
        ("D/M/YY", "11/12/26", date(2026, 12, 11)),
        ("MM/DD/YYYY", "09/01/2026", date(2026, 9, 1)),
        ("YYYYMMDD", "20260901", date(2026, 9, 1)),
    ],
)
def test_a_date_is_read_as_declared(declared: str, text: str, day: date) -> None:
    assert date_format(declared).parse(text) == day


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("DD.MM.YYYY", "1.9.2026"),
        ("DD.MM.YYYY", "2026-09-01"),
        ("DD.MM.YYYY", "30.02.2026"),
        ("DD.MM.YYYY", "01.13.2026"),
        ("DD.MM.YYYY", "０１.09.2026"),
        ("YYYY-MM-DD", "2026-09-01 12:00"),
        ("YYYY-MM-DD", "0000-01-01"),
        ("DD.MM.YYYY", "01x09y2026"),
    ],
)
def test_a_date_in_another_form_is_refused(declared: str, text: str) -> None:
    with pytest.raises(FormatError):
        date_format(declared).parse(text)


@pytest.mark.parametrize(
    "declared", ["", "DD.MM", "DD.MM.MM", "DD.MM.YYYY.YY", "MMM YYYY DD", "DDmmYYYY", "%d.%m.%Y"]
)
def test_a_date_format_without_each_part_once_is_refused(declared: str) -> None:
    with pytest.raises(FormatError):
        date_format(declared)


@pytest.mark.parametrize(
    ("decimal_mark", "group_mark", "text", "plain"),
    [
        (",", ".", "1.234,50", "1234.50"),
        (".", ",", "1,234.50", "1234.50"),
        (",", ".", "-12.345.678", "-12345678"),
        (",", " ", "1\u00a0234,5", "1234.5"),
        (",", "", "1234,50", "1234.50"),
        (".", "'", "1'234.50", "1234.50"),
        (",", ".", "\N{MINUS SIGN}5,00", "-5.00"),
        (".", "", "0", "0"),
    ],
)
def test_a_number_is_read_as_declared(
    decimal_mark: str, group_mark: str, text: str, plain: str
) -> None:
    assert NumberFormat(decimal_mark, group_mark).plain(text) == plain


@pytest.mark.parametrize(
    ("decimal_mark", "group_mark", "text"),
    [
        (",", ".", "1,234.50"),
        (".", ",", "1.234,50"),
        (".", ",", "12,34"),
        (".", "", "1,234"),
        (",", ".", "0.123"),
        (".", "", "1e5"),
        (".", "", "１２"),
        (".", "", "12 kr"),
        (".", "", "--5"),
        (".", "", ""),
    ],
)
def test_a_number_in_another_form_is_refused(decimal_mark: str, group_mark: str, text: str) -> None:
    with pytest.raises(FormatError):
        NumberFormat(decimal_mark, group_mark).plain(text)


def test_a_name_becomes_what_fits_an_address() -> None:
    assert slug("Mei-Mei Jöhns") == "mei-mei.johns"
    assert slug("Søren Bæk-Åby") == "soren.baek-aby"
    assert slug("  O'Brien, Pat ") == "o.brien.pat"


# --- files


def rows_of(path: Path, columns: str = "a", encoding: str = "utf-8") -> list[Row | BadRow]:
    return list(CsvFile(path, encoding, None).rows(frozenset(columns.split())))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_the_header_uses(tmp_path: Path, delimiter: str) -> None:
    content = f"a{delimiter}b\r\n1{delimiter}2\r\n".encode()
    rows = rows_of(written(tmp_path / "f.csv", content), "a b")
    assert rows == [Row(2, {"a": "1", "b": "2"})]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path / "f.csv", b"\xef\xbb\xbfa\n1\n")) == [Row(2, {"a": "1"})]


def test_a_row_is_named_by_its_number_in_a_spreadsheet(tmp_path: Path) -> None:
    content = b'a,b\n"x\ny",1\n\nz,2\n'
    rows = rows_of(written(tmp_path / "f.csv", content))
    assert [row.number for row in rows if isinstance(row, Row)] == [2, 4]


def test_a_file_in_another_encoding_says_which_row(tmp_path: Path) -> None:
    content = "a\nAda\nÆrø\nBo\n".encode("cp1252")
    path = written(tmp_path / "f.csv", content)
    first, wrong, last = rows_of(path)
    assert isinstance(wrong, BadRow)
    assert (wrong.problem.where, wrong.problem.what) == ("row 3", "is not UTF-8.")
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert rows_of(path, encoding="cp1252")[1] == Row(3, {"a": "Ærø"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1\n", "has 1 cells, but the header has 2"),
        (b"a,b\n1,2,3\n", "has 3 cells, but the header has 2"),
        (b'a\n"1" x\n', "is not CSV"),
        (b'a\n"never closed\n', "is not CSV"),
        (b"a\n" + b"x" * 200_000 + b"\n", "is too long: a cell may hold"),
    ],
)
def test_a_row_that_is_not_csv_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (wrong,) = rows_of(written(tmp_path / "f.csv", content))
    assert isinstance(wrong, BadRow)
    assert message in wrong.problem.what
    assert wrong.problem.where == "row 2"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column “a”"),
        (b"A,b\n1,2\n", "no column “a”"),
        (b"a,a\n1,2\n", "“a” is there twice"),
    ],
)
def test_a_header_without_the_mapped_columns_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        rows_of(written(tmp_path / "f.csv", content))


# --- mappings


def test_every_problem_of_a_mapping_is_named_with_its_line() -> None:
    text = "\n".join(
        [
            'encoding = "ebcdic"',
            'delimeter = ";"',
            'decimal_mark = ","',
            'group_mark = ","',
            'date_format = "DD.MM"',
            "[fields]",
            'deal_id = ""',
            "name = 7",
            'statsu = "Stage"',
            'amount = { colum = "Value" }',
            'currency = { column = "C", text = "DKK" }',
            'product = { column = "P", map = { A = 1 } }',
            'kind = { text = "new", map = { A = "B" } }',
            "stage = { column = [] }",
        ]
    )
    with pytest.raises(BadMapping) as refusal:
        parse_mapping(text, DEALS)
    found = {str(problem) for problem in refusal.value.problems}
    for part in (
        "line 1, encoding: “ebcdic” is not known.",
        "line 2, delimeter: there is no such key. Did you mean delimiter?",
        "line 4, group_mark: is the decimal mark, too.",
        "line 5, date_format:",
        "source: is missing",
        "line 7, fields.deal_id: names no column.",
        "line 8, fields.name: names no column.",
        "line 9, fields.statsu: there is no such key. Did you mean status?",
        "line 10, fields.amount.colum: there is no such key. Did you mean column?",
        "line 11, fields.currency: needs either column or text.",
        "line 12, fields.product.map: is not a table of texts.",
        "line 13, fields.kind.map: needs a column.",
        "line 14, fields.stage.column: is no column.",
        "fields: rep is missing.",
        "fields: effective_on is missing.",
    ):
        assert any(part in problem for problem in found), (part, found)


def test_a_mapping_that_is_not_toml_says_where() -> None:
    with pytest.raises(BadMapping, match="line 2"):
        parse_mapping("[fields]\nreference = nothing\n", PEOPLE)


def test_a_mapping_without_fields_says_what_is_needed() -> None:
    with pytest.raises(BadMapping, match="reference"):
        parse_mapping('encoding = "utf-8"', PEOPLE)


def test_a_people_mapping_has_no_source() -> None:
    with pytest.raises(BadMapping, match="source: there is no such key"):
        parse_mapping('source = "x"\n[fields]\nreference = "A"\n', PEOPLE)
