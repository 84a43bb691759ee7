"""Twelve months of believable deals from a fixed seed, and an open pipeline that ends today."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from tracker.demo.company import CUSTOMERS, NEXT_STEPS, TEAMS, DemoTeam, email_of

SEED = 20261122
HISTORY_DAYS = 365
LATE_LOSS = timedelta(days=40)
SOURCE = "demo"
EVIDENCE = ("icp_match", "decision_maker", "verified_problem")
STAGES = (("Qualified", 20), ("Proposal", 45), ("Negotiation", 70))


@dataclass
class DealMaker:
    """Makes the records a CRM would send. The same seed and day give the same deals."""

    random: Random
    prefix: str = "d"
    size_percent: int = 100
    made_count: int = 0
    _names: list[str] = field(default_factory=list)

    def won(self, team: DemoTeam, rep: str, day: date) -> dict[str, Any]:
        """A deal won on a day; now and then shared with a colleague, or lacking evidence."""
        deal = self._deal(team, rep, day, "won")
        if self.random.random() < 0.08:
            colleague = self.random.choice([other for other in team.reps if other != rep])
            deal["credits"] = [_share(rep, "60%"), _share(colleague, "40%")]
        if self.random.random() < 0.05:
            deal["evidence"] = ["icp_match"]
        return self.event(deal, _office_hours(self.random, day))

    def open(self, team: DemoTeam, rep: str, today: date) -> dict[str, Any]:
        """An open deal: most have a next step with a date, some are stale, some lack a decision maker."""
        opened_on = today - timedelta(days=self.random.randint(1, 24))
        deal = self._deal(team, rep, today + timedelta(days=self.random.randint(2, 45)), "open")
        stage, probability = self.random.choice(STAGES)
        deal["stage"], deal["probability"] = stage, f"{probability}%"
        deal["evidence"] = list(EVIDENCE[: self.random.choice((2, 3, 1, 2))])
        if self.random.random() < 0.93:
            due_on = today + timedelta(
                days=self.random.choice((-3, 1, 2, 3, 4, 5, 6, 8, 11, 14, 20, 28))
            )
            text = self.random.choice(NEXT_STEPS)
            deal["next_step"] = {"text": text, "owner": rep, "due_on": due_on.isoformat()}
        return self.event(deal, _office_hours(self.random, opened_on))

    def event(
        self, deal: dict[str, Any], occurred_at: datetime, version: int = 1
    ) -> dict[str, Any]:
        """The record for a deal as it is now; a higher version replaces a lower one."""
        key = deal["key"]
        described = {name: value for name, value in deal.items() if name != "key"}
        return {
            "source": SOURCE,
            "event_id": f"{key}-{version}",
            "deal_id": key,
            "version": version,
            "occurred_at": occurred_at.isoformat(),
            "deal": described,
        }

    def changed(
        self, record: dict[str, Any], occurred_at: datetime, **changes: Any
    ) -> dict[str, Any]:
        """The next version of a deal already sent."""
        deal = {**record["deal"], **changes, "key": record["deal_id"]}
        return self.event(deal, occurred_at, record["version"] + 1)

    def _deal(self, team: DemoTeam, rep: str, day: date, status: str) -> dict[str, Any]:
        self.made_count += 1
        hundreds = int(self.random.triangular(*team.deal_kroner)) * self.size_percent // 10_000
        margin_percent = 42 - self.random.choice((0, 0, 0, 5, 10))
        return {
            "key": f"{self.prefix}-{self.made_count:05}",
            "name": self._customer(),
            "status": status,
            "effective_on": day.isoformat(),
            "currency": "DKK",
            "amount": f"{hundreds * 100}.00",
            "margin": f"{hundreds * margin_percent}.00",
            "product": self.random.choice(("Core", "Core", "Core", "Nova")),
            "segment": self.random.choice(("smb", "smb", "smb", "enterprise")),
            "kind": "new",
            "credits": [_share(rep, "100%")],
            "evidence": list(EVIDENCE),
        }

    def _customer(self) -> str:
        """A customer's name; none comes back before all others have had their turn."""
        if not self._names:
            self._names = self.random.sample(CUSTOMERS, len(CUSTOMERS))
        return self._names.pop()


def history(today: date, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Every record of the last twelve months, oldest first, then the open pipeline."""
    maker = DealMaker(Random(seed))  # noqa: S311  # a demo wants the same figures every time
    skill = {rep: maker.random.uniform(0.62, 1.3) for team in TEAMS for rep in team.reps}
    for offset in range(HISTORY_DAYS, -1, -1):
        day = today - timedelta(days=offset)
        if day.weekday() < 5:
            yield from _deals_of_day(maker, skill, day, today)
    for team in TEAMS:
        for rep in team.reps:
            month = round(team.deals_per_month)
            for _ in range(maker.random.randint(month * 2 // 3, month * 5 // 4)):
                yield maker.open(team, rep, today)


def _deals_of_day(
    maker: DealMaker, skill: dict[str, float], day: date, today: date
) -> Iterator[dict[str, Any]]:
    for team in TEAMS:
        for rep in team.reps:
            if maker.random.random() < skill[rep] * team.deals_per_month / 21:
                record = maker.won(team, rep, day)
                yield record
                if maker.random.random() < 0.02:
                    yield _cancelled(maker, record)
                elif maker.made_count % 40 == 0 and day + LATE_LOSS <= today:
                    yield _lost_late(maker, record)


def _cancelled(maker: DealMaker, record: dict[str, Any]) -> dict[str, Any]:
    """The customer changed their mind the same evening."""
    occurred_at = datetime.fromisoformat(record["occurred_at"]) + timedelta(hours=3)
    return maker.changed(record, occurred_at, status="cancelled")


def _lost_late(maker: DealMaker, record: dict[str, Any]) -> dict[str, Any]:
    """The deal falls after its month was closed: what it paid is taken back."""
    occurred_at = datetime.fromisoformat(record["occurred_at"]) + LATE_LOSS
    return maker.changed(record, occurred_at, status="cancelled")


def _share(rep: str, share: str) -> dict[str, str]:
    return {"rep": email_of(rep), "share": share}


def _office_hours(random: Random, day: date) -> datetime:
    minutes = random.randint(8 * 60, 15 * 60)
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minutes)
