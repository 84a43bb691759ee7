"""What payroll reads is what the ledger pays, to the last øre, and never a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from tracker.engine.payroll_months.posting import PostingKind
from tracker.engine.payroll_months.statement import PostedLine, Statement
from tracker.errors import BadInput
from tracker.payroll_export import (
    AMOUNT_FIELDS,
    DEFAULT_COLUMNS,
    ExportColumn,
    PaidLine,
    as_csv,
    as_xlsx,
    exact,
    read_columns,
)
from tracker.store.people import Payee

KINDS = ("commission", "adjustments", "clawbacks", "manual")
amounts = st.integers(-(10**12), 10**12)


def a_line(number: int, amounts_minor: dict[PostingKind, int], name: str = "Anna") -> PaidLine:
    posted = tuple(
        PostedLine(kind, "ae/sales", "2026-Q4", "2026-10", amount_minor)
        for kind, amount_minor in amounts_minor.items()
    )
    earned = sum(amounts_minor.values())
    statement = Statement(
        payee_id=number,
        month="2026-10",
        currency="DKK",
        posted=posted,
        components=(),
        earned_minor=earned,
        draw_kind="",
        draw_period="",
        draw_minor=0,
        debt_before_minor=0,
        paid_minor=max(0, earned),
        debt_minor=max(0, -earned),
        forgiven_minor=0,
    )
    return PaidLine(Payee(number, "rep", f"r{number}", name, None, True), statement, 1)


@given(
    st.lists(st.dictionaries(st.sampled_from(list(PostingKind)), amounts, max_size=4), max_size=6)
)
def test_the_exported_sums_are_those_of_the_ledger(posted: list[dict[PostingKind, int]]) -> None:
    lines = [a_line(number, of_payee) for number, of_payee in enumerate(posted)]
    columns = [ExportColumn(field, field) for field in AMOUNT_FIELDS]
    rows = list(csv.DictReader(io.StringIO(as_csv(lines, columns))))
    minor = [{key: int(value.replace(".", "")) for key, value in row.items()} for row in rows]
    assert sum(row[kind] for row in minor for kind in KINDS) == sum(
        amount_minor for of_payee in posted for amount_minor in of_payee.values()
    )
    for row in minor:
        assert row["earned"] == sum(row[kind] for kind in KINDS)
        assert row["paid"] == row["earned"] + row["carried"] + row["advanced"] + row["recovered"]
        assert row["debt"] - row["debt_before"] == row["paid"] - row["earned"] - row["forgiven"]


def test_a_workbook_holds_the_same_amounts_as_numbers() -> None:
    lines = [a_line(1, {PostingKind.COMMISSION: 123_456_789_01}), a_line(2, {})]
    columns = [ExportColumn("Navn", "name"), ExportColumn("Løn", "paid")]
    sheet = load_workbook(io.BytesIO(as_xlsx(lines, columns))).get_sheet_by_index(0)
    assert sheet.to_python() == [["Navn", "Løn"], ["Anna", 123456789.01], ["Anna", 0]]


@pytest.mark.parametrize("name", ["=1+1", "+45 12", "-2", "@sum", "\t=1"])
def test_a_name_that_looks_like_a_formula_is_only_text(name: str) -> None:
    line, column = a_line(1, {}, name), ExportColumn("=Name", "name")
    rows = list(csv.reader(io.StringIO(as_csv([line], [column]))))
    assert rows == [["'=Name"], [f"'{name}"]]
    sheet = load_workbook(io.BytesIO(as_xlsx([line], [column]))).get_sheet_by_index(0)
    assert sheet.to_python(skip_empty_area=False)[1][0] == name


def test_a_negative_amount_stays_an_amount() -> None:
    line = a_line(1, {PostingKind.CLAWBACK: -5})
    assert as_csv([line], [ExportColumn("Tilbage", "clawbacks")]).splitlines()[1] == "-0.05"
    assert (exact(-150, "ISK"), exact(0, "DKK")) == ("-150", "0.00")


def test_the_columns_are_chosen_and_named_with_a_text_of_ones_own() -> None:
    columns = read_columns(
        '[[columns]]\nname = "Lønart"\ntext = "0110"\n[[columns]]\nname = "Beløb"\nfield = "paid"\n'
    )
    line = a_line(1, {PostingKind.COMMISSION: 100})
    assert as_csv([line], columns).splitlines() == ["Lønart,Beløb", "0110,1.00"]
    assert [column.field for column in read_columns(DEFAULT_COLUMNS)][-2:] == ["paid", "currency"]


def test_every_problem_of_the_columns_is_named_at_once() -> None:
    text = '[[columns]]\nfield = "pay"\n[[columns]]\nname = "A"\n[[columns]]\nname = 3\nwhat = "x"\nfield = "paid"\n'
    with pytest.raises(BadInput) as refused:
        read_columns(text)
    wheres = [problem.where for problem in refused.value.problems]
    assert wheres == ["column 1", "column 1", "column 2", "column 3", "column 3"]
    for text in ("columns = 3", "", "[[columns]"):
        with pytest.raises(BadInput):
            read_columns(text)
