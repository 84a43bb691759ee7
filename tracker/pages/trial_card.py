"""What a rep in a pilot sees beside what they earn: what they would have under the trial plan. It is never paid."""

from dataclasses import dataclass
from datetime import date

from tracker import trials
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.store.types import Connection


@dataclass(frozen=True, slots=True)
class TrialCard:
    """Both figures of one pilot, in minor units of `currency`; `live_minor` None: there is nothing to compare with."""

    plan_name: str
    currency: str
    tried_minor: int
    live_minor: int | None
    difference_minor: int
    ends_on: date


def trial_cards(connection: Connection, payee_id: int, today: date) -> tuple[TrialCard, ...]:
    """A card for each draft a rep tries today."""
    return tuple(
        TrialCard(
            parse_plan(draft.text.source_toml).name,
            figures.currency,
            figures.tried_minor,
            figures.live_minor,
            figures.difference_minor,
            figures.pilot.ends_on,
        )
        for draft, figures in trials.running_pilots(connection, payee_id, today)
    )
