"""Teams, payees, people and the company's choices."""

from datetime import UTC, datetime

import pytest

from tracker.errors import Conflict
from tracker.store import people
from tracker.store.database import Database

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_a_reference_is_found_however_it_is_written(database: Database) -> None:
    with database.write() as connection:
        payee_id = people.add_payee(connection, " Anna@Firma.dk ", "Anna", None)
        found = people.payee_by_reference(connection, "ANNA@firma.DK")
    assert found is not None
    assert (found.id, found.reference, found.is_active) == (payee_id, "anna@firma.dk", True)


def test_names_that_are_taken_are_refused_plainly(database: Database) -> None:
    with database.write() as connection:
        people.add_team(connection, "North")
        payee_id = people.add_payee(connection, "anna", "Anna", None)
        people.add_person(connection, "Anna", "anna@firma.dk", "rep", AT, payee_id)
        with pytest.raises(Conflict, match="North"):
            people.add_team(connection, "North")
        with pytest.raises(Conflict, match="anna"):
            people.add_payee(connection, "ANNA", "Another", None)
        with pytest.raises(Conflict, match=r"anna@firma\.dk"):
            people.add_person(connection, "Anna", "ANNA@firma.dk", "rep", AT)
        with pytest.raises(Conflict, match="signs in"):
            people.add_person(connection, "Bo", "bo@firma.dk", "rep", AT, payee_id)


def test_a_team_is_its_active_payees_by_name(database: Database) -> None:
    with database.write() as connection:
        north, south = people.add_team(connection, "North"), people.add_team(connection, "South")
        bo = people.add_payee(connection, "bo", "Bo", north)
        anna = people.add_payee(connection, "anna", "Anna", north)
        gone = people.add_payee(connection, "carl", "Carl", north)
        people.add_payee(connection, "dan", "Dan", south)
        people.change_payee(connection, gone, is_active=False)
        assert [payee.id for payee in people.payees_of_team(connection, north)] == [anna, bo]
        assert people.team_ids_of(connection, {anna, gone, 99}) == {anna: north, gone: north}
        assert [team.name for team in people.teams(connection)] == ["North", "South"]


def test_only_people_who_agreed_are_on_the_wall_of_their_team(database: Database) -> None:
    with database.write() as connection:
        north = people.add_team(connection, "North")
        for name, is_on_wall in (("anna", True), ("bo", False)):
            payee_id = people.add_payee(connection, name, name.title(), north)
            people.add_person(
                connection, name, f"{name}@x.dk", "rep", AT, payee_id, is_on_wall=is_on_wall
            )
        assert [person.name for person in people.people_on_wall(connection, north)] == ["anna"]


def test_a_manager_manages_until_told_otherwise(database: Database) -> None:
    with database.write() as connection:
        north, south = people.add_team(connection, "North"), people.add_team(connection, "South")
        mette = people.add_person(connection, "Mette", "mette@x.dk", "manager", AT)
        for team_id in (south, north, north):
            people.set_manager(connection, team_id, mette)
        assert people.teams_managed_by(connection, mette) == [north, south]
        people.set_manager(connection, south, mette, is_manager=False)
        assert people.teams_managed_by(connection, mette) == [north]


def test_a_setting_has_its_default_until_it_is_made(database: Database) -> None:
    with database.write() as connection:
        assert people.setting(connection, "managers_see_pay", "no") == "no"
        for value in ("yes", "no", "yes"):
            people.put_setting(connection, "managers_see_pay", value)
        assert people.setting(connection, "managers_see_pay", "no") == "yes"


def test_a_person_is_what_was_written(database: Database) -> None:
    with database.write() as connection:
        assert not people.is_anyone_there(connection)
        ida = people.add_person(connection, "Ida", "Ida@X.dk", "admin", AT, locale="da")
        people.change_person(connection, ida, theme="dark", password_hash="hash")
        found = people.person(connection, ida)
        assert people.is_anyone_there(connection)
    assert found == people.Person(
        ida, "Ida", "ida@x.dk", "admin", None, "hash", "da", "dark", False, True, AT
    )
