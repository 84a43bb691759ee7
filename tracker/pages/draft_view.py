"""A plan draft as it stands on its page: how far it has come, what was found, who tries it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker import simulating, trials
from tracker.engine.agreement.plans import Plan
from tracker.engine.periods import MONTHS_IN, Period
from tracker.engine.plan_files.plan_form import PlanForm, form_of
from tracker.pages.authors import name_finder
from tracker.pages.draft_check import Check, check_of
from tracker.pages.formatting import period_name
from tracker.pages.i18n import gettext as _
from tracker.pages.simulation_view import SimulationView, simulation_view
from tracker.simulating import Run
from tracker.store import people, plans
from tracker.store.drafts import Draft
from tracker.store.people import Payee
from tracker.store.types import Connection
from tracker.trials import PilotFigures


@dataclass(frozen=True, slots=True)
class Stage:
    """One of the steps of a draft. `state` is done, next or ahead; when and by whom, once done."""

    key: str
    title: str
    state: str
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class PilotSpan:
    """Whole windows of both plans a pilot can last."""

    starts_on: date
    ends_on: date
    name: str

    @property
    def value(self) -> str:
        return f"{self.starts_on}/{self.ends_on}"


@dataclass(frozen=True, slots=True)
class DraftPage:
    """Everything on the page of a draft. `form` is None where only the text can hold the plan."""

    draft: Draft
    title: str
    replaces: str
    stages: tuple[Stage, ...]
    source_toml: str
    form: PlanForm | None
    is_form_shown: bool
    check: Check
    simulation: SimulationView | None
    run: Run | None
    pilot: tuple[tuple[str, PilotFigures], ...]
    candidates: tuple[Payee, ...]
    spans: tuple[PilotSpan, ...]
    activates_on: date
    end_words: str
    now: datetime
    problem: str = ""
    notice: str = ""

    @property
    def is_open(self) -> bool:
        return self.draft.end is None

    def is_done(self, key: str) -> bool:
        return any(stage.key == key and stage.state == "done" for stage in self.stages)


def draft_page(
    connection: Connection,
    draft: Draft,
    shows: str,
    today: date,
    now: datetime,
    problem: str = "",
    notice: str = "",
    typed: str | None = None,
) -> DraftPage:
    """The page of a draft; `typed` is a text that was sent and not kept."""
    source_toml = draft.text.source_toml if typed is None else typed
    check = check_of(source_toml)
    form = form_of(source_toml)
    name_of = name_finder(connection)
    names = {payee.id: payee.name for payee in people.payees(connection)}
    simulated = draft.done("simulated")
    live = plans.newest_plan(connection, draft.replaces_key)
    figures = trials.pilot_figures(connection, draft)
    return DraftPage(
        draft=draft,
        title=check.plan.name if check.plan else draft.plan_key,
        replaces=live.name if live else "",
        stages=tuple(_stages(draft, name_of)),
        source_toml=source_toml,
        form=form,
        is_form_shown=form is not None and shows != "text",
        check=check,
        simulation=(
            simulation_view(simulated, names, name_of(simulated.recorded_by)) if simulated else None
        ),
        run=simulating.run_of(draft.id),
        pilot=tuple((names[one.pilot.payee_id], one) for one in figures),
        candidates=tuple(_candidates(connection, draft)),
        spans=tuple(_spans(check.plan, live, today)) if check.plan else (),
        activates_on=_next_window(check.plan or live, today),
        end_words=_end_words(draft),
        now=now,
        problem=problem,
        notice=notice,
    )


def _stages(draft: Draft, name_of: Callable[[str], str]) -> Iterator[Stage]:
    """Draft, checked, simulated, pilot (which may be left out), activated."""
    pilot = draft.piloting()[-1:]
    found = (
        ("draft", _("Draft"), draft.text),
        ("checked", _("Checked"), draft.done("checked")),
        ("simulated", _("Simulated"), draft.done("simulated")),
        ("pilot", _("Pilot"), pilot[0] if pilot else None),
        ("activated", _("Pays"), draft.done("activated")),
    )
    is_next_open = True
    for key, title, fact in found:
        if fact is not None:
            yield Stage(key, title, "done", fact.recorded_at, name_of(fact.recorded_by))
            continue
        yield Stage(key, title, "next" if is_next_open else "ahead")
        is_next_open = False


def _end_words(draft: Draft) -> str:
    if draft.end is None:
        return ""
    if draft.end.step == "activated":
        return _("This draft has become a version of its plan.")
    return _("This draft was put away.")


def _candidates(connection: Connection, draft: Draft) -> Sequence[Payee]:
    """Who can try a draft: the reps on the plan it replaces, or all."""
    on_plan = plans.payees_on(connection, draft.replaces_key) if draft.replaces_key else None
    return [
        payee
        for payee in people.payees(connection)
        if payee.kind == "rep" and payee.is_active and (on_plan is None or payee.id in on_plan)
    ]


def _spans(plan: Plan, live: Plan | None, today: date) -> Iterator[PilotSpan]:
    """This window, this and the next, the next, the next two: of the longer of both plans' windows."""
    longer = max((plan, live or plan), key=lambda one: MONTHS_IN[one.window])
    windows = [longer.window_of(today)]
    while len(windows) < 3:
        windows.append(longer.window_of(windows[-1].ends_on + timedelta(days=1)))
    for first, last in ((0, 0), (0, 1), (1, 1), (1, 2)):
        yield _span(windows[first], windows[last])


def _next_window(plan: Plan | None, today: date) -> date:
    """The usual first day of a new version: nobody's climb is changed on the way."""
    return today if plan is None else plan.window_of(today).ends_on + timedelta(days=1)


def _span(first: Period, last: Period) -> PilotSpan:
    name = period_name(first)
    if last != first:
        name = f"{name} – {period_name(last)}"
    return PilotSpan(first.starts_on, last.ends_on, name)
