"""One external record -> DealEvent, or everything that is wrong with it. Every deal comes in by this door.

The record is what `POST /api/v1/deal-events` documents; an imported file is turned into such records first.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker.engine.agreement.plans import MONEY_MEASURES, PRESENCE
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.deals import CreditShare, Deal, DealEvent, DealStatus, NextStep
from tracker.engine.money import MINOR_DIGITS
from tracker.errors import BadInput, Problem
from tracker.ingest.fields import Fields
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.values import kind_of, shown
from tracker.store.deals import CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE

PayeeIdOf = Callable[[str], int | None]
"""The payee a reference or e-mail address names, or None."""

SOURCE_LENGTH_MAX = 60
DEAL_ID_LENGTH_MAX = 190  # with its source it still fits the column of a deal's key
DEAL_KEY_LENGTH_MAX = SOURCE_LENGTH_MAX + len(":") + DEAL_ID_LENGTH_MAX
WORD_LENGTH_MAX = 60
REFERENCE_LENGTH_MAX = 320
UNKNOWN_PAYEE_ID = 0  # stands for a rep nobody knows, in an event that is refused for it
CREDITS_MAX = 50
PROPERTIES_MAX = 50
EVIDENCE_MAX = 100
FIRST_DAY = date(2000, 1, 1)
YEARS_AHEAD_MAX = 3
CLOCK_SKEW_MAX = timedelta(days=1)
UNIT_DIGITS = 2  # counts are kept in hundredths, so that half a unit can be sold

OWN_MEASURES = sorted(MONEY_MEASURES - {"revenue"})
OWN_COUNTS = ["units"]
OWN_PROPERTIES = ("product", "segment", "kind")
RESERVED_PROPERTIES = frozenset({"role"})  # plans filter on the role of a credit by this name

SOURCE_NAME = re.compile(r"[A-Za-z0-9_.-]+")
PROPERTY_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a record is judged against: who can be credited, and what time it is."""

    payee_id_of: PayeeIdOf
    now: datetime
    today: date

    def event(self, record: JsonValue) -> DealEvent:
        """The event a record describes. Raises BadInput with every problem, each named after its field."""
        return with_body_hash(self.event_without_hash(record))

    def event_without_hash(self, record: JsonValue) -> DealEvent:
        """The same, for a caller that gives the event another id or version before it is hashed."""
        problems: list[Problem] = []
        if not isinstance(record, dict):
            raise BadInput(
                [Problem("event", f"{kind_of(record)} is not an object.", "Write { … }.")]
            )
        event = self._event(Fields(record, "", problems))
        if problems or event is None:
            raise BadInput(problems)
        return event

    def _event(self, fields: Fields) -> DealEvent | None:
        source, event_id, deal_id = _identity(fields)
        version = fields.version("version")
        first = datetime(FIRST_DAY.year, 1, 1, tzinfo=UTC)
        occurred_at = fields.moment("occurred_at", first, self.now + CLOCK_SKEW_MAX)
        snapshot = fields.record("deal")
        if not fields.has("deal"):
            fields.complain("deal", "is missing.", "Send the whole deal with every event.")
        fields.refuse_unknown()
        deal = self._deal(snapshot, f"{source}:{deal_id}") if snapshot else None
        if deal is None or occurred_at is None:
            return None
        if version is None:
            version = (occurred_at - _EPOCH) // timedelta(microseconds=1)
        return DealEvent(source, event_id, version, occurred_at, deal, body_hash="")

    def _deal(self, fields: Fields, key: str) -> Deal | None:
        status = DealStatus(fields.choice("status", [status.value for status in DealStatus]))
        currency = _currency(fields)
        amount_minor = _deal_amount_minor(fields, status, currency)
        last_day = last_day_possible(self.today)
        effective_on = fields.day("effective_on", FIRST_DAY, last_day, required=True)
        deal = Deal(
            key=key,
            name=fields.text("name", required=True),
            status=status,
            effective_on=effective_on or self.today,
            currency=currency,
            amount_minor=amount_minor,
            credit_shares=self._credit_shares(fields),
            measures=_measures(fields, currency),
            properties=_properties(fields),
            evidence=frozenset(
                fields.words("evidence", length_max=WORD_LENGTH_MAX, count_max=EVIDENCE_MAX)
            ),
            next_step=_next_step(fields, last_day),
            stage=fields.text("stage"),
            probability=fields.share("probability"),
            ended_on=_ended_on(fields, effective_on, last_day),
        )
        fields.refuse_unknown()
        return deal

    def _credit_shares(self, fields: Fields) -> tuple[CreditShare, ...]:
        parts = fields.records("credits", count_max=CREDITS_MAX)
        shares = [self._credit_share(part, is_only=len(parts) == 1) for part in parts]
        readable = tuple(share for share in shares if share is not None)
        if not fields.has("credits") or fields.is_empty_list("credits"):
            fields.complain("credits", "names nobody.", 'Say who takes part: [{"rep": "…"}].')
        elif shares and len(readable) == len(shares):
            _check_sum(fields, readable)
            _check_no_repetition(fields, readable)
        return readable

    def _credit_share(self, fields: Fields, is_only: bool) -> CreditShare | None:
        """One credit; None when its share cannot be read, so that no sum can be checked."""
        payee_id = self._payee_id(fields)
        role = fields.text("role", length_max=WORD_LENGTH_MAX)
        is_overlay = fields.flag("overlay")
        share = fields.share("share")
        if not fields.has("share") and is_only:
            share = Fraction(1)
        elif not fields.has("share"):
            fields.complain("share", "is missing.", "Say how much of the deal, such as “50%”.")
        elif share == 0:
            fields.complain("share", "is nothing.", "Leave this credit out.")
        fields.refuse_unknown()
        return None if share is None else CreditShare(payee_id, share, role, is_overlay)

    def _payee_id(self, fields: Fields) -> int:
        reference = fields.text("rep", required=True, length_max=REFERENCE_LENGTH_MAX)
        payee_id = self.payee_id_of(reference) if reference else None
        if reference and payee_id is None:
            fields.complain(
                "rep",
                f"no active rep is known as “{shown(reference)}”.",
                "Use the e-mail address or the reference the rep was added with, or add the rep first.",
            )
        return payee_id or UNKNOWN_PAYEE_ID


