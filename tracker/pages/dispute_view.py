"""A dispute as it is read, by the rep and by whoever decides: what is doubted, what was said, then and now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.engine.claims.disputes import Act, Side, State, possible_acts
from tracker.engine.deals import Deal, DealStatus
from tracker.errors import NotFound
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.deal_rows import evidence_words
from tracker.pages.doubts import (
    DEAL,
    FIGURE,
    MISSING,
    STATEMENT,
    claim_from_json,
    claim_section,
    kept_sheet,
    statement_sheet,
)
from tracker.pages.formatting import day, money, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Section, Sheet
from tracker.pages.standings import payee_standing
from tracker.pages.why_deal import why_deal
from tracker.pages.why_sheets import why_earned
from tracker.store import deals, payroll, people
from tracker.store.deal_snapshot import deal_from_json
from tracker.store.deals import CORRECTION_SOURCE, StoredDeal
from tracker.store.disputes import Dispute, Entry
from tracker.store.people import Payee
from tracker.store.types import Connection

RECENT = timedelta(days=7)

STATE_TONES = {
    State.OPEN: "waiting",
    State.ANSWERED: "answered",
    State.CORRECTED: "gain",
    State.DECLINED: "loss",
    State.WITHDRAWN: "mute",
}


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute in a list."""

    id: int
    title: str
    about: str
    payee_name: str
    state: State
    state_words: str
    tone: str
    last_words: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One act: who did what, in which words. `is_reps`: the rep did it."""

    name: str
    is_reps: bool
    did: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact of the deal when it was doubted, and as it is now."""

    label: str
    then: str
    now: str

    @property
    def is_changed(self) -> bool:
        return self.then != self.now


@dataclass(frozen=True, slots=True)
class DisputeView:
    """Everything on the page of a dispute. Sheets are None where there is nothing to show or the reader may not.

    `is_overtaken`: the source has said something else since the deal was corrected.
    """

    row: DisputeRow
    payee: Payee
    deal_key: str | None
    line: str
    claim: Section | None
    entries: tuple[EntryRow, ...]
    then: Sheet | None
    then_locale: str
    now: Sheet | None
    is_as_then: bool
    facts: tuple[FactRow, ...]
    shows_pay: bool
    is_overtaken: bool
    acts: frozenset[Act]
    read_count: int
    shown_at: datetime

    def can(self, act: str) -> bool:
        return Act(act) in self.acts


# --- lists


def dispute_rows(found: Iterable[Dispute], names: Mapping[int, str]) -> tuple[DisputeRow, ...]:
    return tuple(dispute_row(one, names.get(one.doubt.payee_id, "")) for one in found)


def dispute_row(dispute: Dispute, payee_name: str) -> DisputeRow:
    return DisputeRow(
        id=dispute.id,
        title=dispute.doubt.title,
        about=_about_words(dispute.doubt.about),
        payee_name=payee_name,
        state=dispute.state,
        state_words=state_words(dispute.state),
        tone=STATE_TONES[dispute.state],
        last_words=dispute.entries[-1].words,
        changed_at=dispute.changed_at,
    )


def state_words(state: State) -> str:
    return {
        State.OPEN: _("waiting for an answer"),
        State.ANSWERED: _("answered"),
        State.CORRECTED: _("corrected"),
        State.DECLINED: _("declined"),
        State.WITHDRAWN: _("withdrawn"),
    }[state]


def _about_words(about: str) -> str:
    return {
        DEAL: _("a deal"),
        FIGURE: _("a figure"),
        STATEMENT: _("a statement"),
        MISSING: _("a missing deal"),
    }.get(about, about)


def latest_words(found: Iterable[Dispute], now: datetime) -> str:
    """How a rep's disputes stand, in a few words: those that go on, and those that ended within the last days."""
    recent: list[State] = [
        one.state
        for one in found
        if one.state in (State.OPEN, State.ANSWERED)
        or (one.state is not State.WITHDRAWN and now - one.changed_at < RECENT)
    ]
    counted = ((state, recent.count(state)) for state in STATE_TONES)
    return " · ".join(f"{number} {state_words(state)}" for state, number in counted if number)


# --- one


def dispute_view(
    connection: Connection,
    dispute: Dispute,
    side: Side,
    shows_pay: bool,
    calendar: CompanyCalendar,
    now: datetime,
) -> DisputeView:
    """The page of a dispute for one side of it."""
    doubt = dispute.doubt
    payee = people.payee(connection, doubt.payee_id)
    if payee is None:
        raise NotFound("There is no such payee.")
    stored = deals.stored_deal(connection, doubt.deal_key) if doubt.deal_key else None
    kept = kept_sheet(doubt) if shows_pay else None
    sheet_now = _sheet_now(connection, dispute, payee, stored, calendar) if shows_pay else None
    facts = _facts(dispute, payee, stored)
    return DisputeView(
        row=dispute_row(dispute, payee.name),
        payee=payee,
        deal_key=doubt.deal_key,
        line=doubt.line if shows_pay else "",
        claim=claim_section(claim_from_json(doubt.claim)) if doubt.about == MISSING else None,
        entries=_entries(connection, dispute, payee),
        then=kept[1] if kept else None,
        then_locale=kept[0] if kept else "",
        now=sheet_now,
        is_as_then=kept is not None and kept[1] == sheet_now,
        facts=tuple(fact for fact in facts if fact.is_changed or side is Side.DECIDER),
        shows_pay=shows_pay,
        is_overtaken=_is_overtaken(connection, dispute),
        acts=possible_acts(dispute.state, side),
        read_count=len(dispute.entries),
        shown_at=now,
    )


