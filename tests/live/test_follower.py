"""What the follower renders, for whom, and what it does when a page cannot be rendered."""

from dataclasses import dataclass, field

import pytest
from flask import Flask

from tracker.errors import Unavailable
from tracker.live.audiences import Change, rooms_for, split_room
from tracker.live.follower import AWAY_AFTER_SECONDS, Follower
from tracker.live.messages import Away, Celebration, Fragment, Message, Resync
from tracker.live.renderers import Rendered
from tracker.logs import line_of
from tracker.store.outbox import OutboxChange


@dataclass
class FakeRooms:
    """Rooms with members, and what was said in them."""

    members: dict[str, list[str]] = field(default_factory=dict)
    said: list[tuple[str, Message]] = field(default_factory=list)
    rechecks_count: int = 0

    def variants(self, room: str) -> list[tuple[str, str]]:
        return [(f"{room}:{locale}", locale) for locale in self.members.get(room, [])]

    def send(self, message: Message, room: str) -> None:
        self.said.append((room, message))

    def send_to_all(self, message: Message) -> None:
        self.said.append(("everybody", message))

    def recheck(self) -> None:
        self.rechecks_count += 1


class Company:
    """An outbox in memory, a clock that is told, and a follower of both."""

    def __init__(self, **members: list[str]) -> None:
        self.rooms = FakeRooms({name.replace("_", ":"): who for name, who in members.items()})
        self.changes: list[OutboxChange] = []
        self.rendered: list[tuple[str, int, str]] = []
        self.broken: set[str] = set()
        self.is_away = False
        self.seconds = 100.0
        self.follower = Follower(
            Flask("company"),
            self.rooms,
            changes_after=self.changes_after,
            last_sequence=lambda: len(self.changes),
            sequence_of=self.sequence_of,
            renderers={kind: self.renderer(kind) for kind in ("rep", "team", "manager")},
            celebrators={"team": self.cheer},
            poll_seconds=1,
            now_seconds=lambda: self.seconds,
        )
        self.follower.step()
        for room in self.rooms.members:  # as each socket does when it joins
            self.follower.sequence_of(room)

    def changes_after(self, sequence: int, limit: int) -> list[OutboxChange]:
        if self.is_away:
            raise Unavailable("The database does not answer.")
        return self.changes[sequence : sequence + limit]

    def sequence_of(self, room: str) -> int:
        concerned = [change.sequence for change in self.changes if room in rooms_for(change)]
        return max(concerned, default=0)

    def renderer(self, kind: str):  # type: ignore[no-untyped-def]
        def render(app: Flask, owner_id: int, locale: str) -> Rendered:
            if f"{kind}:{owner_id}" in self.broken:
                raise RuntimeError("earned 123456")
            self.rendered.append((kind, owner_id, locale))
            return Rendered(f"{kind} {owner_id}", self.sequence_of(f"{kind}:{owner_id}"))

        return render

    def cheer(self, app: Flask, change: Change, locale: str) -> dict[str, str]:
        words = dict.fromkeys(("person", "initials", "team_line", "step_line"), "")
        return {**words, "headline": f"A win for deal {change.deal_key}"}

    def happens(self, payee_id: int | None, team_id: int | None = None, **more: object) -> None:
        sequence = len(self.changes) + 1
        kind = str(more.pop("kind", "earnings"))
        change = OutboxChange(kind, payee_id, team_id, sequence=sequence, **more)  # type: ignore[arg-type]
        self.changes.append(change)

    def later(self, seconds: float = 1.0) -> None:
        self.seconds += seconds
        self.follower.step()

    def fragments(self, room: str) -> list[Fragment]:
        return [
            said for name, said in self.rooms.said if name == room and isinstance(said, Fragment)
        ]


def test_a_database_that_stays_away_is_said_once_and_so_is_its_return() -> None:
    company = Company(rep_1=["en"])
    company.is_away = True
    for _ in range(5):
        company.follower.try_step()
        company.seconds += AWAY_AFTER_SECONDS
    assert company.rooms.said == [("everybody", Away())]
    company.is_away = False
    company.follower.try_step()
    company.follower.try_step()
    assert company.rooms.said[1:] == [("everybody", Resync("back"))]


def test_a_database_that_stumbles_for_a_moment_disturbs_nobody() -> None:
    company = Company(rep_1=["en"])
    company.is_away = True
    company.follower.try_step()
    company.is_away = False
    company.follower.try_step()
    assert company.rooms.said == []


