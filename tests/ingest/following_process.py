"""A process that follows a connected HubSpot by a clock in a file, and says in another at which times it has looked.

python -m tests.ingest.following_process DATABASE_URL CLOCK LOOKED
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.ingest.hubspot_reading import ZONE
from tracker import clock
from tracker.following import Follower
from tracker.ingest.connectors.pulling import Puller
from tracker.store.database import Database


def follow(url: str, clock_file: Path, looked_file: Path) -> None:
    """Until it is killed."""
    database = Database(url)
    follower = Follower(Puller(database, lambda work: work(database), ZONE, "hubspot"))
    with clock.told_by(lambda: datetime.fromtimestamp(int(clock_file.read_text()), UTC)):
        while True:
            moment = clock_file.read_text()
            follower.look()
            with looked_file.open("a") as looked:
                looked.write(f"{moment}\n")
            time.sleep(0.02)


if __name__ == "__main__":
    follow(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
