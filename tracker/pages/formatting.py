"""Amounts, shares, dates and times as the reader writes them. Everything here is for eyes, nothing for sums.

Figures never break across lines (no-break spaces), and a minus is a minus, not a hyphen.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_decimal, get_currency_symbol
from jinja2 import Environment

from tracker.engine.agreement.plans import COUNT_MEASURES, PRESENCE
from tracker.engine.crediting.objectives import FULL_SCORE, OBJECTIVE
from tracker.engine.money import minor_digits, round_to_minor_unit
from tracker.engine.periods import Period, PeriodKind, period_named
from tracker.pages.i18n import babel_locale, gettext, ngettext

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
COUNT_SCALE = 100
"""Counts are kept in hundredths, so that half a deal can count."""
DAYS_FROM_HOURS = 48


class MoneyParts(NamedTuple):
    """An amount in pieces, so that its unit and decimals can be set smaller than the figure."""

    sign: str
    before: str
    whole: str
    fraction: str
    after: str


def money(amount_minor: int, currency: str, decimals: int | None = None) -> str:
    """An amount with its currency: "160.000 kr.". Decimals appear only when there are any, or as many as told."""
    return "".join(money_parts(amount_minor, currency, decimals))


def amount(amount_minor: int, currency: str, decimals: int | None = None) -> str:
    """The same without the currency: "160.000"."""
    parts = money_parts(amount_minor, currency, decimals)
    return f"{parts.sign}{parts.whole}{parts.fraction}"


def exact_money(amount_minor: int, currency: str) -> str:
    """An amount with all its decimals, so that a column of them stands in line: "39.000,00 kr."."""
    return money(amount_minor, currency, minor_digits(currency))


def exact_amount(amount_minor: int, currency: str) -> str:
    """The same without the currency: "39.000,00"."""
    return amount(amount_minor, currency, minor_digits(currency))


def signed(amount_minor: int, currency: str, decimals: int | None = None) -> str:
    """A change, without the currency: "+ 9.200", "− 150,50"; nothing before a zero."""
    parts = money_parts(amount_minor, currency, decimals)
    return f"{_change_sign(amount_minor)}{parts.whole}{parts.fraction}"


def signed_money(amount_minor: int, currency: str, decimals: int | None = None) -> str:
    """A change with its currency: "+ 9.200 kr."."""
    parts = money_parts(amount_minor, currency, decimals)
    return f"{_change_sign(amount_minor)}{parts.before}{parts.whole}{parts.fraction}{parts.after}"


def exact_signed_money(amount_minor: int, currency: str) -> str:
    """The same with all its decimals: "+ 9.200,00 kr."."""
    return signed_money(amount_minor, currency, minor_digits(currency))


def money_parts(amount_minor: int, currency: str, decimals: int | None = None) -> MoneyParts:
    """An amount in pieces. Decimals appear only when there are any, or as many as told."""
    digits = minor_digits(currency)
    if decimals is None:
        decimals = digits if amount_minor % 10**digits else 0
    shown = round_to_minor_unit(Fraction(abs(amount_minor) * 10**decimals, 10**digits))
    whole, fraction = divmod(shown, 10**decimals)
    sign = MINUS if amount_minor < 0 and shown else ""
    mark = babel_locale().number_symbols["latn"]["decimal"]
    before, after = _around(currency)
    decimal_part = f"{mark}{fraction:0{decimals}}" if decimals else ""
    return MoneyParts(sign, before, _grouped(whole), decimal_part, after)


def percent(ratio: Fraction, digits: int = 0) -> str:
    """A share of one: "92 %". Cut, not rounded: 100 % stands there only when it is reached."""
    hundredths = int(abs(ratio) * 100 * 10**digits)
    sign = MINUS if ratio < 0 and hundredths else ""
    return f"{sign}{_with_percent_sign(_plain(Fraction(hundredths, 10**digits), digits))}"


def chance_words(probability: Fraction) -> str:
    """A probability as a share; one too small to show is not nothing: "under 1 %"."""
    if 0 < probability < Fraction(1, 100):
        return gettext("under %(share)s", share=percent(Fraction(1, 100)))
    return percent(probability)


def rate(fraction: Fraction) -> str:
    """A commission rate: "13 %", "12,5 %"; at most two decimals, and only those it has."""
    rounded = Fraction(round_to_minor_unit(abs(fraction) * 10_000), 100)
    return f"{MINUS if fraction < 0 else ''}{_with_percent_sign(_plain(rounded, 2))}"


def pay_rate(fraction: Fraction, measure: str, currency: str) -> str:
    """What a tier pays: a percentage of money, or an amount for each deal or unit ("500 kr.")."""
    if measure in COUNT_MEASURES:
        return money(round_to_minor_unit(fraction * COUNT_SCALE), currency)
    return rate(fraction)


def measured(amount_minor: int, measure: str, currency: str, decimals: int | None = None) -> str:
    """An attainment in its measure's unit: "160.000 kr.", "12 deals"."""
    if measure not in COUNT_MEASURES:
        return money(amount_minor, currency, decimals)
    if measure == OBJECTIVE:
        return percent(Fraction(amount_minor, FULL_SCORE), 2)
    text = count(Fraction(amount_minor, COUNT_SCALE))
    number = 1 if amount_minor == COUNT_SCALE else 2
    if measure == "deals":
        return ngettext("%(count)s deal", "%(count)s deals", number, count=text)
    if measure == PRESENCE:
        return ngettext("%(count)s due day", "%(count)s due days", number, count=text)
    return ngettext("%(count)s unit", "%(count)s units", number, count=text)


