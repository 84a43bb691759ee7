"""Every source says how fresh it is, and silence in working hours is said, so that it is not mistaken for calm."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from tests.cast import NOW, Cast
from tests.ingest.records import record
from tracker import clock, flow_connections, reconciling
from tracker.ingest.connectors.shape import Listed
from tracker.ingest.intake import take_in
from tracker.ingest.reconciling.reconcile import Comparison
from tracker.ingest.strict_json import Number
from tracker.ingest.submission import Entry
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.formatting import lasting
from tracker.pages.i18n import speaking
from tracker.pages.silence import after_working_hours
from tracker.store import connections, sources
from tracker.store.connections import NewConnection, Wanted

ZONE = ZoneInfo("Europe/Copenhagen")
CALENDAR = CompanyCalendar(ZONE, "DK", ("public",), (date(2026, 11, 27),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("heard", "hours", "said"),
    [
        ("2026-11-23 09:00", 4, "2026-11-23 13:00"),
        ("2026-11-23 15:30", 4, "2026-11-24 10:30"),  # over night
        ("2026-11-26 16:00", 4, "2026-11-30 11:00"),  # over a day off of the company and a weekend
        ("2026-11-21 12:00", 1, "2026-11-23 09:00"),  # on a Saturday
        ("2026-11-23 05:00", 1, "2026-11-23 09:00"),  # before the day begins
        ("2026-11-23 08:00", 9, "2026-11-23 17:00"),  # a whole day
        ("2026-12-24 15:00", 4, "2026-12-28 10:00"),  # over Christmas
        ("2026-03-27 16:00", 2, "2026-03-30 09:00"),  # over the change to summer time
    ],
)
def test_only_working_hours_make_a_silence(heard: str, hours: int, said: str) -> None:
    assert after_working_hours(at(heard), hours, CALENDAR) == at(said)


def send(
    cast: Cast, number: int = 1, lag: timedelta = timedelta(seconds=2), **more: object
) -> None:
    """HubSpot tells us of an open deal of Anna's, some time after it happened."""
    sent = record(
        event_id=f"e-{number}",
        deal_id=f"d-{number}",
        version=Number(str(number)),
        occurred_at=(clock.now() - lag).isoformat(),
        deal__credits=[{"rep": "anna@firma.dk"}],
        **{"source": "HubSpot", "deal__status": "open", **more},
    )
    take_in(
        cast.app.extensions["tracker"], [Entry(sent)], "HubSpot", clock.now(), clock.now().date()
    )


def seen(cast: Cast, who: str, address: str) -> str:
    """What stands on a page; the mark of a silence as one sentence, without the element that its length stands in."""
    page = cast.client_of(who, accept_language="en").get(address, follow_redirects=True).text
    words = re.sub(r"<span data-silent-since[^>]*>(.*?)</span>", r"\1", page)
    return unescape(words).replace("\xa0", " ")


def test_a_source_shows_its_last_event_its_lag_and_what_waits(cast: Cast) -> None:
    for number in range(1, 21):
        send(cast, number, timedelta(seconds=number))
    send(cast, 21, deal__currency="XYZ")
    page = seen(cast, "mette", "/sources")
    assert "HubSpot" in page
    assert "10 sec" in page
    assert "19 sec" in page
    for row in (r">20<", r'waiting">1<'):
        assert row in page


def test_the_events_of_an_hour_are_counted_beyond_those_the_lag_is_measured_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "SAMPLE_COUNT", 3)
    with clock.stopped_at(NOW - timedelta(hours=2)):
        send(cast, 1)
    for number in range(2, 7):
        send(cast, number)
    with cast.database.read() as connection:
        (hubspot, crm) = sources.all_sources(connection, NOW)
    assert hubspot.last_hour_count == 5
    assert crm.last_hour_count == 0


def test_silence_is_said_on_the_phone_and_the_managers_page_and_ends_with_the_next_event(
    cast: Cast,
) -> None:
    send(cast)
    hidden = "hidden>HubSpot: nothing for 0 h (since 10:30). Figures may lack deals."
    for who, address in (("anna", "/me"), ("mette", "/team")):
        assert hidden in seen(cast, who, address)
    with clock.stopped_at(NOW + timedelta(hours=5)):
        for who, address in (("anna", "/me"), ("mette", "/team"), ("mette", "/sources")):
            page = seen(cast, who, address)
            assert "nothing for 5 h (since 10:30)" in page.lower()
            assert hidden not in page
        send(cast, 2)
        assert "hidden>HubSpot: nothing for 0 h (since 15:30)" in seen(cast, "anna", "/me")


