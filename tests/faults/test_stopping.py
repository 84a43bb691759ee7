"""Asked to stop, a server ends what it has begun or says that it did not; under load, one after the other."""

import signal
import time
from collections.abc import Callable

from tests.faults.company import Company, compare
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.faults.test_kills import requests_of, writers

SERVERS = 3
STOP_SECONDS_MAX = 30
CALM_SECONDS = 1.0


def test_a_stop_under_load_rolling_through_the_servers_loses_nothing_that_was_answered(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance(f"stops {company.database_url.partition(':')[0]}")
    stops = sized(3, 30)
    with running_fleet(company.folder, company.database_url, SERVERS) as fleet:
        senders = writers(company, fleet.ports, rng)
        senders.start(requests_of(rng))
        try:
            for number in range(stops):
                time.sleep(rng.uniform(0.3, CALM_SECONDS))
                server = fleet.servers[number % SERVERS]
                assert server.process is not None
                server.process.send_signal(signal.SIGTERM)
                assert server.process.wait(STOP_SECONDS_MAX) == 0
                assert "Traceback" not in server.log.read_text()
                fleet.start()
        finally:
            senders.end()
    sent = senders.read()
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    statuses = dict(sorted(sent.statuses.items()))
    tell(f"{stops} stops, {len(sent.acknowledged)} acknowledged, {found}, {statuses}")