def _sheet_now(
    connection: Connection,
    dispute: Dispute,
    payee: Payee,
    stored: StoredDeal | None,
    calendar: CompanyCalendar,
) -> Sheet | None:
    """The explanation of the same thing as it is today; that of a figure is of the window it was doubted in."""
    if stored is not None and payee.id in deals.payee_ids_of(stored.deal):
        return why_deal(connection, payee, stored)
    if dispute.doubt.statement_id is not None:
        frozen = payroll.statement(connection, dispute.doubt.statement_id)
        return statement_sheet(connection, frozen) if frozen else None
    if dispute.doubt.about != FIGURE:
        return None
    standing = payee_standing(connection, payee.id, calendar, dispute.raised_at)
    key = dispute.doubt.component_key or ""
    if not standing.standings or (
        key and key not in {one.component_key for one in standing.standings}
    ):
        return None
    return why_earned(connection, standing, key)


def _is_overtaken(connection: Connection, dispute: Dispute) -> bool:
    """Whether a source has spoken since the last correction, so that the correction counts no more."""
    event_ids = dispute.correcting_event_ids
    if not event_ids:
        return False
    corrected = deals.event_by_id(connection, event_ids[-1])
    stored = deals.stored_deal(connection, corrected.deal.key)
    if stored is None:
        return False
    return deals.event_by_id(connection, stored.event_id).source != CORRECTION_SOURCE


# --- what was said


def _entries(connection: Connection, dispute: Dispute, payee: Payee) -> tuple[EntryRow, ...]:
    names = {}
    for email in {entry.by for entry in dispute.entries}:
        person = people.person_by_email(connection, email)
        names[email] = person.name if person else email
    return tuple(_entry(entry, names[entry.by]) for entry in dispute.entries)


def _entry(entry: Entry, name: str) -> EntryRow:
    did = {
        Act.RAISE: _("raised it"),
        Act.REPLY: _("replied"),
        Act.WITHDRAW: _("withdrew it"),
        Act.REOPEN: _("opened it again"),
        Act.ANSWER: _("answered"),
        Act.CORRECT: _("corrected the deal"),
        Act.DECLINE: _("declined it"),
    }[entry.act]
    is_reps = entry.act in (Act.RAISE, Act.REPLY, Act.WITHDRAW, Act.REOPEN)
    return EntryRow(name, is_reps, did, entry.words, entry.at)


# --- the deal, then and now


def _facts(dispute: Dispute, payee: Payee, stored: StoredDeal | None) -> tuple[FactRow, ...]:
    """What the deal was when it was doubted beside what it is: no pay is in it."""
    if dispute.doubt.deal_snapshot is None:
        return ()
    then = _facts_of(deal_from_json(dispute.doubt.deal_snapshot), payee)
    now = _facts_of(stored.deal, payee) if stored else {}
    labels: Sequence[str] = list(dict.fromkeys([*then, *now]))
    rows = (FactRow(label, then.get(label, "–"), now.get(label, "–")) for label in labels)
    return tuple(row for row in rows if row.then or row.now)


def _facts_of(deal: Deal, payee: Payee) -> dict[str, str]:
    shares = [share for share in deal.credit_shares if share.payee_id == payee.id]
    share_words = ", ".join(
        " ".join(filter(None, (percent(share.share, 2), share.role))) for share in shares
    )
    measures = {
        name.upper() if name != "margin" else _("Margin"): money(amount, deal.currency)
        for name, amount in sorted(deal.measures.items())
        if name != "units"
    }
    known = {"product": _("Product"), "segment": _("Segment"), "kind": _("Kind")}
    properties = {known.get(name, name): word for name, word in sorted(deal.properties.items())}
    return {
        _("Amount"): money(deal.amount_minor, deal.currency),
        _("Status"): _status_words(deal.status),
        _("Counts from"): day(deal.effective_on),
        _("Share of the rep"): share_words or _("none"),
        **measures,
        **properties,
        _("Evidence"): evidence_words(sorted(deal.evidence)) or _("none"),
    }


def _status_words(status: DealStatus) -> str:
    return {
        DealStatus.OPEN: _("open"),
        DealStatus.WON: _("won"),
        DealStatus.LOST: _("lost"),
        DealStatus.CANCELLED: _("cancelled"),
    }[status]
