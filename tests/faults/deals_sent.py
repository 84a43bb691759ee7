"""Random deal events as a CRM would send them, from a seed: creates, edits, owner changes, splits, cancellations."""

import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

A_MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)
DAYS_AROUND = 45  # over two quarters and four months
STATUSES = ("won", "won", "won", "won", "open", "lost", "cancelled")
SPLITS = {1: (100,), 2: (60, 40), 3: (34, 33, 33)}

Event = dict[str, Any]


class Crm:
    """One sender's deals. Deals named in `shared` are also changed by other senders."""

    def __init__(
        self,
        name: str,
        rng: random.Random,
        reps: Sequence[str],
        shared: Sequence[str] = (),
        moment: datetime = A_MOMENT,
    ) -> None:
        """`moment`: when it says all this; the days of the deals lie around it."""
        self._name, self._rng, self._reps, self._shared = name, rng, reps, shared
        self._moment = moment
        self._numbers = itertools.count(1)
        self._own: list[str] = []

    def next_event(self) -> Event:
        """A new deal, or a later or earlier word on one that is known."""
        number = next(self._numbers)
        version = number
        if self._rng.random() < 0.1:
            version = max(1, number - 5)  # said late: something newer may be known
        return self.event(f"{self._name}-e{number}", self._a_deal(number), version)

    def _a_deal(self, number: int) -> str:
        if self._shared and self._rng.random() < 0.3:
            return self._rng.choice(self._shared)
        if not self._own or self._rng.random() < 0.5:
            self._own.append(f"{self._name}-d{number}")
            return self._own[-1]
        return self._rng.choice(self._own)

    def event(self, event_id: str, deal_id: str, version: int) -> Event:
        """A full snapshot: any field may be another than before."""
        rng = self._rng
        owners = rng.sample(self._reps, rng.choice((1, 1, 1, 2, 3)))
        percent = SPLITS[len(owners)]
        day = self._moment.date() + timedelta(days=rng.randint(-DAYS_AROUND, DAYS_AROUND))
        return {
            "source": "crm",
            "event_id": event_id,
            "deal_id": deal_id,
            "version": version,
            "occurred_at": self._moment.isoformat(),
            "deal": {
                "name": f"Customer of {deal_id}",
                "status": rng.choice(STATUSES),
                "effective_on": day.isoformat(),
                "currency": "DKK",
                "amount": f"{rng.randrange(1, 90_000)}.{rng.randrange(100):02}",
                "margin": f"{rng.randrange(1, 9_000)}.{rng.randrange(100):02}",
                "credits": [
                    {"rep": rep, "share": f"{share}%"}
                    for rep, share in zip(owners, percent, strict=True)
                ],
            },
        }
