"""What goes over the wire is declared, and nothing else can."""

import pytest

from tracker.live.messages import Away, Celebration, Fragment, Joined, Message, Resync, SignedOut

EXAMPLES: list[Message] = [
    Joined({"rep:1": 4}),
    Fragment("rep:1", "<p>", 5, 4, "2026-11-22T10:00:00+00:00"),
    Celebration("team:3", 5, "Anna", "AN", "Anna won", "and took", "4 % to step 3"),
    Resync("scope_changed"),
    Away(),
    SignedOut(),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: message.event)
def test_a_message_survives_the_wire(message: Message) -> None:
    assert type(message).parse(message.payload()) == message


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda message: message.event)
def test_an_unknown_field_is_refused_by_name(message: Message) -> None:
    with pytest.raises(ValueError, match="earned_minor"):
        type(message).parse({**message.payload(), "earned_minor": 1})


def test_every_message_has_a_name_of_its_own() -> None:
    names = [message.event for message in EXAMPLES]
    assert len(set(names)) == len(names)
    assert set(names) == {kind.event for kind in Message.__subclasses__()}


def test_a_celebration_has_no_field_for_money() -> None:
    with pytest.raises(TypeError):
        Celebration("team:3", 5, "", "", "", "", "", amount_minor=5)  # type: ignore[call-arg]
