"""At once after a quiet spell, then at most ten times a second. Time is told, never waited for."""

from tracker.live.pacing import Pacer


def test_a_quiet_room_is_sent_to_at_once() -> None:
    pacer = Pacer()
    pacer.ask("rep:1")
    assert pacer.pause_seconds(5.0) == 0
    assert pacer.take_due(5.0) == ["rep:1"]
    assert pacer.pause_seconds(5.0) is None


def test_a_room_that_was_just_sent_to_waits_for_the_rest_of_its_interval() -> None:
    pacer = Pacer(interval_seconds=0.25)
    pacer.ask("rep:1")
    pacer.take_due(5.0)
    pacer.ask("rep:1")
    assert pacer.take_due(5.125) == []
    assert pacer.pause_seconds(5.125) == 0.125
    assert pacer.take_due(5.25) == ["rep:1"]


def test_a_steady_stream_gives_ten_sends_a_second_and_the_last_change_is_among_them() -> None:
    pacer = Pacer()
    sends = 0
    for millisecond in range(2_000):
        pacer.ask("team:3")
        sends += len(pacer.take_due(100 + millisecond / 1000))
    assert 19 <= sends <= 20
    assert pacer.take_due(103.0) == ["team:3"]


def test_rooms_do_not_wait_for_each_other() -> None:
    pacer = Pacer()
    pacer.ask("rep:1")
    pacer.take_due(5.0)
    pacer.ask("rep:1")
    pacer.ask("rep:2")
    assert pacer.take_due(5.01) == ["rep:2"]


def test_who_waited_longest_comes_first() -> None:
    pacer = Pacer()
    for room in ("rep:3", "rep:1", "rep:2", "rep:3"):
        pacer.ask(room)
    assert pacer.take_due(1.0) == ["rep:3", "rep:1", "rep:2"]


def test_rooms_that_fell_silent_are_forgotten() -> None:
    pacer = Pacer()
    for number in range(1000):
        pacer.ask(f"rep:{number}")
    pacer.take_due(1.0)
    pacer.take_due(2.0)
    assert pacer._sent_at_seconds == {}
