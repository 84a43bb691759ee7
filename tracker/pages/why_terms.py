"""The quota a payee climbs by and how it came about, and what was agreed with them instead of the plan."""

from collections.abc import Iterator

from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Axis, Component, PersonalException
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.agreement.quotas import GivenQuota, QuotaStretch, WindowQuota
from tracker.engine.earning.standing import Standing
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import period_named
from tracker.pages.formatting import day, factor, measured, money, percent, period_name, rate
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Row, Section
from tracker.store import plans
from tracker.store.database import Connection


def terms_sections(connection: Connection, standing: Standing, book: PlanBook) -> list[Section]:
    """The sections of a ladder's terms; none where there is nothing to say."""
    key = TotalKey(standing.payee_id, standing.component_key, standing.window.key)
    terms = LadderTerms(key, book)
    version = book.version_on(terms.plan_key, terms.window.ends_on)
    component = version.plan.component(terms.own_key) if version else None
    quota = terms.quota(version) if version else None
    if component is None:
        return []
    sections = []
    if quota is not None and component.needs_quota and quota.amount_minor is not None:
        sections.append(_quota_section(connection, standing, quota, book))
    if agreed := [_agreed_row(one, component, standing) for one in _agreed(key, terms)]:
        sections.append(Section(_("Agreed with you"), tuple(agreed)))
    return sections


# --- the quota


def _quota_section(
    connection: Connection, standing: Standing, quota: WindowQuota, book: PlanBook
) -> Section:
    plan_key = standing.component_key.rpartition("/")[0]
    year_start = book.year_starts_in_month(plan_key)
    rows: list[Row] = []
    for number, stretch in enumerate(quota.changes):
        since = day(stretch.starts_on) if number else ""
        rows += _given_rows(connection, standing, stretch, quota, year_start, since)
    if quota.ramp != 1:
        rows.append(Row(_("While you are new on the plan"), percent(quota.ramp)))
    if quota.held_share != 1:
        held = _("%(days)s of %(all)s", days=quota.days_count, all=quota.window_days_count)
        rows.append(Row(_("Days on the plan"), held))
    if len(quota.changes) > 1:
        rows.append(Row(_on_change_words(quota.rules.on_change), "", tone="mute"))
    if len(rows) > 1:
        rows.append(Row(_("Your quota"), _quota_words(quota.amount_minor, standing), tone="gain"))
    return Section(_("Your quota"), tuple(rows))


def _given_rows(
    connection: Connection,
    standing: Standing,
    stretch: QuotaStretch,
    quota: WindowQuota,
    year_starts_in_month: int,
    since: str,
) -> Iterator[Row]:
    given = stretch.given
    note = _("from %(day)s", day=since) if since else ""
    if given is None:
        yield Row(_("No quota was set"), "", note=note)
        return
    said = _who_said(connection, given)
    note = " · ".join(word for word in (note, said) if word)
    minor = given.amount_minor if given.year_minor is None else given.year_minor
    label = _given_words(given, standing, year_starts_in_month)
    yield Row(label, _quota_words(minor, standing), note=note)
    if given.year_minor is not None:
        part = _quota_words(given.amount_minor, standing)
        yield Row(_("Its part by the season"), part, note=percent(quota.season, digits=1))


def _given_words(given: GivenQuota, standing: Standing, year_starts_in_month: int) -> str:
    if given.fact is None or not given.fact.period_key:
        return _("Set for every window")
    period = period_named(given.fact.period_key, year_starts_in_month)
    return _("Set for %(period)s", period=period_name(period))


def _who_said(connection: Connection, given: GivenQuota) -> str:
    """Why a quota was set, and by whom."""
    if given.fact is None:
        return ""
    return " · ".join(word for word in plans.quota_origin(connection, given.fact.fact_id) if word)


def _quota_words(amount_minor: int | None, standing: Standing) -> str:
    return measured(amount_minor or 0, standing.measure, standing.currency)


def _on_change_words(on_change: OnQuotaChange) -> str:
    return {
        OnQuotaChange.RETRO: _("The last quota counts for the whole window"),
        OnQuotaChange.PRORATE: _("Each quota counts for its days"),
        OnQuotaChange.CONTINUE: _("Each quota counts for what is sold while it holds"),
        OnQuotaChange.RESTART: _("With each quota the climb starts again"),
    }[on_change]


# --- what was agreed


def _agreed(key: TotalKey, terms: LadderTerms) -> list[PersonalException]:
    return [
        one
        for one in terms.book.exceptions_of(key.payee_id)
        if one.component_key == key.component_key
        and (one.starts_on is None or one.starts_on <= terms.window.ends_on)
        and (one.ends_on is None or terms.window.starts_on <= one.ends_on)
    ]


def _agreed_row(exception: PersonalException, component: Component, standing: Standing) -> Row:
    days = []
    if exception.starts_on is not None:
        days.append(_("from %(day)s", day=day(exception.starts_on)))
    if exception.ends_on is not None:
        days.append(_("until %(day)s", day=day(exception.ends_on)))
    said = [" ".join(days), exception.reason, exception.author]
    label = ", ".join(_agreed_words(exception, component, standing))
    return Row(label, "", note=" · ".join(word for word in said if word))


def _agreed_words(
    exception: PersonalException, component: Component, standing: Standing
) -> Iterator[str]:
    if exception.tiers:
        yield _("steps of your own")
    if exception.rate_factor is not None:
        yield _("all rates %(factor)s", factor=factor(exception.rate_factor))
    if exception.add_rate is not None:
        yield _("%(rate)s more on all rates", rate=rate(exception.add_rate))
    if exception.cap_payout_minor is not None:
        most = money(exception.cap_payout_minor, standing.currency)
        yield _("at most %(amount)s in a window", amount=most)
    if exception.cap_at is not None:
        bound = (
            percent(exception.cap_at)
            if component.tiers_on is Axis.QUOTA
            else measured(int(exception.cap_at), standing.measure, standing.currency)
        )
        yield _("nothing more above %(bound)s", bound=bound)
    if exception.deal_cap_minor is not None:
        most = measured(exception.deal_cap_minor, standing.measure, standing.currency)
        yield _("at most %(amount)s of one deal counts", amount=most)
    lifted = {
        "cap_payout": _("no limit on what a window pays"),
        "cap_at": _("no limit on how far you climb"),
        "deal_cap": _("no limit on one deal"),
    }
    yield from (words for cap, words in lifted.items() if cap in exception.lifts)