def identity_of(record: JsonValue) -> tuple[str, str, str] | None:
    """Source, event id and deal id of a record whatever else is wrong with it; None when it does not name them."""
    if not isinstance(record, dict):
        return None
    problems: list[Problem] = []
    identity = _identity(Fields(record, "", problems))
    return None if problems else identity


def event_name(fields: Fields) -> tuple[str, str]:
    """Source and event id, which name an event for ever."""
    return _source(fields), fields.text("event_id", required=True)


def _identity(fields: Fields) -> tuple[str, str, str]:
    source, event_id = event_name(fields)
    return source, event_id, fields.text("deal_id", required=True, length_max=DEAL_ID_LENGTH_MAX)


TAKEN_SOURCES = frozenset({CORRECTION_SOURCE, MANUAL_SOURCE, UNDO_SOURCE, OBJECTIVE, PRESENCE})
"""Names under which the company itself says something."""


def _source(fields: Fields) -> str:
    source = fields.text("source", required=True, length_max=SOURCE_LENGTH_MAX)
    if source and not SOURCE_NAME.fullmatch(source):
        fields.complain(
            "source",
            f"“{shown(source)}” is no name for a source.",
            "Use letters, digits, points, - and _, such as hubspot.",
        )
    if source in TAKEN_SOURCES:
        fields.complain("source", f"“{source}” is taken.", "Use the name of the CRM.")
    return source


def _currency(fields: Fields) -> str:
    currency = fields.text("currency", required=True)
    if currency and currency not in MINOR_DIGITS:
        fields.complain(
            "currency",
            f"“{shown(currency)}” is not a currency we know.",
            f"Write one of {', '.join(sorted(MINOR_DIGITS))}.",
        )
    return currency


def _digits(currency: str) -> int:
    return MINOR_DIGITS.get(currency, 2)


def _deal_amount_minor(fields: Fields, status: DealStatus, currency: str) -> int:
    """A deal in the works may have no amount yet. A negative one is a credit note, which only makes sense once won."""
    is_won = status is DealStatus.WON
    amount_minor = fields.amount_minor("amount", _digits(currency), required=is_won) or 0
    if amount_minor < 0 and status in (DealStatus.OPEN, DealStatus.LOST):
        fields.complain(
            "amount",
            f"a deal that is {status} cannot be negative.",
            "A negative amount is a credit note: send it with the status won.",
        )
    return amount_minor


