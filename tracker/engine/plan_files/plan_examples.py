"""The examples in a plan file: what its author says that some sales earn."""

from collections.abc import Sequence
from fractions import Fraction

from tracker.engine.agreement.plans import COUNT_MEASURES, MONEY_MEASURES, Component
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS, TableReader, shown
from tracker.engine.plan_trials.example_sales import Example, Sale

EXAMPLE_KEYS = ("name", "component", "quota", "sold", "deal", "deals", "until", "earned")
SALE_KEYS = (
    "amount",
    *sorted(MONEY_MEASURES - {"revenue"}),
    "units",
    "effective_on",
    "ended_on",
    "role",
    "share",
    "evidence",
)
"""As in a file of deals; any other key is a property for `where`."""

EXAMPLE = '{ sold = "2500000", earned = "220000" }'
EXAMPLE_SALE = '{ amount = "500000", product = "Nova" }'


def read_examples(
    plan: TableReader, components: Sequence[Component], currency_digits: int
) -> tuple[Example, ...]:
    """The examples of a plan; every problem with them noted."""
    read = (
        _read_example(table, components, currency_digits)
        for table in plan.tables("examples", EXAMPLE)
    )
    return tuple(example for example in read if example is not None)


def _read_example(
    table: TableReader, components: Sequence[Component], digits: int
) -> Example | None:
    table.refuse_unknown(EXAMPLE_KEYS)
    table.require("earned", 'earned = "220000"')
    component = _component_of(table, components)
    units = COUNT_DIGITS if component and component.measure in COUNT_MEASURES else digits
    sold_minor = table.amount_minor("sold", units, '"2500000"')
    _check_what_is_sold(table, component)
    like = table.table("deal", EXAMPLE_SALE)
    sales = [_read_sale(sale, digits) for sale in table.tables("deals", EXAMPLE_SALE)]
    if like is not None:
        sales.append(_read_sale(like, digits))
    earned_minor = table.amount_minor("earned", digits, '"220000"')
    if earned_minor is None or (sold_minor is None and not sales):
        return None
    return Example(
        name=table.word("name", '"A good quarter"'),
        component_key=component.key if component else "",
        quota_minor=table.positive_amount_minor("quota", units, '"1000000"'),
        sold_minor=sold_minor,
        sales=tuple(sales),
        earned_minor=earned_minor,
        until=table.day("until"),
        path=table.path,
    )


def _component_of(table: TableReader, components: Sequence[Component]) -> Component | None:
    """The component an example is about: the one it names, or the only one; None for the whole plan."""
    if not table.has("component"):
        return components[0] if len(components) == 1 else None
    named = table.word("component", '"new_business"')
    found = next((component for component in components if component.key == named), None)
    if found is None:
        known = ", ".join(component.key for component in components)
        table.problem("component", f"{shown(named)} is no component.", f"There are: {known}.")
    return found


def _check_what_is_sold(table: TableReader, component: Component | None) -> None:
    if table.has("sold") == table.has("deals"):
        what = "an example says what is sold, once: as a sum or as deals."
        table.problem("", what, 'Write sold = "2500000", or deals = [ { amount = "500000" } ].')
    if table.has("sold") and component is None and not table.has("component"):
        what = "of which component so much is sold is not said."
        table.problem("sold", what, 'Add component = "new_business", or write deals.')
    if table.has("deal") and not table.has("sold"):
        what = "deal says what the deals of sold are like, and there is no sold."
        table.problem("deal", what, "Write each deal under deals.")


def _read_sale(table: TableReader, digits: int) -> Sale:
    measures = {}
    for name in ("amount", *sorted(MONEY_MEASURES - {"revenue"}), "units"):
        amount_minor = table.amount_minor(
            name, COUNT_DIGITS if name == "units" else digits, '"500000"'
        )
        if amount_minor is not None:
            measures["revenue" if name == "amount" else name] = amount_minor
    return Sale(
        measures=measures,
        properties={
            name: table.word(name, '"Nova"') for name in table.values if name not in SALE_KEYS
        },
        effective_on=table.day("effective_on"),
        ended_on=table.day("ended_on"),
        role=table.word("role", '"SDR"'),
        share=table.percentage("share", '"60%"') or Fraction(1),
        evidence=frozenset(table.words("evidence", '["icp_match"]'))
        if table.has("evidence")
        else None,
    )
