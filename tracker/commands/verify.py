"""`verify`: compute every figure again from scratch and say whether any is off."""

import json

import click

from tracker.commands.trail import exported_head
from tracker.config import load_settings
from tracker.errors import Drift
from tracker.store.database import opened_database
from tracker.verify import Verification
from tracker.verify import verify as verify_database

SHOWN_COUNT = 50


@click.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print drift_minor, deals, payees and seconds as JSON."
)
@click.option(
    "--trail-head",
    "exported",
    metavar="FILE|HASH",
    help="A head exported by `trail head`: the trail must still hold it.",
)
def verify(as_json: bool, exported: str | None) -> None:
    """Recompute everything from scratch and compare.

    Takes the events, plan versions, assignments and quotas, computes what everybody earned by a second, simpler
    way, and compares it with what the screens show. Reads the trail of acts, too, and names every entry that was
    edited, removed, inserted or moved. Exit code 1 when anything differs.
    """
    with opened_database(load_settings()) as database:
        head = exported_head(exported, database) if exported else None
        verification = verify_database(database, head)
    click.echo(_as_json(verification) if as_json else _in_words(verification))
    if verification.differences:
        raise Drift(_named(verification))


def _as_json(verification: Verification) -> str:
    return json.dumps(
        {
            "drift_minor": verification.drift_minor,
            "deals": verification.deal_count,
            "payees": verification.payee_count,
            "seconds": round(verification.seconds, 3),
            "differences": len(verification.differences),
        }
    )


def _in_words(verification: Verification) -> str:
    minor = verification.drift_minor
    return (
        f"drift {minor // 100}.{minor % 100:02}: {verification.deal_count:,} deals of "
        f"{verification.payee_count:,} payees computed again in {verification.seconds:.1f} s"
    )


def _named(verification: Verification) -> str:
    differences = verification.differences
    lines = [f"  {difference}" for difference in differences[:SHOWN_COUNT]]
    if len(differences) > SHOWN_COUNT:
        lines.append(f"  and {len(differences) - SHOWN_COUNT} more")
    return "\n".join(
        [f"{len(differences)} of the kept figures are not what they should be:", *lines]
    )
