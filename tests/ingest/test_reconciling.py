"""A source's own list of deals is held against ours: each gap is found once, mended where it can be, and remembered."""

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from tests.builders import a_deal, an_event, shared_by
from tests.ingest.conftest import Company
from tests.ingest.fake_hubspot import TOKEN, FakeHubSpot, running_hubspot
from tests.ingest.records import NOW, record
from tracker import clock, flow, flow_connections, reconciling
from tracker.config import load_settings
from tracker.engine.deals import DealStatus
from tracker.errors import BadInput, Conflict, NotFound
from tracker.ingest.connectors.pulling import Puller
from tracker.ingest.connectors.shape import Listed
from tracker.ingest.reconciling import schedule
from tracker.ingest.reconciling.command import reconcile
from tracker.ingest.reconciling.comparing import Gap, compare
from tracker.ingest.reconciling.crm_mending import CrmMending, listing_of
from tracker.ingest.reconciling.listing import in_order, listed_in_file
from tracker.ingest.reconciling.reconcile import Comparison
from tracker.store import deals, reconciliations
from tracker.store.connections import NewConnection
from tracker.store.reconciliations import Held, Reconciliation

ZONE = ZoneInfo("Europe/Copenhagen")
THERE = [Listed("a", 1), Listed("b", 3), Listed("c", 1), Listed("é", 1)]


def have(company: Company, source: str = "crm", **versions: int) -> None:
    """We have these deals of a source, each at a version."""
    anna = company.payee_ids["anna@firma.dk"]
    events = [
        an_event(
            a_deal(f"{source}:{deal_id}", credit_shares=shared_by(anna)),
            source=source,
            event_id=f"{source}-{deal_id}-{version}",
            version=version,
        )
        for deal_id, version in versions.items()
    ]
    assert {one.kind for one in flow.record_deal_events(company.database, events, clock.now())} <= {
        "recorded"
    }


@dataclass
class FakeMending:
    """Has the deals that it is asked for, or not."""

    company: Company
    has: dict[str, int]
    on_its_way: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def catch_up(self) -> None:
        have(self.company, **self.on_its_way)

    def fetch(self, deal_ids: Sequence[str]) -> None:
        self.asked += deal_ids
        have(self.company, **{one: self.has[one] for one in deal_ids if one in self.has})


def gaps_of(company: Company, source: str = "crm") -> list[tuple[str, str]]:
    with company.database.read() as connection:
        return [(g.kind, g.deal_key) for g in reconciliations.open_gaps(connection, source, 0, 100)]


def latest(company: Company, source: str = "crm") -> Reconciliation:
    with company.database.read() as connection:
        return reconciliations.latest_by_source(connection)[source]


def test_two_lists_in_order_are_compared_one_deal_at_a_time() -> None:
    theirs = [Listed("a", 1), Listed("b", 5), Listed("c", 1), Listed("f", 2)]
    ours = [Held("b", 4, True, 7), Held("c", 9, True, 8), Held("d", 1, True, 9)]
    ours += [Held("e", 1, False, 10), Held("f", 2, False, 11), Held("g", 1, True, 12)]
    assert list(compare(theirs, ours)) == [
        Gap("missing", "a", 1),
        Gap("older", "b", 5, 7),
        Gap("gone", "d", event_id=9),
        Gap("gone", "g", event_id=12),
    ]
    assert list(compare([], [])) == []


def test_a_list_is_put_in_order_and_a_deal_listed_twice_counts_once() -> None:
    shuffled = [Listed(deal_id, 1) for deal_id in ("10", "9", "é", "Z", "a", "9")]
    with in_order([*shuffled, Listed("a", 7)]) as ordered:
        assert ordered.count == 7
        assert list(ordered) == [
            *(Listed("10", 1), Listed("9", 1), Listed("Z", 1), Listed("a", 7), Listed("é", 1))
        ]