def count(number: Fraction | int) -> str:
    """A number of things: "1.250", "2,5"."""
    return f"{MINUS if number < 0 else ''}{_plain(abs(Fraction(number)), 2)}"


def factor(fraction: Fraction) -> str:
    """A multiplier: "×1,5"."""
    return f"×{_plain(fraction, 4)}"


def exchange_rate(quoted: str) -> str:
    """A rate as it was quoted, with all its decimals: "7,4605"."""
    return _plain(Fraction(quoted), len(quoted.partition(".")[2]))


def day(on: date, today: date | None = None) -> str:
    """A date: "22. nov."; with the year when it is not this one's (or when no day is given to compare with)."""
    skeleton = "MMMd" if today is not None and on.year == today.year else "yMMMd"
    return _unbroken(format_skeleton(skeleton, on, locale=babel_locale()))


def clock_time(moment: datetime, zone: ZoneInfo, with_seconds: bool = False) -> str:
    """The time on the company's wall clock: "14:03". A day has 24 hours in all our languages."""
    return moment.astimezone(zone).strftime("%H:%M:%S" if with_seconds else "%H:%M")


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The time when it was today, else the date."""
    on, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    return clock_time(at, zone) if on == today else day(on, today)


def duration(length: timedelta) -> str:
    """How long something took, in its largest unit: "3 sek.", "2 timer"."""
    return _unbroken(format_timedelta(length, threshold=1, format="short", locale=babel_locale()))


def lasting(length: timedelta) -> str:
    """How long something has lasted, never more than it has: in whole hours, from two days on in whole days."""
    hours = length // timedelta(hours=1)
    if hours < DAYS_FROM_HOURS:  # live.js goes on counting in the same way
        return gettext("%(count)s h", count=hours)
    return gettext("%(count)s days", count=hours // 24)


def period_name(period: Period) -> str:
    """A window by name: "Q4 2026", "4. kvartal 2026", "november 2026", "2026"."""
    if period.kind is PeriodKind.YEAR:
        return period.key
    if period.kind is PeriodKind.MONTH:
        return format_skeleton("yMMMM", period.starts_on, locale=babel_locale())
    year, _, quarter = period.key.partition("-Q")
    return gettext("Q%(quarter)s %(year)s", quarter=quarter, year=year)


def month_name(month: str) -> str:
    """A payroll month by name: "november 2026"."""
    return period_name(period_named(month))


def sentence(text: str) -> str:
    """A text with a full stop, but never with two: "kr." ends in one already."""
    return text if text.endswith(".") else f"{text}."


def install(environment: Environment, zone: ZoneInfo) -> None:
    """Give templates the filters of the same names; `zone` is the company's."""
    filters: dict[str, Callable[..., Any]] = {
        function.__name__: function
        for function in (
            money, amount, signed, signed_money, money_parts, percent, rate, pay_rate, measured,
            count, factor, day, duration, period_name, month_name, exact_money, exact_amount,
            exact_signed_money, lasting,
        )
    }  # fmt: skip
    filters["clock_time"] = partial(clock_time, zone=zone)
    filters["moment"] = partial(moment, zone=zone)
    environment.filters.update(filters)


def _change_sign(amount_minor: int) -> str:
    if not amount_minor:
        return ""
    return ("+" if amount_minor > 0 else MINUS) + NO_BREAK_SPACE


def _around(currency: str) -> tuple[str, str]:
    """What stands before and after an amount in this currency."""
    locale = babel_locale()
    symbol = get_currency_symbol(currency, locale=locale)
    if locale.currency_formats["standard"].pattern.startswith("¤"):
        return symbol + (NO_BREAK_SPACE if symbol[-1].isalpha() else ""), ""
    return "", NO_BREAK_SPACE + symbol


def _grouped(whole: int) -> str:
    return format_decimal(whole, format="#,##0", locale=babel_locale())


def _plain(number: Fraction, decimals_max: int) -> str:
    """A number that is not negative, with the decimals it has, up to a limit."""
    scaled = round_to_minor_unit(number * 10**decimals_max)
    whole, fraction = divmod(scaled, 10**decimals_max)
    decimals = f"{fraction:0{decimals_max}}".rstrip("0") if fraction else ""
    mark = babel_locale().number_symbols["latn"]["decimal"]
    return _grouped(whole) + (f"{mark}{decimals}" if decimals else "")


def _with_percent_sign(number: str) -> str:
    pattern: str = babel_locale().percent_formats[None].pattern
    return pattern.replace("#,##0", number)


def _unbroken(text: str) -> str:
    return text.replace(" ", NO_BREAK_SPACE)
