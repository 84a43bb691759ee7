"""Who did something, by the name people know them by."""

from collections.abc import Callable

from tracker.pages import context
from tracker.store import people
from tracker.store.types import Connection


def own_email(connection: Connection) -> str:
    """What the acts of whoever is signed in are recorded under."""
    person = people.person(connection, context.principal().person_id or 0)
    assert person is not None, "whoever is signed in is somebody"
    return person.email


def name_finder(connection: Connection) -> Callable[[str], str]:
    """From what an act was recorded under to a name; what is nobody's address stays as it is."""
    names = {person.email: person.name for person in people.people(connection)}
    return lambda recorded_by: names.get(recorded_by, recorded_by)
