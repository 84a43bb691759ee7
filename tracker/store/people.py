"""Teams, payees (whoever can earn) and people (whoever can sign in), and the company's own choices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from tracker.errors import Conflict
from tracker.store import tables
from tracker.store.statements import (
    insert_or_ignore,
    insert_or_replace,
    inserted_id,
    rows_named,
)

_TEAM_IDS = select(tables.payee.c.id, tables.payee.c.team_id).where(
    tables.payee.c.id.in_(bindparam("payee_ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Team:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Payee:
    """A rep or a team. `reference` is what the sources call it: an e-mail address or a name, folded."""

    id: int
    kind: str
    reference: str
    name: str
    team_id: int | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in. Only the password's hash is kept; None: no password yet."""

    id: int
    name: str
    email: str
    role: str
    payee_id: int | None
    password_hash: str | None
    locale: str | None
    theme: str
    is_on_wall: bool
    is_active: bool
    created_at: datetime


def fold(text: str) -> str:
    """A reference or e-mail address as it is compared: ANNA@firma.dk is anna@firma.dk."""
    return text.strip().casefold()


# --- teams


def add_team(connection: Connection, name: str) -> int:
    """The id of a new team. Raises Conflict when there is one of that name."""
    if team_named(connection, name) is not None:
        raise Conflict(f"There is already a team called {name!r}. Use it, or choose another name.")
    return inserted_id(connection, insert(tables.team).values(name=name))


def team(connection: Connection, team_id: int) -> Team | None:
    row = connection.execute(select(tables.team).where(tables.team.c.id == team_id)).one_or_none()
    return None if row is None else Team(*row)


def team_named(connection: Connection, name: str) -> Team | None:
    row = connection.execute(select(tables.team).where(tables.team.c.name == name)).one_or_none()
    return None if row is None else Team(*row)


def teams(connection: Connection) -> list[Team]:
    """Every team, by name."""
    found = [Team(*row) for row in connection.execute(select(tables.team))]
    return sorted(found, key=lambda team: team.name)


# --- payees


def add_payee(
    connection: Connection, reference: str, name: str, team_id: int | None, kind: str = "rep"
) -> int:
    """The id of a new payee. Raises Conflict when the reference is taken."""
    if payee_by_reference(connection, reference) is not None:
        raise Conflict(f"{fold(reference)!r} already stands for somebody. Use another reference.")
    new = {"reference": fold(reference), "name": name, "team_id": team_id, "kind": kind}
    return inserted_id(connection, insert(tables.payee).values(new))


def payee(connection: Connection, payee_id: int) -> Payee | None:
    return next(iter(_payees(connection, tables.payee.c.id == payee_id)), None)


def payee_by_reference(connection: Connection, reference: str) -> Payee | None:
    return next(iter(_payees(connection, tables.payee.c.reference == fold(reference))), None)


def payees_by_reference(connection: Connection, references: Collection[str]) -> dict[str, Payee]:
    """The payees that the sources call by these folded references, by reference."""
    named = [(reference,) for reference in sorted(references)]
    rows = rows_named(connection, tables.payee, ("reference",), named)
    return {row.reference: Payee(**row._mapping) for row in rows}


def payees_by_email(connection: Connection, emails: Collection[str]) -> dict[str, Payee]:
    """The payees whose people have these folded e-mail addresses, by address."""
    person = tables.person.c
    rows = connection.execute(
        select(person.email, tables.payee)
        .join(tables.payee, tables.payee.c.id == person.payee_id)
        .where(person.email.in_(sorted(emails)))
    )
    return {row[0]: Payee(*row[1:]) for row in rows}


def payees(connection: Connection) -> list[Payee]:
    """Every payee, those who left included, by name."""
    return _payees(connection)


def payees_of_team(connection: Connection, team_id: int) -> list[Payee]:
    """The active reps of a team, by name; the team itself is a payee, too, but not one of them."""
    payee = tables.payee.c
    return _payees(connection, payee.team_id == team_id, payee.kind == "rep", payee.is_active)


def team_ids_of(connection: Connection, payee_ids: Collection[int]) -> dict[int, int | None]:
    """The team of each of these payees; one that does not exist is left out."""
    rows = connection.execute(_TEAM_IDS, {"payee_ids": sorted(payee_ids)})
    return {row.id: row.team_id for row in rows}


def seats(connection: Connection) -> dict[int, int | None]:
    """The team that everybody sits in."""
    return {payee.id: payee.team_id for payee in _payees(connection)}


