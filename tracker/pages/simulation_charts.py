"""The charts of a simulation: cost, break-even, winners and losers, attainment, pay."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from tracker.engine.plan_trials.break_even import LEVEL_ONE
from tracker.engine.plan_trials.distributions import (
    ATTAINMENT_BINS,
    PAY_BINS_MAX,
    histogram,
    quantiles,
    round_bins,
)
from tracker.engine.plan_trials.simulation import EXPECTED, Outcome, Scenario, Simulation
from tracker.pages.charts import (
    BASE,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Chart,
    Dot,
    Group,
    Line,
    Rect,
    Table,
    Text,
    grouped_bars,
    points,
    short_amount,
    thinned,
)
from tracker.pages.formatting import money, percent, sentence, signed_money
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.simulation_words import (
    break_even_sentence,
    break_even_words,
    level_words,
    share_words,
)

PERCENTS = (10, 25, 50, 75, 90)
MIDDLE = (TOP + BASE) / 2


def charts_of(simulation: Simulation, names: Mapping[int, str]) -> list[Chart]:
    """Cost, break-even, winners and losers, attainment and pay; those there is something to show of."""
    charts = [_cost_chart(simulation)]
    if simulation.is_compared:
        charts.append(_break_even_chart(simulation))
    if simulation.is_compared and simulation.outcomes:
        charts.append(_winners_chart(simulation, names))
    if any(found.ratio is not None for found in simulation.attainments):
        charts.append(_attainment_chart(simulation))
    if simulation.outcomes:
        charts.append(_pay_chart(simulation))
    return charts


def _legend(simulation: Simulation) -> tuple[tuple[str, str], ...]:
    if not simulation.is_compared:
        return ()
    return (("new", _("the new plan")), ("old", _("the plan until now")))


def _cost_chart(simulation: Simulation) -> Chart:
    ordered = sorted(simulation.scenarios, key=lambda one: one.level)
    currency = simulation.currency
    groups = []
    for one in ordered:
        new = (one.new_minor, short_amount(one.new_minor, currency), "new")
        old = (one.old_minor or 0, short_amount(one.old_minor or 0, currency), "old")
        groups.append(
            Group(_level_name(one.level), (old, new) if simulation.is_compared else (new,))
        )
    rects, texts = grouped_bars(groups)
    return Chart(
        key="cost",
        title=_("What it costs"),
        words=_cost_words(ordered, currency),
        table=Table(
            (_("Sales"), _("Sold"), _("New plan"), _("Until now"), _("Of sales")),
            tuple(
                (
                    level_words(one.level),
                    money(one.sales_minor, currency, decimals=0),
                    money(one.new_minor, currency),
                    "–" if one.old_minor is None else money(one.old_minor, currency),
                    share_words(one.new_minor, one.sales_minor),
                )
                for one in ordered
            ),
        ),
        rects=tuple(rects),
        texts=tuple(texts),
        legend=_legend(simulation),
    )


def _level_name(level: int) -> str:
    if level == EXPECTED:
        return _("as it was sold")
    change = Fraction(level - LEVEL_ONE, LEVEL_ONE)
    return _("%(change)s sales", change=("+" if change > 0 else "") + percent(change))


def _cost_words(ordered: Sequence[Scenario], currency: str) -> str:
    return " ".join(
        sentence(
            _(
                "%(level)s of the sales cost %(new)s",
                level=level_words(one.level),
                new=money(one.new_minor, currency, decimals=0),
            )
        )
        for one in ordered
    )


def _break_even_chart(simulation: Simulation) -> Chart:
    """How much more or less the new plan costs at each sales level; where the line meets zero both cost the same."""
    curve, currency = simulation.curve, simulation.currency
    places = _difference_places(curve)
    lines = [
        Line(points([(LEFT, MIDDLE), (WIDTH - RIGHT, MIDDLE)]), "axis"),
        Line(points(places.values()), "new"),
    ]
    texts = [
        Text(places[one.level][0], BASE + 19, level_words(one.level))
        for one in curve
        if one.level % 100 == 0
    ]
    texts += [
        Text(WIDTH - RIGHT, TOP - 10, _("the new plan costs more"), "axis", "end"),
        Text(WIDTH - RIGHT, BASE - 8, _("the new plan costs less"), "axis", "end"),
    ]
    dots: list[Dot] = []
    level = simulation.break_even.level
    if level is not None and level in places:
        x, y = places[level]
        dots.append(Dot(x, y, "even"))
        texts.append(Text(x, y - 16, level_words(level), "value"))
    return Chart(
        key="break-even",
        title=_("Where both cost the same"),
        words=_("The new plan %(words)s.", words=break_even_sentence(simulation.break_even)),
        table=Table(
            (_("Sales"), _("New plan"), _("Until now"), _("Difference")),
            tuple(
                (
                    level_words(one.level),
                    money(one.new_minor, currency),
                    money(one.old_minor or 0, currency),
                    signed_money(one.new_minor - (one.old_minor or 0), currency),
                )
                for one in curve
            ),
        ),
        lines=tuple(lines),
        dots=tuple(dots),
        texts=thinned(texts),
    )


def _difference_places(curve: Sequence[Scenario]) -> dict[int, tuple[float, float]]:
    """Where each sales level lies: from left to right, above the middle what costs more."""
    differences = {one.level: one.new_minor - (one.old_minor or 0) for one in curve}
    highest = max(abs(minor) for minor in differences.values()) or 1
    first, last = curve[0].level, curve[-1].level
    return {
        level: (
            LEFT + 18 + (WIDTH - LEFT - RIGHT - 36) * (level - first) / max(1, last - first),
            MIDDLE - (MIDDLE - TOP - 8) * minor / highest,
        )
        for level, minor in differences.items()
    }


def _winners_chart(simulation: Simulation, names: Mapping[int, str]) -> Chart:
    currency, rows = simulation.currency, simulation.outcomes
    highest = max((abs(row.difference_minor) for row in rows), default=0) or 1
    place = (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    rects = [
        Rect(
            LEFT + index * place + place * 0.12,
            MIDDLE - max(0.0, height) - (0.75 if not height else 0),
            max(1.0, place * 0.76),
            max(1.5, abs(height)),
            "gain" if row.difference_minor > 0 else "loss" if row.difference_minor < 0 else "level",
        )
        for index, row in enumerate(rows)
        for height in [(MIDDLE - TOP) * row.difference_minor / highest]
    ]
    winners = [row for row in rows if row.difference_minor > 0]
    losers = [row for row in rows if row.difference_minor < 0]
    return Chart(
        key="winners",
        title=_("Who wins, who loses"),
        words=_(
            "Of %(all)s people %(winners)s would have got more (%(gained)s in all), %(losers)s less (%(lost)s).",
            all=len(rows),
            winners=len(winners),
            losers=len(losers),
            gained=money(sum(row.difference_minor for row in winners), currency, decimals=0),
            lost=money(-sum(row.difference_minor for row in losers), currency, decimals=0),
        ),
        table=Table(
            (_("Rep"), _("New plan"), _("Until now"), _("Difference"), _("Level for them")),
            tuple(
                (
                    _name(row, names),
                    money(row.new_minor, currency),
                    money(row.old_minor, currency),
                    signed_money(row.difference_minor, currency),
                    break_even_words(row.break_even),
                )
                for row in rows
            ),
        ),
        rects=tuple(rects),
        lines=(Line(points([(LEFT, MIDDLE), (WIDTH - RIGHT, MIDDLE)]), "axis"),),
        texts=tuple(_winner_and_loser(rows, names, currency)),
        legend=(("gain", _("would have got more")), ("loss", _("would have got less"))),
    )


def _winner_and_loser(
    rows: Sequence[Outcome], names: Mapping[int, str], currency: str
) -> Iterator[Text]:
    """Who is at either end of the bars, and by how much."""
    for row, x, anchor in ((rows[0], LEFT, "start"), (rows[-1], WIDTH - RIGHT, "end")):
        told = signed_money(row.difference_minor, currency, decimals=0)
        y = TOP - 8 if anchor == "start" else BASE + 19
        yield Text(x, y, f"{_name(row, names)}: {told}", "value", anchor)


def _name(outcome: Outcome, names: Mapping[int, str]) -> str:
    return names.get(outcome.payee_id, str(outcome.payee_id))


def _attainment_chart(simulation: Simulation) -> Chart:
    reached = [
        int(found.ratio * 100) for found in simulation.attainments if found.ratio is not None
    ]
    return attainment_chart(reached, _("How far people climb"))


def attainment_chart(reached: Sequence[int], title: str, key: str = "attainment") -> Chart:
    """How many windows ended at which share of the quota, whole percents; the quota itself is marked."""
    counts = histogram(reached, ATTAINMENT_BINS)
    groups = [
        Group("", ((count, "", "new" if ATTAINMENT_BINS.lower(index) >= 100 else "below"),))
        for index, count in enumerate(counts)
    ]
    rects, _texts = grouped_bars(groups, gap_share=0.14)
    place = (WIDTH - LEFT - RIGHT) / len(counts)
    quota_x = LEFT + 10 * place
    axis = [
        Text(
            LEFT + at / 10 * place,
            BASE + 19,
            percent(Fraction(at, 100)),
            anchor="middle" if at else "start",
        )
        for at in (0, 50, 100, 150)
    ]
    axis.append(Text(WIDTH - RIGHT, BASE + 19, _("200 %% and more"), anchor="end"))
    at_quota = sum(one >= 100 for one in reached)
    found = quantiles(reached, PERCENTS)
    return Chart(
        key=key,
        title=title,
        words=_attainment_words(len(reached), at_quota, found),
        table=_quantile_table(found, lambda one: percent(Fraction(one, 100))),
        rects=tuple(rects),
        lines=(Line(points([(quota_x, TOP - 14), (quota_x, BASE)]), "drop"),),
        texts=(Text(quota_x + 6, TOP - 4, _("quota"), "value", "start"), *axis),
        legend=(("new", _("at quota or above")), ("below", _("below"))),
    )


def _attainment_words(count: int, at_quota: int, found: Mapping[int, int]) -> str:
    if not count:
        return _("Nobody has a quota here.")
    return _(
        "%(share)s of %(count)s reach the quota; half end at %(median)s or below.",
        share=percent(Fraction(at_quota, count)),
        count=count,
        median=percent(Fraction(found[50], 100)),
    )


def _quantile_table(found: Mapping[int, int], words: Callable[[int], str]) -> Table:
    return Table(
        (_("Share of all"), _("at most")),
        tuple((percent(Fraction(one, 100)), words(figure)) for one, figure in found.items()),
    )


def _pay_chart(simulation: Simulation) -> Chart:
    currency = simulation.currency
    new = [outcome.new_minor for outcome in simulation.outcomes]
    old = [outcome.old_minor for outcome in simulation.outcomes] if simulation.is_compared else []
    bins = round_bins([*new, *old], PAY_BINS_MAX)
    of_new, of_old = histogram(new, bins), histogram(old, bins)
    groups = []
    for index in range(bins.count):
        before = ((of_old[index], "", "old"),) if old else ()
        bars = (*before, (of_new[index], "", "new"))
        groups.append(Group(short_amount(bins.lower(index), currency), bars))
    rects, texts = grouped_bars(groups, gap_share=0.2)
    found = quantiles(new, PERCENTS)
    return Chart(
        key="pay",
        title=_("How pay is spread"),
        words=_pay_words(found, len(new), currency),
        table=Table(
            (_("Pay from"), _("New plan"), *((_("Until now"),) if old else ())),
            tuple(
                (
                    money(bins.lower(index), currency, decimals=0),
                    _people(of_new[index]),
                    *((_people(of_old[index]),) if old else ()),
                )
                for index in range(bins.count)
            ),
        ),
        rects=tuple(rects),
        texts=thinned(texts),
        legend=_legend(simulation),
    )


def _people(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count, count=count)


def _pay_words(found: Mapping[int, int], count: int, currency: str) -> str:
    low, median, high = (money(found[one], currency, decimals=0) for one in (10, 50, 90))
    said = _(
        "Of %(count)s people one in ten gets at most %(low)s, half at most %(median)s, nine in ten at most %(high)s",
        count=count,
        low=low,
        median=median,
        high=high,
    )
    return sentence(said)
