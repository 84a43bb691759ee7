"""The company's plans: what each says, its versions, and who is on it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow, trials
from tracker.access import Principal
from tracker.engine.agreement.plans import Assignment, Plan
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.pages import context
from tracker.pages.authors import name_finder, own_email
from tracker.pages.i18n import gettext as _
from tracker.pages.plan_picture import PlanPicture, period_words, pictures_of
from tracker.pages.plan_text import PlanText, plan_text
from tracker.pages.plan_watch import PlanWatch, plan_watch
from tracker.pages.staircase import Staircase
from tracker.store import drafts, people, plans
from tracker.store.drafts import Draft
from tracker.store.people import Payee
from tracker.store.plans import StoredPlanVersion
from tracker.store.types import Connection
from tracker.trials import PilotFigures

blueprint = Blueprint("plans", __name__, url_prefix="/plans")


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan on the list. `pictures` are empty where the reader may not see what it pays."""

    key: str
    name: str
    period: str
    since: date
    is_ahead: bool
    versions_count: int
    people_count: int
    pictures: tuple[PlanPicture, ...]


@dataclass(frozen=True, slots=True)
class DraftCard:
    """A draft on the list: how far it has come, and who wrote it last."""

    draft: Draft
    name: str
    state: str
    tone: str
    by: str


@dataclass(frozen=True, slots=True)
class PlansPage:
    cards: tuple[PlanCard, ...]
    drafts: tuple[DraftCard, ...]
    is_admin: bool
    shows_terms: bool
    now: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version and when it counts. `state` is past, now or ahead."""

    version: StoredPlanVersion
    until: date | None
    state: str
    by: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody on the plan. `ends_on` None: until further notice."""

    payee: Payee
    team_name: str
    starts_on: date
    ends_on: date | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class PilotOfPlan:
    """A draft of the plan that is being tried: both figures of those whose pay the reader may see."""

    name: str
    draft_id: int
    rows: tuple[tuple[str, PilotFigures], ...]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One plan. What it pays is empty where the reader may not see it."""

    key: str
    name: str
    period: str
    text: PlanText | None
    stairs: Mapping[str, Staircase]
    watch: PlanWatch | None
    pilots: tuple[PilotOfPlan, ...]
    source_toml: str
    versions: tuple[VersionRow, ...]
    people: tuple[PersonRow, ...]
    others: tuple[Payee, ...]
    drafts: tuple[DraftCard, ...]
    is_admin: bool
    shows_terms: bool
    today: date
    now: datetime
    problem: str = ""
    notice: str = ""


# --- pages -----------------------------------------------------------------------------------------------------------


@blueprint.get("")
def page() -> str:
    """Every plan whose people the reader looks after; for an administrator every plan and draft."""
    principal = _require_reader()
    today = _today()
    with context.database().read() as connection:
        by_key = _versions_by_key(connection)
        cards = [
            _card(connection, key, versions, principal, today)
            for key, versions in by_key.items()
            if _is_open(connection, principal, key)
        ]
        found = list(_draft_cards(connection)) if access.may_administer(principal) else []
    problems = {
        "key": _("A key is made of small letters, digits, _ and -, such as ae-smb."),
    }
    view = PlansPage(
        cards=tuple(cards),
        drafts=tuple(found),
        is_admin=access.may_administer(principal),
        shows_terms=access.may_see_plan_terms(principal),
        now=clock.now(),
        problem=problems.get(request.args.get("problem", ""), ""),
    )
    return context.render("plans/page.html", page=view)


@blueprint.get("/<key>")
def plan(key: str) -> str:
    notices = {"assigned": _("On the plan."), "ended": _("The last day is set.")}
    return _plan_page(key, notice=notices.get(request.args.get("done", ""), ""))


@blueprint.post("/<key>/people")
def assign(key: str) -> Response:
    """Put people on the plan from a day on."""
    _require_plan_of_admin(key)
    payee_ids = request.form.getlist("payee_id", type=int)
    starts_on, ends_on = _day("starts_on"), _day("ends_on")
    if not payee_ids or starts_on is None:
        return _refused(key, _("Choose at least one person, and the first day."))
    return _change(key, "assigned", payee_ids, starts_on, ends_on)


@blueprint.post("/<key>/people/end")
def end(key: str) -> Response:
    """Set somebody's last day on the plan."""
    _require_plan_of_admin(key)
    payee_id = request.form.get("payee_id", type=int)
    starts_on, ends_on = _day("starts_on"), _day("ends_on")
    if payee_id is None or starts_on is None or ends_on is None:
        return _refused(key, _("Choose the last day."))
    return _change(key, "ended", [payee_id], starts_on, ends_on)


