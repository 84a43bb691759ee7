"""What belongs to signing in. A change of what somebody may see or do ends their sessions, sockets included."""

from datetime import datetime

from sqlalchemy import Connection, select

from tracker.store import outbox, people, sessions
from tracker.store.outbox import OutboxChange
from tracker.store.tables import person


def has_admin(connection: Connection) -> bool:
    """Whether anybody ever was made administrator; from then on nobody can be by a setup link."""
    found = select(person.c.id).where(person.c.role == "admin").limit(1)
    return connection.execute(found).one_or_none() is not None


def set_choices(
    connection: Connection,
    person_id: int,
    locale: str | None,
    theme: str,
    is_on_wall: bool,
    now: datetime,
) -> None:
    """What a person chooses about their own pages and about being named on the wall; both hear of it."""
    people.change_person(connection, person_id, locale=locale, theme=theme, is_on_wall=is_on_wall)
    payee = people.payee(connection, _payee_id_of(connection, person_id) or 0)
    if payee is not None:
        _announce(connection, now, payee.id, payee.team_id)


def set_password(connection: Connection, person_id: int, password_hash: str, now: datetime) -> None:
    """A new password; whoever is signed in with the old one is signed out."""
    people.change_person(connection, person_id, password_hash=password_hash)
    end_sessions(connection, person_id, now)


def forget_password(connection: Connection, person_id: int, now: datetime) -> None:
    """The old password works no more, and a new one can be chosen without it; signed out everywhere."""
    people.change_person(connection, person_id, password_hash=None)
    end_sessions(connection, person_id, now)


def set_role(connection: Connection, person_id: int, role: str, now: datetime) -> None:
    """Make somebody rep, manager or admin; they sign in again to what they may see now."""
    people.change_person(connection, person_id, role=role)
    end_sessions(connection, person_id, now)


def deactivate(connection: Connection, person_id: int, now: datetime) -> None:
    """The person can no longer sign in, and the wall names them no more; what they did and earned stays."""
    people.change_person(connection, person_id, is_active=False)
    end_sessions(connection, person_id, now)
    payee = people.payee(connection, _payee_id_of(connection, person_id) or 0)
    if payee is not None and payee.team_id is not None:
        announce_access_of_team(connection, payee.team_id, now)


def end_session(connection: Connection, person_id: int, key: str, now: datetime) -> None:
    """Sign a person out in one place, named by its token hash; its sockets hear of it."""
    sessions.revoke_session(connection, key, now)
    announce_access_of_person(connection, person_id, now)


def end_sessions(connection: Connection, person_id: int, now: datetime) -> None:
    """Sign a person out everywhere, open sockets included."""
    sessions.revoke_sessions_of(connection, person_id, now)
    announce_access_of_person(connection, person_id, now)


def announce_access_of_person(connection: Connection, person_id: int, now: datetime) -> None:
    """Tell the live side to look again at what a person's sockets may hear."""
    _announce(connection, now, payee_id=_payee_id_of(connection, person_id))


def announce_access_of_team(connection: Connection, team_id: int, now: datetime) -> None:
    """The same for the walls and the managers of a team, whose pages are drawn anew."""
    _announce(connection, now, team_id=team_id)


def _announce(
    connection: Connection, now: datetime, payee_id: int | None = None, team_id: int | None = None
) -> None:
    outbox.append(connection, [OutboxChange("access", payee_id, team_id)], now)


def _payee_id_of(connection: Connection, person_id: int) -> int | None:
    found = people.person(connection, person_id)
    return None if found is None else found.payee_id
