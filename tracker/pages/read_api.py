"""The API for programs that read: deals, statements and where people stand; and the description of the whole API.

Each asks for a key with the scope “read”. Amounts are whole minor units; counts (of deals or units) are hundredths.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from tracker import access, clock
from tracker.contract.document import api_document
from tracker.contract.routes import PAGE_DEALS_MAX
from tracker.engine.deals import CreditShare, NextStep
from tracker.engine.earning.standing import Standing
from tracker.errors import BadInput, NotAllowed, Problem
from tracker.ingest.bearer import principal_of_request
from tracker.ingest.deal_payload import DEAL_KEY_LENGTH_MAX
from tracker.ingest.fields import Fields
from tracker.ingest.values import MONTH
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.context import public
from tracker.pages.standings import PayeeStanding, standings_of
from tracker.store import api_reads, payroll, people
from tracker.store.deals import StoredDeal
from tracker.store.payroll import StoredStatement
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("read_api", __name__, url_prefix="/api/v1")


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """What the API promises; no figure in it."""
    return make_response(jsonify(api_document()))


@blueprint.get("/deals")
@public
def list_deals() -> Response:
    """The newest snapshots of deals in order of their keys, a page at a time."""
    _require_read_key()
    asked, problems = _asked()
    key = asked.text("key", length_max=DEAL_KEY_LENGTH_MAX)
    after = asked.text("after", length_max=DEAL_KEY_LENGTH_MAX)
    limit = _limit(asked)
    if problems:
        raise BadInput(problems)
    with context.database().read() as connection:
        found = api_reads.deals_after(connection, after, limit + 1, key or None)
        by_id = {payee.id: payee for payee in people.payees(connection)}
    shown = found[:limit]
    return _answer(
        {
            "deals": [_deal_json(stored, by_id) for stored in shown],
            "next_after": shown[-1].deal.key if len(found) > limit else None,
        }
    )


@blueprint.get("/statements")
@public
def list_statements() -> Response:
    """What the close of a month froze; nothing while it is open."""
    _require_read_key()
    asked, problems = _asked()
    month = asked.text("month", required=True)
    if month and not MONTH.fullmatch(month):
        asked.complain("month", "is no month.", "Write it as 2026-10.")
    if problems:
        raise BadInput(problems)
    with context.database().read() as connection:
        by_id = {payee.id: payee for payee in people.payees(connection)}
        found = payroll.statements_in_force(connection, month)
    return _answer({"month": month, "statements": [_statement_json(one, by_id) for one in found]})


@blueprint.get("/standings")
@public
def list_standings() -> Response:
    """Where every active rep stands now on each ladder of the running window."""
    _require_read_key()
    now = clock.now()
    calendar = company_calendar(context.settings())
    with context.database().read() as connection:
        reps = [one for one in people.payees(connection) if one.is_active and one.kind == "rep"]
        found = standings_of(connection, reps, calendar, now)
        teams = _team_names(connection)
    standings = [_payee_standing_json(one, teams) for one in found]
    return _answer({"as_of": now.isoformat(), "standings": standings})


# --- what is asked


def _require_read_key() -> None:
    if not access.may_read_figures(principal_of_request(request)):
        raise NotAllowed("This key may not read figures. Use one with the scope “read”.")


def _asked() -> tuple[Fields, list[Problem]]:
    problems: list[Problem] = []
    return Fields(request.args, "", problems), problems


def _limit(asked: Fields) -> int:
    limit = asked.version("limit")
    if limit is not None and not 1 <= limit <= PAGE_DEALS_MAX:
        asked.complain("limit", f"{limit} is out of range.", f"Write 1 to {PAGE_DEALS_MAX}.")
    return PAGE_DEALS_MAX if limit is None else limit


# --- what is answered


def _answer(body: dict[str, Any]) -> Response:
    return make_response(jsonify(body))


def _deal_json(stored: StoredDeal, by_id: dict[int, Payee]) -> dict[str, Any]:
    deal = stored.deal
    return {
        "key": deal.key,
        "name": deal.name,
        "status": deal.status.value,
        "effective_on": deal.effective_on.isoformat(),
        "ended_on": None if deal.ended_on is None else deal.ended_on.isoformat(),
        "currency": deal.currency,
        "amount_minor": deal.amount_minor,
        "measures": dict(deal.measures),
        "properties": dict(deal.properties),
        "credits": [_credit_json(share, by_id) for share in deal.credit_shares],
        "evidence": sorted(deal.evidence),
        "stage": deal.stage,
        "probability": None if deal.probability is None else str(deal.probability),
        "next_step": _next_step_json(deal.next_step),
        "changed_at": stored.changed_at.isoformat(),
    }


def _credit_json(share: CreditShare, by_id: dict[int, Payee]) -> dict[str, Any]:
    return {
        "rep": by_id[share.payee_id].reference,
        "share": str(share.share),
        "role": share.role,
        "overlay": share.is_overlay,
    }


def _next_step_json(step: NextStep | None) -> dict[str, Any] | None:
    if step is None:
        return None
    due_on = None if step.due_on is None else step.due_on.isoformat()
    return {"text": step.text, "owner": step.owner, "due_on": due_on}


def _statement_json(stored: StoredStatement, by_id: dict[int, Payee]) -> dict[str, Any]:
    payee = by_id[stored.payee_id]
    return {
        "id": stored.id,
        "reference": payee.reference,
        "name": payee.name,
        "currency": stored.currency,
        "version": stored.version,
        "paid_minor": stored.total_minor,
        "debt_minor": stored.debt_minor,
        "lines": stored.lines,
        "lines_sha256": stored.lines_hash,
    }


def _payee_standing_json(found: PayeeStanding, teams: dict[int, str]) -> dict[str, Any]:
    team_id = found.payee.team_id
    return {
        "reference": found.payee.reference,
        "name": found.payee.name,
        "team": None if team_id is None else teams[team_id],
        "ladders": [_ladder_json(one) for one in found.standings],
    }


def _ladder_json(standing: Standing) -> dict[str, Any]:
    step = standing.next_step
    return {
        "component": standing.component_key,
        "window": standing.window.key,
        "currency": standing.currency,
        "measure": standing.measure,
        "attainment_minor": standing.attainment_minor,
        "quota_minor": standing.quota_minor,
        "step": standing.step_number,
        "rate": str(standing.rate),
        "to_next_step_minor": None if step is None else step.distance_minor,
        "earned_minor": standing.earned_minor,
    }


def _team_names(connection: Connection) -> dict[int, str]:
    return {team.id: team.name for team in people.teams(connection)}