# --- behind them -----------------------------------------------------------------------------------------------------


def _require_reader() -> Principal:
    principal = context.principal()
    context.require_function(access.may_open_plans(principal))
    return principal


def _require_plan_of_admin(key: str) -> None:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        context.require(bool(plans.plan_versions(connection, key)))


def _today() -> date:
    return clock.today(context.settings().company_zone)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


def _versions_by_key(connection: Connection) -> dict[str, list[StoredPlanVersion]]:
    by_key: dict[str, list[StoredPlanVersion]] = {}
    for version in plans.plan_versions(connection):
        by_key.setdefault(version.plan_key, []).append(version)
    return by_key


def _is_open(connection: Connection, principal: Principal, key: str) -> bool:
    teams = people.team_ids_of(connection, plans.payees_on(connection, key))
    return access.may_see_plan(principal, set(teams.values()))


def _current(versions: Sequence[StoredPlanVersion], today: date) -> StoredPlanVersion:
    """The version that counts today; before the first, that one."""
    begun = [version for version in versions if version.effective_from <= today]
    return begun[-1] if begun else versions[0]


def _card(
    connection: Connection,
    key: str,
    versions: Sequence[StoredPlanVersion],
    principal: Principal,
    today: date,
) -> PlanCard:
    current = _current(versions, today)
    parsed = parse_plan(current.source_toml)
    shows_terms = access.may_see_plan_terms(principal)
    rows = _people(connection, key, principal, today)
    return PlanCard(
        key=key,
        name=current.name,
        period=period_words(parsed),
        since=current.effective_from,
        is_ahead=current.effective_from > today,
        versions_count=len(versions),
        people_count=sum(not row.is_over for row in rows),
        pictures=pictures_of(parsed, key, is_small=True)[:1] if shows_terms else (),
    )


def _people(connection: Connection, key: str, principal: Principal, today: date) -> list[PersonRow]:
    """Those on the plan whom the reader looks after, by name; who has left it comes last."""
    payees = {payee.id: payee for payee in people.payees(connection)}
    teams = {team.id: team.name for team in people.teams(connection)}
    rows = [
        _person(payees[one.payee_id], teams, one, today)
        for one in plans.assignments(connection)
        if one.plan_key == key and access.may_see_deals(principal, payees[one.payee_id])
    ]
    return sorted(rows, key=lambda row: (row.is_over, row.payee.name, row.starts_on))


def _person(payee: Payee, teams: dict[int, str], of: Assignment, today: date) -> PersonRow:
    is_over = of.ends_on is not None and of.ends_on < today
    team_name = teams.get(payee.team_id or 0, "")
    return PersonRow(payee, team_name, of.starts_on, of.ends_on, is_over)


def _draft_cards(connection: Connection, key: str = "") -> Iterable[DraftCard]:
    """The drafts under way, the newest first; of one plan, or of all."""
    name_of = name_finder(connection)
    for draft in drafts.drafts(connection):
        if draft.end is None and key in ("", draft.plan_key, draft.replaces_key):
            yield _draft_card(draft, name_of)


def _draft_card(draft: Draft, name_of: Callable[[str], str]) -> DraftCard:
    try:
        name = parse_plan(draft.text.source_toml).name
    except ValueError:
        name = draft.plan_key
    state, tone = _("draft"), "waiting"
    if draft.done("checked"):
        state, tone = _("checked"), "backed"
    if draft.done("simulated"):
        state, tone = _("simulated"), "backed"
    if draft.piloting():
        state, tone = _("pilot"), "gain"
    return DraftCard(draft, name, state, tone, name_of(draft.text.recorded_by))


