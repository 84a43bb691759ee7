"""Amounts, shares and times as people in each language write them, exactly what the engine says and never more."""

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tracker.engine.money import MoneyError
from tracker.engine.periods import period_named
from tracker.pages import formatting
from tracker.pages.i18n import LOCALES, speaking

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def with_plain_spaces(text: str) -> str:
    return text.replace(formatting.NO_BREAK_SPACE, " ")


@pytest.mark.parametrize(
    ("locale", "currency", "expected"),
    [
        ("da", "DKK", "1.234.567,50 kr."),
        ("da", "EUR", "1.234.567,50 €"),
        ("sv", "SEK", "1 234 567,50 kr"),
        ("sv", "DKK", "1 234 567,50 Dkr"),
        ("en", "DKK", "DKK 1,234,567.50"),
        ("en", "EUR", "€1,234,567.50"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(
    locale: str, currency: str, expected: str
) -> None:
    with speaking(locale):
        assert with_plain_spaces(formatting.money(123_456_750, currency)) == expected


@pytest.mark.parametrize("locale", LOCALES)
def test_a_figure_never_breaks_across_lines(locale: str) -> None:
    with speaking(locale):
        written = [
            formatting.money(-123_456_789, "DKK"),
            formatting.signed_money(123_456_789, "SEK"),
            formatting.percent(Fraction(12345, 100)),
            formatting.day(date(2026, 11, 22)),
        ]
    assert not any(" " in text for text in written)


def test_ore_are_shown_when_there_are_any_or_when_told() -> None:
    with speaking("da"):
        assert formatting.amount(16_000_000, "DKK") == "160.000"
        assert formatting.amount(16_000_005, "DKK") == "160.000,05"
        assert formatting.amount(16_000_000, "DKK", decimals=2) == "160.000,00"
        assert formatting.amount(16_000_050, "DKK", decimals=0) == "160.001"
        assert formatting.amount(1_500, "ISK") == "1.500"
        assert with_plain_spaces(formatting.exact_signed_money(-920_000, "DKK")) == "− 9.200,00 kr."
        assert with_plain_spaces(formatting.exact_signed_money(1_500, "ISK")) == "+ 1.500 ISK"


def test_a_minus_is_a_minus_and_nothing_is_neither() -> None:
    with speaking("da"):
        assert with_plain_spaces(formatting.signed(-920_000, "DKK")) == "− 9.200"
        assert with_plain_spaces(formatting.signed(920_000, "DKK")) == "+ 9.200"
        assert formatting.signed(0, "DKK") == "0"
        assert with_plain_spaces(formatting.money(-920_000, "DKK")) == "−9.200 kr."
        assert formatting.amount(-20, "DKK", decimals=0) == "0"
    with speaking("en"):
        assert with_plain_spaces(formatting.money(-920_000, "DKK")) == "−DKK 9,200"


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError, match="XYZ"):
        formatting.money(100, "XYZ")


def test_a_hundred_percent_is_shown_only_when_it_is_reached() -> None:
    with speaking("en"):
        assert formatting.percent(Fraction(9999, 10_000)) == "99%"
        assert formatting.percent(Fraction(9999, 10_000), digits=1) == "99.9%"
        assert formatting.percent(Fraction(1)) == "100%"
        assert formatting.percent(Fraction(-1, 200)) == "0%"
        assert formatting.percent(Fraction(-15, 100)) == "−15%"


def test_a_rate_shows_the_decimals_it_has() -> None:
    with speaking("da"):
        rates = [Fraction(13, 100), Fraction(1, 8), Fraction(1, 12), Fraction(0)]
        shown = [with_plain_spaces(formatting.rate(rate)) for rate in rates]
    assert shown == ["13 %", "12,5 %", "8,33 %", "0 %"]


def test_what_is_counted_is_paid_by_the_piece() -> None:
    with speaking("da"):
        assert with_plain_spaces(formatting.pay_rate(Fraction(500), "deals", "DKK")) == "500 kr."
        assert formatting.measured(100, "deals", "DKK") == "1 salg"
        assert formatting.measured(250, "units", "DKK") == "2,5 stk."
    with speaking("sv"):
        assert formatting.measured(100, "deals", "SEK") == "1 affär"
        assert formatting.measured(150, "deals", "SEK") == "1,5 affärer"


def test_a_year_is_said_when_it_is_not_this_one() -> None:
    today = date(2026, 11, 22)
    with speaking("da"):
        assert with_plain_spaces(formatting.day(date(2026, 3, 1), today)) == "1. mar."
        assert with_plain_spaces(formatting.day(date(2025, 3, 1), today)) == "1. mar. 2025"


def test_times_are_those_of_the_companys_clock() -> None:
    summer, winter = (
        datetime(2026, 7, 1, 22, 5, 9, tzinfo=UTC),
        datetime(2026, 1, 1, 22, 5, tzinfo=UTC),
    )
    assert formatting.clock_time(summer, COPENHAGEN, with_seconds=True) == "00:05:09"
    assert formatting.clock_time(winter, COPENHAGEN) == "23:05"
    with speaking("en"):
        assert with_plain_spaces(formatting.moment(summer, COPENHAGEN, now=summer)) == "00:05"
        assert with_plain_spaces(formatting.moment(winter, COPENHAGEN, now=summer)) == "1 Jan"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ["Q4 2026", "November 2026", "2026"]),
        ("da", ["4. kvartal 2026", "november 2026", "2026"]),
        ("sv", ["Kvartal 4 2026", "november 2026", "2026"]),
    ],
)
def test_a_window_has_a_name(locale: str, expected: list[str]) -> None:
    with speaking(locale):
        keys = ("2026-Q4", "2026-11", "2026")
        assert [formatting.period_name(period_named(key)) for key in keys] == expected


def test_a_sentence_ends_in_one_stop() -> None:
    assert formatting.sentence("af 2.000 kr.") == "af 2.000 kr."
    assert formatting.sentence("af 2 000 kr") == "af 2 000 kr."