def test_a_long_list_takes_no_more_memory_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.ingest.reconciling.listing.SORTED_AT_ONCE_COUNT", 2_000)

    def peak_bytes(count: int) -> int:
        listed = (Listed(str(number * 7919 % count), 1) for number in range(count))
        tracemalloc.start()
        with in_order(listed) as ordered:
            assert sum(1 for _ in compare(ordered, [])) == count
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak_bytes(16_000) < 2 * peak_bytes(4_000)


def test_gaps_are_found_fetched_and_remembered(company_on_each: Company) -> None:
    company = company_on_each
    have(company, a=1, b=2, d=1)
    have(company, source="other", z=1)
    mending = FakeMending(company, has={"b": 3, "c": 1})
    done = Comparison(company.database, "crm", "nightly", mending).run(reversed(THERE))
    assert (done.missing_count, done.older_count, done.gone_count) == (2, 1, 1)
    assert sorted(mending.asked) == ["b", "c", "d", "é"]
    assert (done.mended_count, done.left_count) == (2, 2)
    assert sorted(gaps_of(company)) == [("gone", "crm:d"), ("missing", "crm:é")]
    assert latest(company) == done


def test_a_gap_is_noted_once_until_a_comparison_no_longer_finds_it(company: Company) -> None:
    for _ in range(2):
        done = Comparison(company.database, "crm", "ida").run(THERE[:1])
        assert done.left_count == 1
        assert gaps_of(company) == [("missing", "crm:a")]
    have(company, a=1)
    assert Comparison(company.database, "crm", "ida").run(THERE[:1]).gap_count == 0
    assert gaps_of(company) == []


def test_what_is_on_its_way_or_came_in_meanwhile_is_no_gap(company: Company) -> None:
    have(company, a=1, b=2)
    mending = FakeMending(company, has={}, on_its_way={"b": 3})

    def listing() -> Iterator[Listed]:
        yield from THERE[:2]
        have(company, new=1)

    assert Comparison(company.database, "crm", "ida", mending).run(listing()).gap_count == 0


def test_a_deal_that_waits_to_be_put_right_is_known_and_no_gap(company: Company) -> None:
    unknown_rep = record(source="crm", deal_id="a", deal__credits=[{"rep": "nobody@firma.dk"}])
    assert company.post(unknown_rep).json["outcomes"][0]["outcome"] == "quarantined"
    assert Comparison(company.database, "crm", "ida").run(THERE[:1]).gap_count == 0


def test_more_gaps_than_a_person_can_work_through_are_counted_only(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliations, "KEPT_GAPS_MAX", 3)
    done = Comparison(company.database, "crm", "ida").run(Listed(str(n), 1) for n in range(1_200))
    assert done.missing_count == 1_200
    assert len(gaps_of(company)) == 3


def test_only_one_process_compares_a_source_at_a_time(company: Company) -> None:
    def listing() -> Iterator[Listed]:
        with pytest.raises(Conflict):
            Comparison(company.database, "crm", "ida").run([])
        yield from THERE

    assert Comparison(company.database, "crm", "ida").run(listing()).missing_count == 4


# --- HubSpot


@pytest.fixture
def hubspot(company: Company) -> Iterator[FakeHubSpot]:
    with running_hubspot(NOW - timedelta(days=2)) as crm:
        new = NewConnection("hubspot", "hubspot", crm.address, TOKEN, "secret")
        flow_connections.connect(company.database, new, "ida", NOW)
        yield crm


def compare_hubspot(company: Company) -> Reconciliation:
    puller = Puller(
        company.database, lambda work: work(company.database), ZONE, "hubspot", pause=lambda _: None
    )
    mending = CrmMending(puller, lambda _: None)
    return Comparison(company.database, "hubspot", "nightly", mending).run(listing_of(puller))


