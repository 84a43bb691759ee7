"""A whole plan as a text people read: sentences, the steps of each ladder, and examples the engine worked out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tracker.engine.agreement.deal_terms import Judged
from tracker.engine.agreement.plans import COUNT_MEASURES, Component, Plan
from tracker.engine.plan_trials.plan_outline import (
    ComponentOutline,
    Outline,
    Rung,
    Topic,
    outline_of,
)
from tracker.engine.plan_trials.plan_worked import MARGIN_OF_SALE, Worked, WorkedKind
from tracker.pages.component_sentences import COMPONENT_SENTENCES
from tracker.pages.formatting import MINUS, count, measured, money, percent, period_name, rate
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.measure_words import measure_name, short_measure_name
from tracker.pages.plan_phrases import conditions, on_axis, paid
from tracker.pages.plan_sentences import PLAN_SENTENCES

STEPS_AFTER = (Topic.LADDER, Topic.CURVE, Topic.YEARS)


@dataclass(frozen=True, slots=True)
class RowText:
    """A line of a list: what it is about, the figure, and how it comes about."""

    label: str
    figure: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class ExamplesText:
    """Some examples under one heading, with a sentence of what they take for granted."""

    heading: str
    rows: tuple[RowText, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class SectionText:
    """One component: sentences, the steps they lead up to, further sentences, and examples."""

    key: str
    heading: str
    opening: tuple[str, ...]
    steps: tuple[RowText, ...]
    further: tuple[str, ...]
    examples: tuple[ExamplesText, ...]


@dataclass(frozen=True, slots=True)
class PlanText:
    """The whole plan in the reader's words."""

    name: str
    opening: tuple[str, ...]
    examples: tuple[ExamplesText, ...]
    sections: tuple[SectionText, ...]


def plan_text(plan: Plan, quotas: Mapping[str, int] | None = None) -> PlanText:
    """A plan in the language spoken now, with examples at these quotas (by component), the file's, or made-up ones."""
    outline = outline_of(plan, quotas or {})
    opening = (
        _ended(sentence)
        for topic in outline.topics
        for sentence in PLAN_SENTENCES[topic](outline.plan)
    )
    examples = (*_draw_examples(outline), *_own_examples(plan))
    sections = tuple(_section(component, plan) for component in outline.components)
    return PlanText(plan.name, tuple(opening), examples, sections)


def _section(outline: ComponentOutline, plan: Plan) -> SectionText:
    component, currency = outline.component, plan.currency
    places = [outline.topics.index(topic) for topic in STEPS_AFTER if topic in outline.topics]
    cut = places[0] + 1 if places else len(outline.topics)

    def sentences(topics: Iterable[Topic]) -> tuple[str, ...]:
        return tuple(
            _ended(sentence)
            for topic in topics
            for sentence in COMPONENT_SENTENCES[topic](component, currency)
        )

    return SectionText(
        component.key,
        component.name or component.key,
        sentences(outline.topics[:cut]),
        tuple(_steps(outline, currency)),
        sentences(outline.topics[cut:]),
        tuple(_examples(outline, currency)),
    )


def _ended(text: str) -> str:
    """With one full stop, also after "kr."."""
    return f"{text.rstrip('.')}." if text.endswith("..") else text


# --- steps -----------------------------------------------------------------------------------------------------------


def _steps(outline: ComponentOutline, currency: str) -> Iterator[RowText]:
    component = outline.component
    for point in component.curve:
        reached = _("%(share)s of the quota", share=percent(point.at))
        yield RowText(reached, _("%(share)s of it", share=percent(point.pays)))
    if component.years:
        yield from _year_steps(component)
    elif len(outline.rungs) > 1:
        for rung in outline.rungs:
            yield RowText(_stretch(component, rung, currency), paid(component, rung.tier, currency))


def _year_steps(component: Component) -> Iterator[RowText]:
    last = len(component.years)
    for number, paid_rate in enumerate(component.years, start=1):
        year = count(number)
        label = _("year %(number)s", number=year)
        if number == last:
            label = _("from year %(number)s on", number=year)
        yield RowText(label, rate(paid_rate))


def _stretch(component: Component, rung: Rung, currency: str) -> str:
    start = on_axis(component, rung.starts_at, currency)
    if rung.tier.up_to is None:
        return _("above %(start)s", start=start)
    end = on_axis(component, rung.tier.up_to, currency)
    if rung.number == 1:
        return _("up to %(end)s", end=end)
    return _("from %(start)s to %(end)s", start=start, end=end)


# --- examples --------------------------------------------------------------------------------------------------------


def _examples(outline: ComponentOutline, currency: str) -> Iterator[ExamplesText]:
    words = _Examples(outline, currency)
    for kind, heading in words.headings().items():
        found = [worked for worked in outline.worked if worked.kind is kind]
        rows = tuple(words.row(worked) for worked in found)
        if any(worked.earned_minor for worked in found):
            yield ExamplesText(heading, rows, words.note() if kind is WorkedKind.SOLD else "")


