"""Which payroll month pays a difference, and under which name."""

import pytest

from tracker.engine.payroll_months.posting import (
    Loss,
    Posting,
    PostingKind,
    month_after,
    month_before,
    month_named,
    month_paying,
    posting_of,
)


@pytest.mark.parametrize(
    ("closed_through", "amount_minor", "loss", "expected"),
    [
        ("", 100, None, Posting("2026-10", PostingKind.COMMISSION, False)),
        ("2026-09", -100, None, Posting("2026-10", PostingKind.COMMISSION, False)),
        ("2026-10", 100, None, Posting("2026-11", PostingKind.ADJUSTMENT, True)),
        ("2026-12", -100, None, Posting("2027-01", PostingKind.ADJUSTMENT, True)),
        ("2026-10", -100, Loss.LEFT, Posting("2026-11", PostingKind.CLAWBACK, True)),
        ("2026-10", -100, Loss.CANCELLED, Posting("2026-11", PostingKind.CLAWBACK, True)),
        ("2026-10", 100, Loss.CANCELLED, Posting("2026-11", PostingKind.ADJUSTMENT, True)),
        ("2026-09", -100, Loss.LEFT, Posting("2026-10", PostingKind.CLAWBACK, False)),
        ("2026-09", -100, Loss.CANCELLED, Posting("2026-10", PostingKind.COMMISSION, False)),
    ],
)
def test_a_difference_of_october_is_paid_in_the_first_open_month(
    closed_through: str, amount_minor: int, loss: Loss | None, expected: Posting
) -> None:
    assert posting_of("2026-10", closed_through, amount_minor, loss) == expected


@pytest.mark.parametrize(
    ("period_key", "year_starts_in_month", "month"),
    [
        ("2026-11", 1, "2026-11"),
        ("2026-Q4", 1, "2026-12"),
        ("2026", 1, "2026-12"),
        ("2025", 7, "2026-06"),
        ("2025-Q1", 12, "2026-02"),
    ],
)
def test_a_settlement_period_is_paid_in_the_month_it_ends_in(
    period_key: str, year_starts_in_month: int, month: str
) -> None:
    assert month_paying(period_key, year_starts_in_month) == month


def test_months_follow_each_other_across_a_year() -> None:
    assert (month_after("2026-12"), month_before("2027-01")) == ("2027-01", "2026-12")
    assert month_before(month_after("2026-02")) == "2026-02"


@pytest.mark.parametrize("text", ["2026-13", "2026-Q1", "2026", "soon", "2026-1"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no period|is no month"):
        month_named(text)
