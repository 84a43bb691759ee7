"""Exchange rates: which one holds on a day, how it converts, and how a plan file that quotes one wrongly is refused."""

from datetime import date

import pytest

from tests.builders import FLAT_RATE, a_plan, a_plan_text
from tracker.engine.crediting.exchange import ExchangeRate, ExchangeRates
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
QUOTED = 'currency = "EUR"\nday = "2026-05-01"\nrate = "7.4605"'


def euro(day: date, quoted: str) -> ExchangeRate:
    return ExchangeRate("EUR", "DKK", day, quoted)


def test_the_latest_rate_up_to_a_day_is_carried_forward() -> None:
    rates = ExchangeRates([euro(JUNE, "7.5"), euro(MAY, "7.4")])
    assert rates.on("EUR", "DKK", date(2026, 4, 30)) is None
    assert rates.on("EUR", "DKK", MAY) == euro(MAY, "7.4")
    assert rates.on("EUR", "DKK", date(2026, 5, 31)) == euro(MAY, "7.4")
    assert rates.on("EUR", "DKK", date(2030, 1, 1)) == euro(JUNE, "7.5")
    assert rates.on("DKK", "EUR", JUNE) is None


def test_of_two_rates_for_a_day_the_later_one_counts() -> None:
    rates = ExchangeRates([euro(MAY, "7.4"), euro(MAY, "7.5")])
    assert rates.on("EUR", "DKK", MAY) == euro(MAY, "7.5")


@pytest.mark.parametrize(
    ("currency", "into", "quoted", "amount_minor", "converted_minor"),
    [
        ("EUR", "DKK", "7.4605", 100_00, 746_05),
        ("EUR", "DKK", "7.4605", 1, 7),
        ("EUR", "DKK", "7.5", 1, 8),
        ("EUR", "DKK", "7.5", -1, -8),
        ("JPY", "DKK", "0.0467", 1_000, 46_70),
        ("DKK", "JPY", "21.4", 1_00, 21),
    ],
)
def test_an_amount_is_converted_exactly_and_rounded_once(
    currency: str, into: str, quoted: str, amount_minor: int, converted_minor: int
) -> None:
    assert ExchangeRate(currency, into, MAY, quoted).convert(amount_minor) == converted_minor


def test_a_plan_file_quotes_rates_into_its_own_currency() -> None:
    plan = a_plan(f"{FLAT_RATE}\n[[exchange_rates]]\n{QUOTED}")
    assert plan.exchange_rates == (euro(MAY, "7.4605"),)
    assert a_plan().exchange_rates == ()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (QUOTED.replace("EUR", "DKK"), "DKK is the plan's own currency"),
        (QUOTED.replace("EUR", "XXX"), '"XXX" is not a currency the product knows'),
        (QUOTED.replace("05-01", "05-32"), '"2026-05-32" is not a day'),
        (QUOTED.replace('"7.4605"', "7.4605"), "7.4605 is written without quotes"),
        (QUOTED.replace("7.4605", "0"), "is not above zero"),
        (QUOTED.replace("7.4605", "-7"), "is not above zero"),
        (QUOTED.replace("7.4605", "746.05%"), '"746.05%" is not how much one unit is worth'),
        (QUOTED.replace("7.4605", "7,46"), '"7,46" is not a number'),
        (QUOTED.replace("day =", "date ="), '"date" is not a key of this table'),
        ('currency = "EUR"', '"rate" is missing'),
        (f"{QUOTED}\n[[exchange_rates]]\n{QUOTED}", "already has the rate of number 1"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_with_its_line(lines: str, problem: str) -> None:
    with pytest.raises(PlanFileError) as refusal:
        parse_plan(a_plan_text(f"{FLAT_RATE}\n[[exchange_rates]]\n{lines}"))
    found = [str(one) for one in refusal.value.problems]
    assert any(problem in one and one.startswith("line ") for one in found), found