@pytest.mark.parametrize(
    ("hours", "said"),
    [(4, "4 h"), (4.99, "4 h"), (47.9, "47 h"), (48, "2 days"), (71.9, "2 days"), (168, "7 days")],
)
def test_a_silence_is_never_said_to_be_longer_than_it_is(hours: float, said: str) -> None:
    with speaking("en"):
        assert lasting(timedelta(hours=hours)) == said


def test_all_pages_of_some_seconds_share_one_look_at_the_sources(cast: Cast) -> None:
    send(cast)
    phone = cast.client_of("anna")

    def looks_of(count: int) -> int:
        with cast.database.watched() as statements:
            for _ in range(count):
                assert phone.get("/me/fragment").status_code == 200
        return sum("source_watch" in statement for statement in statements)

    assert looks_of(3) == 1
    with clock.stopped_at(NOW + timedelta(seconds=9)):
        assert looks_of(3) == 0
    with clock.stopped_at(NOW + timedelta(seconds=11)):
        assert looks_of(3) == 1
    with clock.stopped_at(NOW + timedelta(hours=6)):
        assert looks_of(3) == 3, "a silence may end at any moment"


def test_another_patience_counts_at_once_and_a_silence_is_told_to_operators_once(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    send(cast)
    assert "nothing for" in seen(cast, "anna", "/me")
    cast.client_of("ida").post("/sources", data={"source": "HubSpot", "hours": "0"})
    assert "nothing for" not in seen(cast, "anna", "/me")
    cast.client_of("ida").post("/sources", data={"source": "HubSpot", "hours": "1"})
    with clock.stopped_at(NOW + timedelta(hours=2)):
        seen(cast, "anna", "/me")
        seen(cast, "mette", "/team")
        send(cast, 2)
        seen(cast, "anna", "/me")
    told = [text for text in caplog.messages if text.startswith("a source")]
    assert told == ["a source fell silent", "a source is heard again"]


def test_a_file_that_was_imported_once_never_falls_silent(cast: Cast) -> None:
    with clock.stopped_at(NOW + timedelta(hours=6)):
        assert "nothing for" not in seen(cast, "anna", "/me")
        assert "crm" in seen(cast, "mette", "/sources")


def test_the_administrator_chooses_how_patient_to_be(cast: Cast) -> None:
    send(cast)
    ida = cast.client_of("ida")
    assert ida.post("/sources", data={"source": "HubSpot", "hours": "0"}).status_code == 303
    with clock.stopped_at(NOW + timedelta(hours=6)):
        assert "nothing for" not in seen(cast, "anna", "/me")
    for bad in ({"source": "HubSpot", "hours": "3"}, {"source": "crm", "hours": "4"}, {}):
        assert ida.post("/sources", data=bad).status_code == 404


def test_the_latest_comparison_with_a_sources_list_is_shown_and_measured(cast: Cast) -> None:
    send(cast)
    compared = Comparison(cast.database, "HubSpot", "nightly")
    compared.run([Listed("d-1", 1), Listed("d-2", 1), Listed("d-3", 1)])
    page = seen(cast, "mette", "/sources")
    assert "2 still open, compared 10:30" in page
    text = cast.client_of("key to metrics").get("/metrics").text
    assert 'tracker_source_gaps_found{kind="missing",source="HubSpot"} 2.0' in text
    assert 'tracker_source_gaps_open{source="HubSpot"} 2.0' in text
    with clock.stopped_at(NOW + timedelta(minutes=30)):
        send(cast, 2)
        send(cast, 3)
        Comparison(cast.database, "HubSpot", "nightly").run(
            [Listed("d-1", 1), Listed("d-2", 2), Listed("d-3", 3)]
        )
        assert "compared 11:00" in seen(cast, "mette", "/sources")
    later = cast.client_of("key to metrics").get("/metrics").text
    assert 'tracker_source_gaps_open{source="HubSpot"} 0.0' in later


def test_an_administrator_begins_a_comparison_of_a_crm_that_can_be_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(cast)
    assert "Compare with its list now" not in seen(cast, "ida", "/sources")
    new = NewConnection("HubSpot", "hubspot", "https://crm.example", "token", "secret")
    flow_connections.connect(cast.database, new, "ida", NOW)
    begun: list[tuple[str, str]] = []
    monkeypatch.setattr(
        reconciling, "start", lambda settings, source, by: begun.append((source, by))
    )
    assert "Compare with its list now" in seen(cast, "ida", "/sources")
    assert "not compared yet" in seen(cast, "mette", "/sources")
    answer = cast.client_of("ida").post("/sources/compare", data={"source": "HubSpot"})
    assert answer.status_code == 303
    assert begun == [("HubSpot", "ida@firma.dk")]
    assert "has begun" in seen(cast, "ida", answer.location)


def test_a_watching_machine_reads_the_same_and_no_pay(cast: Cast) -> None:
    send(cast)
    send(cast, 2, deal__currency="XYZ")
    text = cast.client_of("key to metrics").get("/metrics").text
    assert 'tracker_source_events_total{source="HubSpot"} 1.0' in text
    assert 'tracker_source_lag_seconds{quantile="0.95",source="HubSpot"} 2.0' in text
    assert 'tracker_source_set_aside{source="HubSpot"} 1.0' in text
    assert 'tracker_source_events_last_hour{source="HubSpot"} 1.0' in text
    assert 'tracker_source_silent{source="HubSpot"} 0.0' in text
    with clock.stopped_at(NOW + timedelta(hours=5)):
        later = cast.client_of("key to metrics").get("/metrics").text
    assert 'tracker_source_silent{source="HubSpot"} 1.0' in later
    assert 'tracker_source_silent{source="crm"} 0.0' in later
    assert f"{NOW.timestamp():.6e}"[:8] in text
    assert "anna" not in text.lower()


def connect(cast: Cast) -> None:
    new = NewConnection("hubspot", "hubspot", "https://api.hubapi.com", "pat-1", "secret")
    with cast.database.write() as connection:
        connections.add(connection, new, NOW)


def test_a_connected_crm_says_whether_it_can_be_read_and_what_is_still_to_be_fetched(
    cast: Cast,
) -> None:
    connect(cast)
    assert "nothing has come in yet" in seen(cast, "ida", "/sources")
    with cast.database.write() as connection:
        trouble = "it does not accept the access token"
        connections.note_trouble(connection, "hubspot", trouble, NOW, 900)
    assert "It cannot be read: it does not accept the access token" in seen(cast, "ida", "/sources")
    send(cast, source="hubspot")
    with cast.database.write() as connection:
        connections.want(connection, "hubspot", [Wanted("1"), Wanted("2")], NOW)
        connections.note_pulled(connection, "hubspot", NOW)
    page = seen(cast, "ida", "/sources")
    assert "It cannot be read" not in page
    assert "Still to be fetched" in page
    assert "pat-1" not in page


def test_a_crm_that_was_asked_and_had_nothing_new_is_not_silent(cast: Cast) -> None:
    connect(cast)
    send(cast, source="hubspot")
    with clock.stopped_at(NOW + timedelta(hours=5)):
        assert "nothing for 5 h (since 10:30)" in seen(cast, "anna", "/me")
        with cast.database.write() as connection:
            connections.note_pulled(connection, "hubspot", clock.now())
        assert "hidden>hubspot: nothing for 0 h (since 15:30)" in seen(cast, "anna", "/me")


def test_deals_from_before_a_crm_was_connected_tell_nothing_of_its_lag(cast: Cast) -> None:
    send(cast, 1, timedelta(days=300), source="hubspot")
    connect(cast)
    with cast.database.read() as connection:
        (source,) = [one for one in sources.all_sources(connection, NOW) if one.name == "hubspot"]
    assert source.lag_median is None
    with clock.stopped_at(NOW + timedelta(minutes=1)):
        send(cast, 2, timedelta(seconds=3), source="hubspot")
        with cast.database.read() as connection:
            (source,) = [
                one for one in sources.all_sources(connection, NOW) if one.name == "hubspot"
            ]
    assert source.lag_median == source.lag_p95 == timedelta(seconds=3)
