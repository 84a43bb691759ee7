"""Personal exceptions: what was agreed with one payee instead of a plan. Facts: added, and withdrawn by another."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from tracker.engine.agreement.plans import Draw, DrawKind, PersonalException, Tier
from tracker.store import tables
from tracker.store.marks import known
from tracker.store.statements import inserted_id, within_64_bits

_exception = tables.personal_exception.c


def record_exception(
    connection: Connection, exception: PersonalException, by: str, at: datetime
) -> int:
    """Record what was agreed, or that it no longer holds; the id of the fact."""
    fact = {
        "payee_id": exception.payee_id,
        "component_key": exception.component_key,
        "starts_on": exception.starts_on,
        "ends_on": exception.ends_on,
        "terms": terms_to_json(exception),
        "reason": exception.reason,
        "withdraws_id": exception.withdraws_id,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.personal_exception).values(fact))


def exceptions(
    connection: Connection, payee_ids: Collection[int] | None = None
) -> list[PersonalException]:
    """Every exception ever made for these payees, or for all, withdrawals too, oldest first."""
    table = tables.personal_exception
    query = select(table).where(known(connection, table)).order_by(_exception.id)
    if payee_ids is not None:
        query = query.where(_exception.payee_id.in_(sorted(payee_ids)))
    return [_from_row(row) for row in connection.execute(query)]


def exception(connection: Connection, exception_id: int) -> PersonalException | None:
    row = connection.execute(
        select(tables.personal_exception).where(_exception.id == exception_id)
    ).one_or_none()
    return None if row is None else _from_row(row)


def _from_row(row: Row[Any]) -> PersonalException:
    fact = row._mapping
    agreed = PersonalException(
        exception_id=fact["id"],
        payee_id=fact["payee_id"],
        component_key=fact["component_key"],
        starts_on=fact["starts_on"],
        ends_on=fact["ends_on"],
        reason=fact["reason"],
        author=fact["recorded_by"],
        withdraws_id=fact["withdraws_id"],
    )
    return terms_from_json(agreed, fact["terms"])


# --- what holds instead, as JSON: exact shares as "n/d", money in minor units


def terms_to_json(exception: PersonalException) -> str:
    """What an exception says, only that."""
    terms: dict[str, Any] = {
        "rate_factor": _text(exception.rate_factor),
        "add_rate": _text(exception.add_rate),
        "tiers": [_tier_values(tier) for tier in exception.tiers],
        "cap_payout_minor": _whole(exception.cap_payout_minor),
        "cap_at": _text(exception.cap_at),
        "deal_cap_minor": _whole(exception.deal_cap_minor),
        "lifts": sorted(exception.lifts),
        "draw": _draw_values(exception.draw) if exception.draw else None,
    }
    said = {name: term for name, term in terms.items() if term not in (None, [])}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def terms_from_json(exception: PersonalException, text: str) -> PersonalException:
    """The exception with what a text of `terms_to_json` says."""
    said: dict[str, Any] = json.loads(text)
    return replace(
        exception,
        rate_factor=_share(said.get("rate_factor")),
        add_rate=_share(said.get("add_rate")),
        tiers=tuple(_tier(tier) for tier in said.get("tiers", ())),
        cap_payout_minor=said.get("cap_payout_minor"),
        cap_at=_share(said.get("cap_at")),
        deal_cap_minor=said.get("deal_cap_minor"),
        lifts=frozenset(said.get("lifts", ())),
        draw=_draw(said["draw"]) if "draw" in said else None,
    )


def _tier_values(tier: Tier) -> dict[str, Any]:
    return {
        "up_to": _text(tier.up_to),
        "rate": _text(tier.rate),
        "multiple": _text(tier.multiple),
        "bonus_minor": within_64_bits(tier.bonus_minor),
        "owns_bound": tier.owns_bound,
    }


def _tier(said: Mapping[str, Any]) -> Tier:
    return Tier(
        up_to=_share(said["up_to"]),
        rate=Fraction(said["rate"]),
        multiple=_share(said["multiple"]),
        bonus_minor=said["bonus_minor"],
        owns_bound=said["owns_bound"],
    )


def _draw_values(draw: Draw) -> dict[str, Any]:
    return {
        "amount_minor": within_64_bits(draw.amount_minor),
        "kind": draw.kind.value,
        "starts_on": draw.starts_on and draw.starts_on.isoformat(),
        "ends_on": draw.ends_on and draw.ends_on.isoformat(),
        "recovery_limit_minor": _whole(draw.recovery_limit_minor),
        "forgives_at_end": draw.forgives_at_end,
    }


def _draw(said: Mapping[str, Any]) -> Draw:
    starts_on, ends_on = said["starts_on"], said["ends_on"]
    return Draw(
        amount_minor=said["amount_minor"],
        kind=DrawKind(said["kind"]),
        starts_on=date.fromisoformat(starts_on) if starts_on else None,
        ends_on=date.fromisoformat(ends_on) if ends_on else None,
        recovery_limit_minor=said["recovery_limit_minor"],
        forgives_at_end=said["forgives_at_end"],
    )


def _text(share: Fraction | None) -> str | None:
    return None if share is None else str(share)


def _share(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _whole(amount_minor: int | None) -> int | None:
    return None if amount_minor is None else within_64_bits(amount_minor)