def _plan_page(key: str, problem: str = "", notice: str = "") -> str:
    principal, today = _require_reader(), _today()
    with context.database().read() as connection:
        versions = plans.plan_versions(connection, key)
        context.require(bool(versions) and _is_open(connection, principal, key))
        view = _view(connection, key, versions, principal, today, problem, notice)
    return context.render("plans/plan.html", page=view)


def _view(
    connection: Connection,
    key: str,
    versions: Sequence[StoredPlanVersion],
    principal: Principal,
    today: date,
    problem: str,
    notice: str,
) -> PlanPage:
    current = _current(versions, today)
    parsed: Plan = parse_plan(current.source_toml)
    rows = _people(connection, key, principal, today)
    is_admin, shows_terms = access.may_administer(principal), access.may_see_plan_terms(principal)
    on_plan = {row.payee.id for row in rows if not row.is_over}
    others = [
        payee
        for payee in people.payees(connection)
        if payee.is_active and payee.kind == "rep" and payee.id not in on_plan
    ]
    return PlanPage(
        key=key,
        name=current.name,
        period=period_words(parsed),
        text=plan_text(parsed) if shows_terms else None,
        stairs={one.key: one.stairs for one in pictures_of(parsed, key) if one.stairs},
        watch=plan_watch(trials.watched(connection, key, on_plan, today), today),
        pilots=tuple(_pilots(connection, key, principal)),
        source_toml=current.source_toml if shows_terms else "",
        versions=tuple(_version_rows(connection, versions, current)),
        people=tuple(rows),
        others=tuple(others) if is_admin else (),
        drafts=tuple(_draft_cards(connection, key)) if is_admin else (),
        is_admin=is_admin,
        shows_terms=shows_terms,
        today=today,
        now=clock.now(),
        problem=problem,
        notice=notice,
    )


def _pilots(connection: Connection, key: str, principal: Principal) -> Iterator[PilotOfPlan]:
    """The pilots of the plan's drafts, with those people whose pay is open to the reader."""
    payees = {payee.id: payee for payee in people.payees(connection)}
    for draft in drafts.drafts(connection):
        if draft.end is not None or key not in (draft.plan_key, draft.replaces_key):
            continue
        rows = tuple(
            (payees[one.pilot.payee_id].name, one)
            for one in trials.pilot_figures(connection, draft)
            if access.may_see_pay(principal, payees[one.pilot.payee_id])
        )
        if rows:
            yield PilotOfPlan(parse_plan(draft.text.source_toml).name, draft.id, rows)


def _version_rows(
    connection: Connection, versions: Sequence[StoredPlanVersion], current: StoredPlanVersion
) -> Iterable[VersionRow]:
    """The versions, the newest first, each until the next one begins."""
    name_of = name_finder(connection)
    following: StoredPlanVersion | None = None
    for version in reversed(versions):
        is_later = version.effective_from > current.effective_from
        state = "now" if version is current else "ahead" if is_later else "past"
        until = following.effective_from if following else None
        yield VersionRow(version, until, state, name_of(version.recorded_by))
        following = version


def _change(
    key: str, done: str, payee_ids: Sequence[int], starts_on: date, ends_on: date | None
) -> Response:
    """Change who is on the plan; where it clashes, the page says why."""
    with context.database().read() as connection:
        by = own_email(connection)
        payees = [people.payee(connection, one) or context.not_found() for one in payee_ids]
        clashing = [
            payee.name
            for payee in payees
            if plans.why_not(connection, Assignment(payee.id, key, starts_on, ends_on))
        ]
    if clashing:
        return _refused(key, _clash_words(clashing), 409)
    for payee in payees:
        flow.assign_plan(context.database(), payee.id, key, starts_on, ends_on, by, clock.now())
    return make_response(redirect(url_for("plans.plan", key=key, done=done), code=303))


def _clash_words(names: Sequence[str]) -> str:
    return _(
        "Not for %(names)s: on this plan in these days already, or on one in another currency, or the last "
        "day comes before the first. Nobody was changed.",
        names=", ".join(names),
    )


def _refused(key: str, problem: str, status: int = 400) -> Response:
    return make_response(_plan_page(key, problem=problem), status)