def _measures(fields: Fields, currency: str) -> dict[str, int]:
    digits = {name: _digits(currency) for name in OWN_MEASURES} | dict.fromkeys(
        OWN_COUNTS, UNIT_DIGITS
    )
    amounts = {name: fields.amount_minor(name, digits[name]) for name in digits}
    return {name: amount for name, amount in amounts.items() if amount is not None}


def _properties(fields: Fields) -> dict[str, str]:
    properties = {name: text for name in OWN_PROPERTIES if (text := fields.text(name))}
    further = fields.record("properties")
    if further is None:
        return properties
    names = list(further.names())
    if len(names) > PROPERTIES_MAX:
        fields.complain(
            "properties", f"{len(names)} are too many.", f"Send up to {PROPERTIES_MAX}."
        )
        return properties
    for name in names:
        if text := _property(further, name):
            properties[name] = text
    return properties


def _property(further: Fields, name: str) -> str:
    if len(name) > WORD_LENGTH_MAX or not PROPERTY_NAME.fullmatch(name):
        further.complain(
            shown(name),
            "is no name for a property.",
            f"Use up to {WORD_LENGTH_MAX} small letters, digits and _, starting with a letter.",
        )
        return ""
    if name in OWN_PROPERTIES:
        further.complain(name, "has a place of its own.", f"Send it as deal.{name}.")
    if name in RESERVED_PROPERTIES:
        further.complain(name, "is taken.", "Send the role with each credit.")
    return further.text(name)


def _next_step(fields: Fields, last_day: date) -> NextStep | None:
    step = fields.record("next_step")
    if step is None:
        return None
    next_step = NextStep(
        text=step.text("text", required=True),
        owner=step.text("owner"),
        due_on=step.day("due_on", FIRST_DAY, last_day),
    )
    step.refuse_unknown()
    return next_step


def _ended_on(fields: Fields, effective_on: date | None, last_day: date) -> date | None:
    """The day the customer left: never before the deal counted."""
    ended_on = fields.day("ended_on", FIRST_DAY, last_day)
    if ended_on is not None and effective_on is not None and ended_on < effective_on:
        what = f"{ended_on} is before {effective_on}, the day the deal counts from."
        fields.complain("ended_on", what, "Write the day the customer left, or leave it out.")
    return ended_on


def _check_sum(fields: Fields, shares: tuple[CreditShare, ...]) -> None:
    total = sum((share.share for share in shares if not share.is_overlay), Fraction(0))
    if total != 1:
        fields.complain(
            "credits",
            f"the shares add up to {_percent(total)}, not to 100%.",
            "Correct them; for three equal parts write “1/3”. Credits marked as overlay do not count here.",
        )


def _check_no_repetition(fields: Fields, shares: tuple[CreditShare, ...]) -> None:
    known = [share for share in shares if share.payee_id != UNKNOWN_PAYEE_ID]
    if len({(share.payee_id, share.role, share.is_overlay) for share in known}) < len(known):
        what = "the same rep is there twice in the same role."
        fields.complain("credits", what, "Make it one credit with the sum of the shares.")


def _percent(share: Fraction) -> str:
    percent = Decimal(100 * share.numerator) / share.denominator
    return f"{round(percent, 6).normalize():f}%"


def last_day_possible(today: date) -> date:
    """The last day a deal can count from: further ahead it is a slip of the pen."""
    return date(today.year + YEARS_AHEAD_MAX, today.month, min(today.day, 28))


def with_body_hash(event: DealEvent) -> DealEvent:
    """An event with its hash: the same for the same content, however the sender spaced or ordered it.

    What is empty is left out, so that a field added to deals later does not change the hash of an old event.
    """
    text = json.dumps(event, default=_plain, sort_keys=True, ensure_ascii=False)
    return replace(event, body_hash=hashlib.sha256(text.encode()).hexdigest())


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        by_name = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: inner for name, inner in by_name.items() if not _is_empty(inner)}
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", (), {}, frozenset())
