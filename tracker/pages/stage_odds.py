"""What the company agreed on about its pipeline: how likely a stage is, and which segments come first.

Kept as settings: the odds as a JSON object of shares by stage, the segments as a JSON list of words.
"""

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction

from tracker.engine.ahead.prospects import stage_key
from tracker.ingest.values import parse_share
from tracker.pages.formatting import rate
from tracker.pages.i18n import gettext as _
from tracker.store import people
from tracker.store.database import Connection

STAGE_ODDS, PRIORITY_SEGMENTS = "stage_odds", "priority_segments"
TEXT_LENGTH_MAX = 4_000


def agreed_odds(connection: Connection) -> dict[str, Fraction]:
    """The probability of each stage, by `stage_key`."""
    agreed = json.loads(people.setting(connection, STAGE_ODDS, "{}"))
    return {stage_key(stage): Fraction(share) for stage, share in agreed.items()}


def odds_text(connection: Connection) -> str:
    """The same as it is edited: a line for each stage, such as "Proposal = 45 %"."""
    agreed = json.loads(people.setting(connection, STAGE_ODDS, "{}"))
    return "\n".join(f"{stage} = {rate(Fraction(share))}" for stage, share in agreed.items())


def read_odds(text: str) -> tuple[dict[str, Fraction], list[str]]:
    """What a person wrote: the share of each stage, and every line that cannot be used."""
    agreed: dict[str, Fraction] = {}
    problems = []
    for number, line in enumerate(text[:TEXT_LENGTH_MAX].splitlines(), start=1):
        if not line.strip():
            continue
        stage, _equals, written = line.rpartition("=")
        share = parse_share("".join(written.split()).replace(",", "."))
        if stage.strip() and share is not None:
            agreed[" ".join(stage.split())] = share
        else:
            wanted = _("a stage and a share, such as Proposal = 45%%")
            problems.append(
                _("Line %(number)s should be %(wanted)s.", number=number, wanted=wanted)
            )
    return agreed, problems


def put_odds(connection: Connection, agreed: Mapping[str, Fraction]) -> None:
    kept = {stage: str(share) for stage, share in agreed.items()}
    people.put_setting(connection, STAGE_ODDS, json.dumps(kept, ensure_ascii=False))


def priority_segments(connection: Connection) -> frozenset[str]:
    """The segments that come first, in small letters."""
    return frozenset(json.loads(people.setting(connection, PRIORITY_SEGMENTS, "[]")))


def put_priority_segments(connection: Connection, text: str) -> None:
    words = [word.strip().casefold() for word in text[:TEXT_LENGTH_MAX].split(",")]
    kept = list(dict.fromkeys(word for word in words if word))
    people.put_setting(connection, PRIORITY_SEGMENTS, json.dumps(kept, ensure_ascii=False))


def in_first_place(segments: Iterable[str], properties: Mapping[str, str]) -> bool:
    """Whether a deal is of one of these segments."""
    return properties.get("segment", "").casefold() in segments