class _Examples:
    def __init__(self, outline: ComponentOutline, currency: str) -> None:
        self._outline, self._component, self._currency = outline, outline.component, currency

    def headings(self) -> dict[WorkedKind, str]:
        quota = self._outline.quota_minor
        with_quota = _("With a quota of %(quota)s", quota=self._sold(quota or 0))
        return {
            WorkedKind.SOLD: with_quota if quota else _("For example"),
            WorkedKind.ONE_DEAL: _("What one deal more is worth"),
            WorkedKind.CROSSING: _("The deal that takes you to the next step"),
            WorkedKind.MULTIPLIED: _("What a multiplier is worth"),
            WorkedKind.LEAVING: _("When a customer leaves"),
            WorkedKind.YEAR: _("What one deal pays over the years"),
        }

    def note(self) -> str:
        """What the examples take for granted of a second measure."""
        component = self._component
        second = component.pays_on
        if second in (None, component.measure) or component.measure in COUNT_MEASURES:
            return ""
        if second in COUNT_MEASURES:
            return ""
        return _(
            "Here %(share)s of what is sold is %(measure)s.",
            share=percent(MARGIN_OF_SALE),
            measure=measure_name(second or ""),
        )

    def row(self, worked: Worked) -> RowText:
        return {
            WorkedKind.SOLD: self._sold_row,
            WorkedKind.ONE_DEAL: self._one_deal,
            WorkedKind.CROSSING: self._crossing,
            WorkedKind.MULTIPLIED: self._multiplied,
            WorkedKind.LEAVING: self._leaving,
            WorkedKind.YEAR: self._year,
        }[worked.kind](worked)

    def _sold_row(self, worked: Worked) -> RowText:
        parts = [self._money(part) for part in worked.parts_minor if part]
        how = " + ".join(parts).replace(f"+ {MINUS}", f"{MINUS} ") if len(parts) > 1 else ""
        return RowText(self._so_much(worked), self._money(worked.earned_minor), how)

    def _so_much(self, worked: Worked) -> str:
        sold, measure = self._sold(worked.sold_minor), self._component.measure
        if self._component.judged is Judged.EACH:
            return _("a deal of %(size)s", size=sold)
        if measure in COUNT_MEASURES:
            return sold
        if measure == "revenue":
            return _("%(sold)s sold", sold=sold)
        return _("%(amount)s in %(measure)s", amount=sold, measure=short_measure_name(measure))

    def _one_deal(self, worked: Worked) -> RowText:
        if self._component.curve:
            return self._crossing(worked)
        size, number = self._sold(worked.sold_minor), count(worked.number)
        label = _("%(size)s more on step %(number)s", size=size, number=number)
        return RowText(label, self._money(worked.earned_minor))

    def _crossing(self, worked: Worked) -> RowText:
        label = _(
            "%(size)s more when you have sold %(before)s",
            size=self._sold(worked.sold_minor),
            before=self._sold(worked.before_minor),
        )
        return RowText(label, self._money(worked.earned_minor))

    def _multiplied(self, worked: Worked) -> RowText:
        multiplier = self._component.multipliers[worked.number - 1]
        name = multiplier.label or conditions(multiplier.where)
        label = _("%(size)s sold, %(name)s", size=self._sold(worked.sold_minor), name=name)
        how = _("instead of %(amount)s", amount=self._money(worked.before_minor))
        return RowText(label, self._money(worked.earned_minor), how)

    def _leaving(self, worked: Worked) -> RowText:
        after = ngettext(
            "after %(count)s month, of a deal of %(size)s",
            "after %(count)s months, of a deal of %(size)s",
            worked.number,
            count=count(worked.number),
            size=self._sold(worked.sold_minor),
        )
        how = _("of %(amount)s", amount=self._money(worked.before_minor))
        return RowText(after, self._money(-worked.earned_minor), how)

    def _year(self, worked: Worked) -> RowText:
        size, number = self._sold(worked.sold_minor), count(worked.number)
        label = _("%(size)s a year, in year %(number)s", size=size, number=number)
        return RowText(label, self._money(worked.earned_minor))

    def _sold(self, amount_minor: int) -> str:
        return measured(amount_minor, self._component.measure, self._currency)

    def _money(self, amount_minor: int) -> str:
        return money(amount_minor, self._currency)


def _draw_examples(outline: Outline) -> Iterator[ExamplesText]:
    if not outline.draw:
        return
    currency = outline.plan.currency
    rows = []
    for settled in outline.draw:
        earned, owed, paid_out = (
            money(minor, currency)
            for minor in (settled.earned_minor, settled.debt_minor, settled.paid_minor)
        )
        name = period_name(settled.period)
        label = _("%(period)s, %(amount)s earned", period=name, amount=earned)
        how = _("%(amount)s owed after it", amount=owed) if settled.debt_minor else ""
        rows.append(RowText(label, _("%(amount)s paid", amount=paid_out), how))
    yield ExamplesText(_("How that works"), tuple(rows))


def _own_examples(plan: Plan) -> Iterator[ExamplesText]:
    """The examples its author wrote, which have come out before the plan pays anybody."""
    rows = []
    for number, example in enumerate(plan.examples, start=1):
        component = plan.component(example.component_key)
        name = example.name or _("Example %(number)s", number=count(number))
        if example.sold_minor is not None and component is not None:
            sold = measured(example.sold_minor, component.measure, plan.currency)
            name = f"{name}: " + _("%(sold)s sold", sold=sold)
        rows.append(RowText(name, money(example.earned_minor, plan.currency)))
    if rows:
        yield ExamplesText(_("Examples of whoever wrote the plan"), tuple(rows))