def test_only_rooms_that_somebody_is_in_are_rendered() -> None:
    company = Company(rep_1=["en"])
    company.happens(1, 3)
    company.happens(2, 3)
    company.later()
    assert company.rendered == [("rep", 1, "en")]


def test_each_language_of_a_room_is_rendered_once() -> None:
    company = Company(manager_3=["da", "en"])
    for payee_id in range(20):
        company.happens(payee_id, 3)
    company.later()
    assert company.rendered == [("manager", 3, "da"), ("manager", 3, "en")]


def test_every_fragment_names_the_one_before_it() -> None:
    company = Company(rep_1=["en"])
    for _ in range(3):
        company.happens(1)
        company.happens(2)
        company.later()
    assert [(f.previous_sequence, f.sequence) for f in company.fragments("rep:1:en")] == [
        (0, 1),
        (1, 3),
        (3, 5),
    ]


def test_what_a_room_was_already_shown_is_not_rendered_again() -> None:
    company = Company(rep_1=["en"])
    company.happens(1)
    company.follower._changes_after = lambda sequence, limit: company.changes[
        sequence : sequence + 1
    ][: max(0, 1 - sequence)]
    company.happens(1)  # committed while the first is on its way: the rendering shows both
    company.later()
    company.follower._changes_after = lambda sequence, limit: company.changes[sequence:]
    company.later()
    assert [fragment.sequence for fragment in company.fragments("rep:1:en")] == [2]


def test_a_room_that_was_left_and_entered_again_starts_from_what_it_would_read() -> None:
    company = Company(rep_1=["en"])
    company.happens(1)
    company.later()
    company.rooms.members.clear()
    company.happens(1)
    company.later()
    assert company.follower.sequence_of("rep:1") == 2


def test_a_busy_room_hears_the_first_change_at_once_and_the_last_one_soon() -> None:
    company = Company(rep_1=["en"])
    for _ in range(50):
        company.happens(1)
        company.later(0.01)
    company.later()
    sequences = [fragment.sequence for fragment in company.fragments("rep:1:en")]
    assert sequences[0] == 1
    assert sequences[-1] == 50
    assert len(sequences) <= 7


def test_a_room_that_cannot_be_rendered_is_told_to_fetch_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    company = Company(rep_1=["en"], rep_2=["en"])
    company.broken = {"rep:1"}
    company.happens(1)
    company.happens(2)
    company.later()
    assert ("rep:1:en", Resync("not_rendered")) in company.rooms.said
    assert len(company.fragments("rep:2:en")) == 1
    (said,) = [line_of(record) for record in caplog.records if record.levelname == "ERROR"]
    assert said["room"] == "rep:1"
    assert "123456" not in str(said)


def test_a_win_is_cheered_in_the_rooms_that_cheer() -> None:
    company = Company(team_3=["da"], manager_3=["en"])
    company.happens(1, 3, kind="deal", deal_key="hubspot/d-77", is_win=True)
    company.later()
    cheers = [(room, said) for room, said in company.rooms.said if isinstance(said, Celebration)]
    assert [room for room, _ in cheers] == ["team:3:da"]
    assert cheers[0][1].headline == "A win for deal hubspot/d-77"


def test_an_import_of_many_wins_cheers_only_the_latest() -> None:
    company = Company(team_3=["en"])
    for number in range(500):
        company.happens(number, 3, kind="deal", deal_key=f"d-{number}", is_win=True)
    company.later()
    cheers = [said for _, said in company.rooms.said if isinstance(said, Celebration)]
    assert len(cheers) == 20
    assert cheers[-1].headline == "A win for deal d-499"


def test_a_win_that_cannot_be_cheered_stops_nothing() -> None:
    company = Company(team_3=["en"])
    company.follower._celebrators = {"team": lambda app, change, locale: {"amount_minor": "5"}}
    company.happens(1, 3, is_win=True)
    company.later()
    assert len(company.fragments("team:3:en")) == 1
    assert not [said for _, said in company.rooms.said if isinstance(said, Celebration)]


def test_nothing_from_before_the_start_is_told_again() -> None:
    company = Company()
    company.happens(1)
    fresh = Company(rep_1=["en"])
    fresh.changes.extend(company.changes)
    fresh.follower._position = None
    fresh.later()
    assert fresh.rendered == []


def test_a_room_says_whose_it_is() -> None:
    assert rooms_for(OutboxChange("earnings", 7, 3)) == ("rep:7", "team:3", "manager:3")
    assert rooms_for(OutboxChange("access")) == ()
    assert split_room("manager:3") == ("manager", 3)