def change_payee(connection: Connection, payee_id: int, **columns: Any) -> None:
    """Set some of name, team_id and is_active."""
    connection.execute(update(tables.payee).where(tables.payee.c.id == payee_id).values(columns))


def _payees(connection: Connection, *conditions: Any) -> list[Payee]:
    rows = connection.execute(select(tables.payee).where(*conditions))
    return sorted((Payee(**row._mapping) for row in rows), key=lambda payee: (payee.name, payee.id))


# --- people


def add_person(
    connection: Connection,
    name: str,
    email: str,
    role: str,
    created_at: datetime,
    payee_id: int | None = None,
    password_hash: str | None = None,
    **preferences: Any,
) -> int:
    """The id of a new person; `preferences` may set locale, theme and is_on_wall. Raises Conflict."""
    if person_by_email(connection, email) is not None:
        raise Conflict(f"{fold(email)!r} already belongs to somebody. Use another address.")
    if payee_id is not None and person_of_payee(connection, payee_id) is not None:
        raise Conflict(f"Somebody else already signs in as payee {payee_id}. Choose another payee.")
    new = {
        "name": name,
        "email": fold(email),
        "role": role,
        "created_at": created_at,
        "payee_id": payee_id,
        "password_hash": password_hash,
        **preferences,
    }
    return inserted_id(connection, insert(tables.person).values(new))


def person(connection: Connection, person_id: int) -> Person | None:
    return next(iter(_people(connection, tables.person.c.id == person_id)), None)


def person_by_email(connection: Connection, email: str) -> Person | None:
    return next(iter(_people(connection, tables.person.c.email == fold(email))), None)


def person_of_payee(connection: Connection, payee_id: int) -> Person | None:
    return next(iter(_people(connection, tables.person.c.payee_id == payee_id)), None)


def people(connection: Connection) -> list[Person]:
    """Everyone, those who left included, by name."""
    return _people(connection)


def people_on_wall(connection: Connection, team_id: int) -> list[Person]:
    """The active people of a team who agreed to be named on its wall."""
    member = tables.payee.c.id == tables.person.c.payee_id
    rows = connection.execute(
        select(tables.person)
        .join(tables.payee, member)
        .where(
            tables.payee.c.team_id == team_id,
            tables.payee.c.is_active,
            tables.person.c.is_on_wall,
            tables.person.c.is_active,
        )
    )
    return sorted((_person(row) for row in rows), key=lambda person: (person.name, person.id))


def change_person(connection: Connection, person_id: int, **columns: Any) -> None:
    """Set some of the columns of a person, such as password_hash, role, locale, theme or is_active."""
    connection.execute(update(tables.person).where(tables.person.c.id == person_id).values(columns))


def is_anyone_there(connection: Connection) -> bool:
    """Whether there is a person at all; if not, the first admin is still to come."""
    return bool(connection.scalar(select(func.count()).select_from(tables.person)))


def _people(connection: Connection, *conditions: Any) -> list[Person]:
    rows = connection.execute(select(tables.person).where(*conditions))
    return sorted((_person(row) for row in rows), key=lambda person: (person.name, person.id))


def _person(row: Row[Any]) -> Person:
    return Person(**row._mapping)


# --- managers


def set_manager(
    connection: Connection, team_id: int, person_id: int, is_manager: bool = True
) -> None:
    """Let a person manage a team, or no longer. Doing it twice changes nothing."""
    if is_manager:
        pair = {"team_id": team_id, "person_id": person_id}
        insert_or_ignore(connection, tables.team_manager, [pair])
        return
    manages = tables.team_manager.c
    connection.execute(
        delete(tables.team_manager).where(
            manages.team_id == team_id, manages.person_id == person_id
        )
    )


def teams_managed_by(connection: Connection, person_id: int) -> list[int]:
    """The ids of the teams a person manages."""
    manages = tables.team_manager.c
    rows = connection.execute(select(manages.team_id).where(manages.person_id == person_id))
    return sorted(rows.scalars())


# --- the company's choices


def setting(connection: Connection, name: str, default: str) -> str:
    """A choice an admin made, or the default when nobody did."""
    value = connection.scalar(select(tables.setting.c.value).where(tables.setting.c.name == name))
    return default if value is None else value


def put_setting(connection: Connection, name: str, value: str) -> None:
    insert_or_replace(connection, tables.setting, [{"name": name, "value": value}])