def test_a_deal_that_the_search_of_hubspot_never_showed_is_found_and_fetched(
    company: Company, hubspot: FakeHubSpot
) -> None:
    for number in range(1, 4):
        hubspot.put(number)
    assert compare_hubspot(company).gap_count == 0
    hubspot.put(4)
    hubspot.deals["4"]["changed_ms"] -= 86_400_000  # indexed late: the cursor has passed it
    hubspot.purge(2)
    hubspot.now_ms += 60_000
    done = compare_hubspot(company)
    assert (done.missing_count, done.older_count, done.gone_count) == (1, 0, 1)
    assert (done.mended_count, done.left_count) == (2, 0)
    with company.database.read() as connection:
        assert deals.deal(connection, "hubspot:4") is not None
        assert deals.deal(connection, "hubspot:2").status is DealStatus.CANCELLED


def test_each_crm_is_due_once_a_night_in_the_companys_time(
    company: Company, hubspot: FakeHubSpot
) -> None:
    settings = load_settings({})

    def due_at(local: str) -> list[str]:
        moment = NOW.astimezone(ZONE).replace(hour=int(local[:2]), minute=int(local[3:]))
        return schedule.due_sources(settings, company.database, moment)

    assert due_at("02:59") == []
    assert due_at("03:00") == ["hubspot"]
    with clock.stopped_at(NOW.astimezone(ZONE).replace(hour=3, minute=1)):
        compare_hubspot(company)
    assert due_at("03:02") == []
    assert schedule.due_sources(settings, company.database, NOW + timedelta(days=1)) == ["hubspot"]


def test_a_comparison_in_the_background_ends_by_itself_and_leaves_what_it_found(
    company: Company, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    hubspot.put(1)
    settings = load_settings(
        {
            "TRACKER_DATA": str(tmp_path),
            "TRACKER_DATABASE_URL": company.database.url.render_as_string(hide_password=False),
        }
    )
    reconciling.start(settings, "hubspot", "ida@firma.dk")
    assert reconciling.is_running("hubspot")
    reconciling.start(settings, "hubspot", "ida@firma.dk")
    assert reconciling._running["hubspot"].wait(timeout=60) == 0
    assert not reconciling.is_running("hubspot")
    assert not reconciling.has_failed("hubspot")
    found = latest(company, "hubspot")
    assert (found.listed_count, found.gap_count, found.by) == (1, 0, "ida@firma.dk")


# --- from a file, by command


def run(company: Company, *arguments: str) -> tuple[int, str]:
    environment = {
        "TRACKER_DATABASE_URL": company.database.url.render_as_string(hide_password=False)
    }
    answer = CliRunner().invoke(reconcile, arguments, env=environment, standalone_mode=False)
    if answer.exception is not None:
        raise answer.exception
    return answer.return_value, answer.output


def test_a_source_that_cannot_be_asked_is_compared_with_a_file(
    company: Company, tmp_path: Path
) -> None:
    have(company, source="files", **{"d-1": 5, "d-2": 5})
    listing = tmp_path / "list.csv"
    listing.write_text("\ufeffversion;name;id\n5;Nordwind;d-1\n6;;d-2\n;;d-3\n")
    code, told = run(company, "files", "--list", str(listing))
    assert code == 1
    assert "files lists 3 deals; 1 missing here, 1 older here. 0 mended, 2 left." in told
    assert "missing  files:d-3" in told
    listing.write_text("id\nd-1\nd-2\n")
    assert run(company, "files", "--list", str(listing)) == (
        0,
        "files lists 2 deals; we have them all as they are.\n",
    )


def test_every_line_of_a_list_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    listing = tmp_path / "list.csv"
    listing.write_text("id,version\nd-1,5\n,1\nd-3,newest\n")
    with pytest.raises(BadInput) as refused:
        list(listed_in_file(listing))
    assert [problem.where for problem in refused.value.problems] == ["line 3", "line 4"]


def test_a_source_nobody_knows_or_that_cannot_be_asked_is_said_plainly(company: Company) -> None:
    with pytest.raises(NotFound, match="nosuch"):
        run(company, "nosuch")
    have(company, source="files", a=1)
    with pytest.raises(BadInput, match="--list"):
        run(company, "files")
