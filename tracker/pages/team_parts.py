"""What a rep is paid as a member of teams: the team's progress and the rep's own part, and why.

Whoever gets a part may read the team's result, the pool it makes, the own weight in it and the own part. What
colleagues get is not told; where only two share a pool it is not told either, since the rest of it is the other's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tracker.engine.agreement.ladder_terms import quota_minor_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, PlanVersion
from tracker.engine.agreement.teams import Sharing
from tracker.engine.crediting.credits import component_key_of
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.pools import Pool, pool_of
from tracker.engine.earning.standing import Standing
from tracker.engine.earning.totals import TotalKey
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.formatting import measured, money, period_name, rate
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Row, Section, Sheet
from tracker.pages.standings import payee_standing
from tracker.pages.why_sheets import earned_sections
from tracker.store import people, plans, standing_reads, totals
from tracker.store.database import Connection


@dataclass(frozen=True, slots=True)
class TeamPart:
    """A member's part of what a component of a team earned in its running window, in minor units of `currency`.

    `key` is the team's own; `goal_ratio` its attainment of its quota, None without one.
    """

    key: TotalKey
    name: str
    team_name: str
    currency: str
    earned_minor: int
    goal_ratio: Fraction | None

    @property
    def address(self) -> str:
        return f"/me/teams/{self.key.payee_id}/{self.key.component_key}"


def team_parts(connection: Connection, payee_id: int, today: date) -> tuple[TeamPart, ...]:
    """The running components of the teams a payee belongs to today, whether they have paid yet or not."""
    book = plans.load_plan_book(connection, [payee_id])
    found = list(_running(payee_id, book, today))
    own = {key: TotalKey(payee_id, key.component_key, key.window_key) for key, _of, _by in found}
    earned = standing_reads.earned_of(connection, set(own.values()))
    return tuple(
        TeamPart(
            key=key,
            name=component.name or component.key,
            team_name=_name(connection, key.payee_id),
            currency=version.plan.currency,
            earned_minor=earned.get(own[key], 0),
            goal_ratio=_goal_ratio(connection, key, book),
        )
        for key, version, component in found
    )


def why_team_part(
    connection: Connection,
    payee_id: int,
    team_payee_id: int,
    component_key: str,
    calendar: CompanyCalendar,
    now: datetime,
) -> Sheet | None:
    """Why a member gets what they get of a team's figure; None for who does not belong to it."""
    book = plans.load_plan_book(connection, [payee_id])
    keys = [key for key, *_rest in _running(payee_id, book, calendar.day_of(now))]
    of_team = [one for one in keys if one.payee_id == team_payee_id]
    key = next((one for one in of_team if one.component_key == component_key), None)
    if key is None:
        return None
    team = payee_standing(connection, team_payee_id, calendar, now)
    standing = next(one for one in team.standings if one.component_key == component_key)
    total = totals.window_total(connection, key, book)
    pool = pool_of(total, earned_by_period(total, book), book)
    own = standing_reads.earned_of(
        connection, [TotalKey(payee_id, key.component_key, key.window_key)]
    )
    earned_minor = sum(own.values())
    tells_pool = pool is not None and pool.is_told
    sections = [_progress(standing)]
    if tells_pool:
        sections += earned_sections(connection, standing, book)
    sections.append(_own_part(pool, payee_id, earned_minor, standing, tells_pool))
    return Sheet(
        title=standing.component_name,
        figure=money(earned_minor, standing.currency),
        tone="gain" if earned_minor > 0 else "",
        remark=f"{period_name(standing.window)} · {team.payee.name}",
        sections=tuple(sections),
        notes=(_note(pool, tells_pool),),
    )


def _running(
    payee_id: int, book: PlanBook, today: date
) -> Iterator[tuple[TotalKey, PlanVersion, Component]]:
    """The shared components of the teams a payee belongs to, in the window of today."""
    for team in book.teams.teams_of(payee_id):
        if not book.teams.weight_on(team, payee_id, today):
            continue
        for version in book.versions_for(team, today):
            window = version.plan.window_of(today)
            for component in version.plan.components:
                if component.shared is not None:
                    key = TotalKey(team, component_key_of(version, component), window.key)
                    yield key, version, component


def _goal_ratio(connection: Connection, key: TotalKey, book: PlanBook) -> Fraction | None:
    quota_minor = quota_minor_of(book, key)
    if not quota_minor:
        return None
    return Fraction(totals.window_total(connection, key, book).attainment_minor, quota_minor)


def _name(connection: Connection, payee_id: int) -> str:
    payee = people.payee(connection, payee_id)
    return payee.name if payee else ""


def _progress(standing: Standing) -> Section:
    """What the team sold, against its quota where it has one."""
    sold = measured(standing.attainment_minor, standing.measure, standing.currency)
    rows = [Row(_("The team has sold"), sold)]
    if standing.quota_minor:
        goal = measured(standing.quota_minor, standing.measure, standing.currency)
        rows.append(Row(_("Of its goal"), goal))
    return Section(_("The team"), tuple(rows))


def _own_part(
    pool: Pool | None, payee_id: int, earned_minor: int, standing: Standing, tells_pool: bool
) -> Section:
    rows: list[Row] = []
    if pool is not None and tells_pool:
        of_it = _("of %(amount)s", amount=money(pool.earned_minor, standing.currency))
        share = rate(pool.share_of(payee_id))
        rows.append(Row(_("Your weight, by your days in the team"), share, of_it))
    total = Row(_("Your part"), money(earned_minor, standing.currency))
    return Section(_("What you get of it"), tuple(rows), total)


def _note(pool: Pool | None, tells_pool: bool) -> str:
    if pool is None:
        return _("Nothing has been sold yet. Your part follows by itself, deal by deal.")
    if pool.sharing is Sharing.EACH:
        return _("Every member is paid what the team reaches, for the days they belong to it.")
    if not tells_pool:
        return _("Only two share this pool, so how large it is would tell what the other is paid.")
    return _("The pool is shared by weights and days. What colleagues get of it is theirs to tell.")
