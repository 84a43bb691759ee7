"""A CRM that never sleeps: posts one believable deal event after another to the API, as a real one would.

Runs as a process of its own, so that the demo shows the real way in: HTTP, key, transaction, push.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

from tracker import clock, logs
from tracker.config import load_settings
from tracker.demo.company import TEAMS
from tracker.demo.history import EVIDENCE, DealMaker

log = logs.log_of(__name__)

GIVE_UP_AFTER_FAILURES = 20
SIZE_PERCENT = 30
"""The feed's deals are small: it wins in an hour what a quiet company wins in a month."""

STAR = TEAMS[0].reps[0]
"""The rep whose phone the demo opens: she sells more often than others, so that something happens on it."""


def feed(url: str, key: str, pace_seconds: float, zone_day: date) -> None:
    """Post events until the server has been gone for a while or whoever started the feed is."""
    parent = os.getppid()
    failures = 0
    for record in _records(zone_day):
        time.sleep(pace_seconds)
        if os.getppid() != parent or failures >= GIVE_UP_AFTER_FAILURES:
            return
        failures = 0 if _post(url, key, record) else failures + 1


def _records(today: date) -> Iterator[dict[str, Any]]:
    started_at = clock.now()
    random = Random(started_at.timestamp())  # noqa: S311  # which deal comes next is no secret
    maker = DealMaker(random, prefix=f"live-{started_at:%Y%m%d%H%M%S}", size_percent=SIZE_PERCENT)
    held: list[dict[str, Any]] = []
    while True:
        now = clock.now()
        if held and random.random() < 0.4:
            yield maker.changed(held.pop(0), now, evidence=list(EVIDENCE))
            continue
        record = _next_deal(maker, today, now)
        if record["deal"]["status"] == "won" and len(record["deal"]["evidence"]) < len(EVIDENCE):
            held.append(record)
        yield record


def _next_deal(maker: DealMaker, today: date, now: datetime) -> dict[str, Any]:
    random = maker.random
    team = random.choice(TEAMS)
    rep = random.choice(team.reps)
    if random.random() < 0.2:
        team, rep = TEAMS[0], STAR
    record = maker.open(team, rep, today) if random.random() < 0.35 else maker.won(team, rep, today)
    return {**record, "occurred_at": now.isoformat()}


def _post(url: str, key: str, record: dict[str, Any]) -> bool:
    request = urllib.request.Request(  # noqa: S310  # our own server's address
        f"{url}/api/v1/deal-events",
        data=json.dumps(record).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            return True
    except urllib.error.HTTPError as refusal:
        log.warning("a deal of the feed was refused", status=refusal.code)
        return False
    except OSError:
        return False


if __name__ == "__main__":
    logs.start(load_settings())
    address, pace, day = sys.argv[1:4]
    feed(address, os.environ["TRACKER_DEMO_KEY"], float(pace), date.fromisoformat(day))
