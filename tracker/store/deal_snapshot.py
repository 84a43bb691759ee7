"""A deal as JSON: exact, and the same text for the same deal."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

from tracker.engine.deals import CreditShare, Deal, DealStatus, NextStep


def deal_to_json(deal: Deal) -> str:
    """A deal as text that gives back the same deal. What few deals have is left out of those without it."""
    snapshot: dict[str, Any] = {
        "key": deal.key,
        "name": deal.name,
        "status": deal.status.value,
        "effective_on": deal.effective_on.isoformat(),
        "currency": deal.currency,
        "amount_minor": deal.amount_minor,
        "credit_shares": [
            [share.payee_id, str(share.share), share.role, share.is_overlay]
            for share in deal.credit_shares
        ],
        "measures": dict(deal.measures),
        "properties": dict(deal.properties),
        "evidence": sorted(deal.evidence),
        "next_step": _next_step_to_json(deal.next_step),
        "stage": deal.stage,
        "probability": None if deal.probability is None else str(deal.probability),
    }
    if deal.ended_on is not None:
        snapshot["ended_on"] = deal.ended_on.isoformat()
    return json.dumps(snapshot, sort_keys=True, separators=(",", ":"))


def deal_from_json(text: str) -> Deal:
    """The deal that `deal_to_json` wrote."""
    snapshot = json.loads(text)
    probability, next_step = snapshot["probability"], snapshot["next_step"]
    ended_on = snapshot.get("ended_on")
    return Deal(
        key=snapshot["key"],
        name=snapshot["name"],
        status=DealStatus(snapshot["status"]),
        effective_on=date.fromisoformat(snapshot["effective_on"]),
        currency=snapshot["currency"],
        amount_minor=snapshot["amount_minor"],
        credit_shares=tuple(
            CreditShare(payee_id, Fraction(share), role, is_overlay)
            for payee_id, share, role, is_overlay in snapshot["credit_shares"]
        ),
        measures=snapshot["measures"],
        properties=snapshot["properties"],
        evidence=frozenset(snapshot["evidence"]),
        next_step=None if next_step is None else _next_step_from_json(next_step),
        stage=snapshot["stage"],
        probability=None if probability is None else Fraction(probability),
        ended_on=None if ended_on is None else date.fromisoformat(ended_on),
    )


def _next_step_to_json(step: NextStep | None) -> list[str | None] | None:
    if step is None:
        return None
    return [step.text, step.owner, step.due_on.isoformat() if step.due_on else None]


def _next_step_from_json(step: list[Any]) -> NextStep:
    text, owner, due_on = step
    return NextStep(text, owner, date.fromisoformat(due_on) if due_on else None)
