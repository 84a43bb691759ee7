"""Where the windows of payees end: the open deals and what speaks for them, fetched for the engine's projection.

None stands for a company whose sources tell of no open deals: then the pace is all there is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.ahead.projection import Exposure, Ladder, exposures_of
from tracker.engine.ahead.prospects import Decided, Prospect, StageBook, prospects_of, stage_key
from tracker.engine.deals import Deal
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import months_later
from tracker.pages.stage_odds import agreed_odds
from tracker.store import pipeline_reads
from tracker.store.database import Connection

DEALS_MAX = 40
"""So many open deals of one payee are looked at, the first expected first."""
HISTORY_DAYS = 365

Prospects = Mapping[int, Sequence[Prospect]]
"""By payee."""

_decided: dict[str, tuple[date, Mapping[str, Decided]]] = {}
"""How the deals of each stage ended, by database; counted once a day."""


def prospects_of_payees(
    connection: Connection, payee_ids: Collection[int], until: date, book: PlanBook, today: date
) -> Prospects | None:
    """The open deals that may pay each payee, own or of those led, by a day; None when no source tells of any."""
    if not pipeline_reads.has_open_deals(connection):
        return None
    sellers = {one: {one, *book.teams.sellers_for([one])} for one in payee_ids}
    known = pipeline_reads.open_deals_of(connection, set().union(*sellers.values()), until)
    found = {one: _first_deals(known[seller] for seller in of) for one, of in sellers.items()}
    stages = stage_book(connection, [deal for own in found.values() for deal in own], today)
    return {payee_id: prospects_of(own, book, today, stages) for payee_id, own in found.items()}


def _first_deals(of_sellers: Iterable[Sequence[Deal]]) -> list[Deal]:
    """The deals of several sellers, each once, the first to come first; of very many only those."""
    deals = {deal.key: deal for own in of_sellers for deal in own}
    in_time = sorted(deals.values(), key=lambda deal: (deal.effective_on, deal.key))
    return in_time[:DEALS_MAX]


def stage_book(connection: Connection, deals: Collection[Deal], today: date) -> StageBook:
    """What is known of stages; the past is only asked where a deal and the company say nothing."""
    agreed = agreed_odds(connection)
    unknown = {
        stage_key(deal.stage) for deal in deals if deal.probability is None and deal.stage
    } - agreed.keys()
    return StageBook(agreed, _past(connection, today) if unknown else {})


def _past(connection: Connection, today: date) -> Mapping[str, Decided]:
    name = str(connection.engine.url)
    counted_on, decided = _decided.get(name, (None, MappingProxyType({})))
    if counted_on != today:
        since = today - timedelta(days=HISTORY_DAYS)
        decided = pipeline_reads.decided_by_stage(connection, since)
        _decided[name] = today, decided
    return decided


def forget_past() -> None:
    """Count again how the deals of each stage ended when it is next asked."""
    _decided.clear()


def climbing(keys: Collection[TotalKey], prospects: Prospects, book: PlanBook) -> set[TotalKey]:
    """The totals whose open deals may count under a version that asks in which order."""
    versions: dict[TotalKey, set[int]] = {}
    for own in prospects.values():
        for credit in (credit for prospect in own for credit in prospect.credits):
            key = TotalKey(credit.payee_id, credit.component_key, credit.window_key)
            versions.setdefault(key, set()).add(credit.plan_version_id)
    return {key for key in keys if LadderTerms(key, book).need_days(versions.get(key, ()))}


def exposures(
    connection: Connection, ladders: Sequence[Ladder], book: PlanBook, today: date
) -> dict[TotalKey, tuple[Exposure, ...]]:
    """What can still be taken back from each of these ladders; nothing is read where no plan takes anything back."""
    months = {ladder.total.key: _clawback_months(ladder, book) for ladder in ladders}
    keys = [key for key, within in months.items() if within]
    if not keys:
        return {}
    since = months_later(today, -max(months.values()))
    behind = pipeline_reads.deals_behind(connection, keys, since)
    return {key: exposures_of(behind[key], key, book, today) for key in keys}


def _clawback_months(ladder: Ladder, book: PlanBook) -> int:
    """The longest that any version of a ladder can take something back; 0 where none does."""
    components = (
        book.version(version_id).plan.component(ladder.component.key)
        for version_id in ladder.total.version_ids
    )
    clawbacks = (one.clawback for one in components if one is not None)
    return max((one.within_months for one in clawbacks if one is not None), default=0)
