"""A plan in plain words, for the command line: what counts, its tiers, what multiplies and what limits it."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from tracker.engine.money import minor_digits
from tracker.engine.plan_reader import COUNT_DIGITS
from tracker.engine.plans import (
    COUNT_MEASURES,
    Axis,
    Component,
    Draw,
    DrawKind,
    Mode,
    OnChange,
    Plan,
    Stacking,
    Tier,
    WeightPolicy,
)
from tracker.engine.teams import Sharing, Whose

MODE_WORDS = {
    Mode.MARGINAL: "each rate pays the part inside its tier",
    Mode.WHOLE: "the rate of the tier reached pays everything",
}
STACKING_WORDS = {
    Stacking.PRODUCT: "multiplied with each other",
    Stacking.SUM_OF_EXCESSES: "their excesses added",
    Stacking.HIGHEST: "only the highest counts",
}
WEIGHT_WORDS = {
    WeightPolicy.IN_ORDER: "each deal weighs in the tiers it fell into, in order of date",
    WeightPolicy.AVERAGE: "the average weight multiplies the whole climb",
    WeightPolicy.ON_CREDIT: "they count towards the tiers too",
}
CHANGE_WORDS = {
    OnChange.CONTINUE: "inside a running window the climb goes on at the new rates",
    OnChange.RESTART: "inside a running window the climb starts again at the foot",
    OnChange.RETRO: "the new tiers count for the whole running window",
}


def plan_in_words(plan: Plan) -> str:
    """The whole plan, a line for each thing it says."""
    digits = minor_digits(plan.currency)
    lines = [
        f"{plan.name}: pays in {plan.currency}",
        f"  Tiers are climbed within a {plan.window} and start again in the next; pay is settled by "
        f"{plan.settlement}.",
    ]
    if plan.year_starts_in_month != 1:
        lines.append(f"  The year starts in month {plan.year_starts_in_month}.")
    lines.append(f"  When this version takes over, {CHANGE_WORDS[plan.on_change]}.")
    if plan.draw is not None:
        lines += _draw_in_words(plan.draw, plan, digits)
    for component in plan.components:
        lines += ["", *(_Words(component, plan.currency, digits).lines())]
    return "\n".join(lines)


def _draw_in_words(draw: Draw, plan: Plan, digits: int) -> Iterator[str]:
    begins = f" from {draw.starts_on}" if draw.starts_on else ""
    ends = f" until {draw.ends_on}" if draw.ends_on else ""
    least = f"{amount_text(draw.amount_minor, digits)} {plan.currency}"
    yield f"  Each {plan.settlement}{begins}{ends} pays at least {least}."
    if draw.kind is DrawKind.NON_RECOVERABLE:
        yield "  What was not earned of it is not owed."
        return
    limit = draw.recovery_limit_minor
    at_most = "" if limit is None else f", at most {amount_text(limit, digits)} a {plan.settlement}"
    yield f"  What was not earned of it is taken from later pay above it{at_most}."
    if draw.forgives_at_end:
        yield "  What is still owed when the draw ends is forgiven."


SHARING_WORDS = {
    Sharing.BY_WEIGHT: "What the team earns is a pool, shared by its members' weights and days.",
    Sharing.EACH: "Every member is paid what the team earns, by weight and days.",
}


class _Words:
    def __init__(self, component: Component, currency: str, currency_digits: int) -> None:
        self.component = component
        self.currency = currency
        self.currency_digits = currency_digits

    def lines(self) -> Iterator[str]:
        component = self.component
        title = f" ({component.name})" if component.name else ""
        yield f"{component.key}{title}"
        counted = f"{component.measure}{self._paid_on()}{where_in_words(component.where)}"
        yield f"  Counts {counted.rstrip(',')}."
        if component.of is Whose.TEAM:
            yield "  For a team, its members' deals; for who leads teams, the deals of their members."
        if component.shared is not None:
            yield f"  {SHARING_WORDS[component.shared]}"
        if component.requires:
            yield f"  Held until there is evidence: {', '.join(component.requires)}."
        yield from self._curve() if component.curve else self._tiers()
        yield from self._multipliers()
        yield from self._limits()

    def _paid_on(self) -> str:
        paid_on = self.component.pays_on
        return f", and pays on {paid_on}," if paid_on else ""

    def _tiers(self) -> Iterator[str]:
        component = self.component
        axis = " in percent of the quota" if component.tiers_on is Axis.QUOTA else ""
        rule = f"; {MODE_WORDS[component.mode]}" if len(component.tiers) > 1 else ""
        yield f"  Tiers{axis}{rule}:"
        starts_at = "0"
        for number, tier in enumerate(component.tiers, start=1):
            stretch = f"above {starts_at}"
            if tier.up_to is not None:
                stretch = f"{starts_at} to {self._on_axis(tier.up_to)}"
                starts_at = self._on_axis(tier.up_to)
            yield f"    {number}. {stretch:<32} {self._pays(tier)}"
            if not tier.owns_bound:
                yield f"       exactly {starts_at} belongs to the next tier"

    def _pays(self, tier: Tier) -> str:
        component = self.component
        if tier.multiple is not None:
            pays = f"{number_text(tier.multiple)} times the target incentive per point of quota"
        elif (component.pays_on or component.measure) in COUNT_MEASURES:
            pays = f"{self._money(int(tier.rate * 10**COUNT_DIGITS))} each"
        else:
            pays = percent_text(tier.rate)
        bonus = f", and {self._money(tier.bonus_minor)} once" if tier.bonus_minor else ""
        return pays + bonus

    def _curve(self) -> Iterator[str]:
        yield "  A curve, straight between its points; in percent of the quota and of the target incentive:"
        for point in self.component.curve:
            yield f"    at {percent_text(point.at):<8} pays {percent_text(point.pays)}"

    def _multipliers(self) -> Iterator[str]:
        component = self.component
        for multiplier in component.multipliers:
            label = f"{multiplier.label}: " if multiplier.label else ""
            where = where_in_words(multiplier.where)
            yield f"  {label}{number_text(multiplier.factor)} times the worth{where}."
        if len(component.multipliers) > 1:
            limit = component.multiplier_limit
            bound = f"at most {number_text(limit)} times" if limit else "without a limit"
            yield f"  Several multipliers: {STACKING_WORDS[component.stacking]}, {bound}."
        if component.has_weights and component.mode is Mode.MARGINAL and len(component.tiers) > 1:
            yield f"  In the tiers, {WEIGHT_WORDS[component.weight_policy]}."

    def _limits(self) -> Iterator[str]:
        component = self.component
        if component.target_incentive_minor is not None:
            yield f"  Target incentive: {self._money(component.target_incentive_minor)}."
        if component.deal_cap_minor is not None:
            yield f"  One deal counts at most {self._on_axis_amount(component.deal_cap_minor)}."
        if component.cap_at is not None:
            yield f"  Nothing more is earned above {self._on_axis(component.cap_at)}."
        if component.cap_payout_minor is not None:
            yield f"  Pays at most {self._money(component.cap_payout_minor)} in a window."
        if component.quota_minor is not None:
            quota = self._on_axis_amount(component.quota_minor)
            yield f"  In a calculation without a database: quota {quota}, where a person has no other."

    def _on_axis(self, bound: Fraction) -> str:
        if self.component.tiers_on is Axis.QUOTA:
            return percent_text(bound)
        return self._on_axis_amount(int(bound))

    def _on_axis_amount(self, amount_minor: int) -> str:
        if self.component.measure in COUNT_MEASURES:
            return amount_text(amount_minor, COUNT_DIGITS).removesuffix(".00")
        return self._money(amount_minor)

    def _money(self, amount_minor: int) -> str:
        return f"{amount_text(amount_minor, self.currency_digits)} {self.currency}"


def where_in_words(where: Mapping[str, tuple[str, ...]]) -> str:
    """A filter as the end of a sentence; nothing when there is none."""
    if not where:
        return ""
    conditions = [f"{name} is {' or '.join(words)}" for name, words in where.items()]
    return f" of deals whose {' and '.join(conditions)}"


def amount_text(amount_minor: int, digits: int) -> str:
    """1234567 with two digits is "12,345.67"."""
    whole, part = divmod(amount_minor, 10**digits)
    return f"{whole:,}.{part:0{digits}}" if digits else f"{whole:,}"


def percent_text(share: Fraction) -> str:
    return f"{number_text(share * 100)}%"


def number_text(value: Fraction) -> str:
    """The decimals a number has, at most six."""
    millionths = (value * 2_000_000 + 1) // 2
    return amount_text(millionths, 6).rstrip("0").removesuffix(".")
