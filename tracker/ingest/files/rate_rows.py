"""Rows of a file of exchange rates -> what a currency is worth in another from a day on."""

from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.plan_files.plan_exchange import QUOTED
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import FIRST_DAY
from tracker.ingest.fields import Fields
from tracker.ingest.files.mapping import Kind, RowFields, Values
from tracker.ingest.values import shown

RATES = Kind(
    name="rates",
    fields=frozenset({"currency", "into", "day", "rate"}),
    needed=("currency", "into", "day", "rate"),
    dates=frozenset({"day"}),
    numbers=frozenset({"rate"}),
)


def rate_row(values: Values) -> ExchangeRate:
    """The rate of a row. Raises BadInput with every problem."""
    problems: list[Problem] = []
    fields = RowFields(values, problems)
    currency, into = _currency(fields, "currency"), _currency(fields, "into")
    if currency and currency == into:
        fields.complain("into", f"{into} is worth itself.", "Name another currency.")
    day = fields.day("day", FIRST_DAY, _LAST_DAY, required=True)
    quoted = _quoted(fields)
    if problems or day is None:
        raise BadInput(problems)
    return ExchangeRate(currency, into, day, quoted)


_LAST_DAY = FIRST_DAY.replace(year=2199)


def _currency(fields: Fields, name: str) -> str:
    currency = fields.text(name, required=True)
    if currency and currency not in MINOR_DIGITS:
        known = ", ".join(sorted(MINOR_DIGITS))
        fields.complain(name, f"“{shown(currency)}” is not known.", f"Known are {known}.")
    return currency


def _quoted(fields: Fields) -> str:
    quoted = fields.text("rate", required=True)
    if quoted and (not QUOTED.fullmatch(quoted) or not quoted.strip("0.")):
        what = f"“{shown(quoted)}” is not how much one unit is worth."
        fields.complain("rate", what, "Write a number above zero, such as 7.4605.")
    return quoted
