"""How the product is doing, in the words of Prometheus. No deal, no name of a person, no figure of pay."""

from collections.abc import Collection, Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tracker.ingest.turnstile import DELIVERIES_MAX
from tracker.pages.context import Pulse
from tracker.pages.health import outbox_lag_seconds
from tracker.store import outbox, quarantine, reconciliations, sources, verifications
from tracker.store.sources import Source
from tracker.store.types import Connection

CONTENT_TYPE = CONTENT_TYPE_LATEST

Family = GaugeMetricFamily | CounterMetricFamily


def metrics_text(
    connection: Connection, now: datetime, pulse: Pulse, silent: Collection[str]
) -> bytes:
    """Everything as of now, read at one moment. `silent` names the sources whose silence is said on the pages."""
    families = [
        *_of_sources(sources.all_sources(connection, now), silent),
        *_of_comparisons(connection),
        *_of_the_product(connection),
        *_of_the_process(pulse, outbox_lag_seconds(connection, now)),
    ]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(families))
    return generate_latest(registry)


class _Read(Collector):
    """Families that have been read already."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Family]:
        yield from self._families


def _of_sources(found: list[Source], silent: Collection[str]) -> Iterator[Family]:
    labels = ["source"]
    events = CounterMetricFamily("tracker_source_events", "Events recorded.", labels=labels)
    last = GaugeMetricFamily(
        "tracker_source_last_event_timestamp_seconds",
        "When the last one was recorded.",
        labels=labels,
    )
    lag = GaugeMetricFamily(
        "tracker_source_lag_seconds",
        "From the source's own time to our commit.",
        labels=["source", "quantile"],
    )
    waiting = GaugeMetricFamily(
        "tracker_source_set_aside", "Events that could not be used yet.", labels=labels
    )
    last_hour = GaugeMetricFamily(
        "tracker_source_events_last_hour", "Events recorded in the last hour.", labels=labels
    )
    silence = GaugeMetricFamily(
        "tracker_source_silent", "1 while its silence is said on the pages.", labels=labels
    )
    for source in found:
        last_hour.add_metric([source.name], source.last_hour_count)
        silence.add_metric([source.name], int(source.name in silent))
        events.add_metric([source.name], source.event_count)
        last.add_metric([source.name], source.last_recorded_at.timestamp())
        waiting.add_metric([source.name], source.waiting_count)
        for quantile, value in (("0.5", source.lag_median), ("0.95", source.lag_p95)):
            if value is not None:
                lag.add_metric([source.name, quantile], value.total_seconds())
    yield from (events, last_hour, last, lag, waiting, silence)


def _of_comparisons(connection: Connection) -> Iterator[Family]:
    """What holding the sources' own lists of deals against ours has found."""
    found = GaugeMetricFamily(
        "tracker_source_gaps_found",
        "Gaps that the latest comparison with the source's list found.",
        labels=["source", "kind"],
    )
    compared = GaugeMetricFamily(
        "tracker_source_compared_timestamp_seconds",
        "When it was compared last.",
        labels=["source"],
    )
    still_open = GaugeMetricFamily(
        "tracker_source_gaps_open", "Gaps that are not mended yet.", labels=["source"]
    )
    open_counts = reconciliations.open_gaps_by_source(connection)
    for name, latest in sorted(reconciliations.latest_by_source(connection).items()):
        found.add_metric([name, "missing"], latest.missing_count)
        found.add_metric([name, "older"], latest.older_count)
        found.add_metric([name, "gone"], latest.gone_count)
        compared.add_metric([name], latest.started_at.timestamp())
        still_open.add_metric([name], open_counts.get(name, 0))
    yield from (found, compared, still_open)


def _of_the_process(pulse: Pulse, lag_seconds: float) -> Iterator[Family]:
    yield GaugeMetricFamily(
        "tracker_outbox_lag_seconds",
        "How long the oldest change waits that the screens of this process were not told of.",
        value=lag_seconds,
    )
    yield GaugeMetricFamily(
        "tracker_waiting_events",
        "Deal events that wait for their commit in this process.",
        value=pulse.waiting_events_count(),
    )
    yield GaugeMetricFamily(
        "tracker_waiting_events_limit",
        "How many may wait; senders of more are told to come back.",
        value=pulse.waiting_events_max,
    )
    yield GaugeMetricFamily(
        "tracker_deliveries", "Requests with deals under way.", value=pulse.deliveries_count()
    )
    yield GaugeMetricFamily(
        "tracker_deliveries_limit",
        "How many may be under way; further ones are told to come back.",
        value=DELIVERIES_MAX,
    )


def _of_the_product(connection: Connection) -> Iterator[Family]:
    yield GaugeMetricFamily(
        "tracker_set_aside",
        "Events of all sources that could not be used yet.",
        value=quarantine.waiting_count(connection),
    )
    yield GaugeMetricFamily(
        "tracker_outbox_sequence",
        "The newest change that screens must hear of.",
        value=outbox.last_sequence(connection),
    )
    checked = verifications.latest_verification(connection)
    if checked is not None:
        yield GaugeMetricFamily(
            "tracker_drift_minor",
            "Minor units by which kept figures differ from a recomputation.",
            value=checked.drift_minor,
        )
        yield GaugeMetricFamily(
            "tracker_checked_timestamp_seconds",
            "When everything was computed again last.",
            value=checked.checked_at.timestamp(),
        )
