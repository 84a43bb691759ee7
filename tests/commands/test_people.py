"""The commands that let people and programs in."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tracker.cli import main
from tracker.commands.people import key, user
from tracker.config import load_settings
from tracker.store import keys, links, outbox, people
from tracker.store.database import Database
from tracker.store.sessions import live_sessions_of, open_session


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    monkeypatch.setenv("TRACKER_PUBLIC_URL", "https://earnings.example")
    database = Database(load_settings().database_url)
    yield database
    database.dispose()


def user_command(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(user, list(arguments), input=typed, catch_exceptions=False)


def add_anna() -> Result:
    return user_command("add", "--name", "Anna Lund", "--email", "Anna@firma.dk", "--team", "North")


def test_a_rep_is_added_with_team_payee_and_a_link_that_signs_in_once(database: Database) -> None:
    from tracker import clock

    output = add_anna().output
    token = output.partition("https://earnings.example/link/")[2].strip()
    with database.read() as connection:
        anna = people.person_by_email(connection, "anna@firma.dk")
        assert anna
        payee = people.payee(connection, anna.payee_id or 0)
        link = links.sign_in_link(connection, token, clock.now())
    assert payee
    assert (payee.reference, payee.team_id is not None) == ("anna@firma.dk", True)
    assert link
    assert (link.person_id, link.is_reusable) == (anna.id, False)


def test_a_manager_gets_every_named_team(database: Database) -> None:
    user_command(
        "add", "--name", "Mette", "--email", "m@firma.dk", "--role", "manager",
        "--team", "North", "--team", "South",
    )  # fmt: skip
    with database.read() as connection:
        mette = people.person_by_email(connection, "m@firma.dk")
        assert mette
        assert len(people.teams_managed_by(connection, mette.id)) == 2


def test_a_manager_is_given_a_team_and_taken_off_it_and_open_pages_hear_of_it(
    database: Database,
) -> None:
    add_anna()
    user_command("add", "--name", "Mette", "--email", "m@firma.dk", "--role", "manager")

    def managed_and_heard() -> tuple[int, int]:
        with database.read() as connection:
            mette = people.person_by_email(connection, "m@firma.dk")
            assert mette
            teams = people.teams_managed_by(connection, mette.id)
            return len(teams), outbox.last_sequence(connection)

    _, heard_before = managed_and_heard()
    assert user_command("manages", "m@firma.dk", "North").exit_code == 0
    managed, heard = managed_and_heard()
    assert managed == 1
    assert heard > heard_before
    assert user_command("manages", "m@firma.dk", "North", "--no-longer").exit_code == 0
    assert managed_and_heard() == (0, heard + 1)


@pytest.mark.parametrize(
    ("who", "team", "said"),
    [("m@firma.dk", "Nroth", "The teams are: North"), ("anna@firma.dk", "North", "is rep")],
)
def test_only_a_manager_is_given_a_team_and_only_one_that_exists(
    database: Database, capsys: pytest.CaptureFixture[str], who: str, team: str, said: str
) -> None:
    add_anna()
    user_command("add", "--name", "Mette", "--email", "m@firma.dk", "--role", "manager")
    assert main(["user", "manages", who, team]) == 1
    assert said in capsys.readouterr().err


def test_an_imported_payee_is_given_its_person(database: Database) -> None:
    add_anna()
    with database.write() as connection:
        payee_id = people.add_payee(connection, "bo@firma.dk", "Bo", 1)
    user_command("add", "--name", "Bo", "--email", "bo@firma.dk", "--team", "North")
    with database.read() as connection:
        bo = people.person_by_email(connection, "bo@firma.dk")
    assert bo
    assert bo.payee_id == payee_id


def test_adding_somebody_twice_is_refused_and_changes_nothing(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    add_anna()
    arguments = ["user", "add", "--name", "A", "--email", "anna@firma.dk", "--team", "New"]
    assert main(arguments) == 1
    assert "anna@firma.dk" in capsys.readouterr().err
    with database.read() as connection:
        assert len(people.people(connection)) == 1
        assert people.team_named(connection, "New") is None


def test_every_problem_of_a_new_person_is_named_at_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "add", "--name", " ", "--email", "anna"]) == 1
    said = capsys.readouterr().err
    assert all(option in said for option in ("--name", "--email", "--team"))


@pytest.mark.parametrize(
    "command",
    [
        ["password", "anna@firma.dk", "--password", "four quite plain words"],
        ["role", "anna@firma.dk", "manager"],
        ["deactivate", "anna@firma.dk"],
    ],
)
def test_a_change_of_rights_signs_the_person_out(database: Database, command: list[str]) -> None:
    from tracker import clock

    add_anna()
    with database.write() as connection:
        anna = people.person_by_email(connection, "anna@firma.dk")
        assert anna
        open_session(connection, anna.id, clock.now())
    assert user_command(*command).exit_code == 0
    with database.read() as connection:
        assert live_sessions_of(connection, anna.id, clock.now()) == []


def test_a_password_is_asked_for_twice_and_never_shown(database: Database) -> None:
    add_anna()
    typed = "four quite plain words\n" * 2
    output = user_command("password", "anna@firma.dk", typed=typed).output
    assert "plain" not in output
    assert "signed out everywhere" in output


def test_a_weak_password_and_an_unknown_person_are_refused_plainly(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["user", "password", "anna@firma.dk", "--password", "short"]) == 1
    assert "12" in capsys.readouterr().err
    assert main(["user", "link", "nobody@firma.dk"]) == 1
    assert "user list" in capsys.readouterr().err


def test_the_list_names_everybody_and_who_left(database: Database) -> None:
    add_anna()
    user_command("deactivate", "anna@firma.dk")
    assert "anna@firma.dk" in (listed := user_command("list").output)
    assert "deactivated" in listed


def test_a_key_is_printed_once_alone_on_its_line_and_can_be_revoked(database: Database) -> None:
    made = CliRunner().invoke(key, ["create", "CRM", "--scope", "ingest"])
    text = made.stdout.strip()
    with database.read() as connection:
        found = keys.live_key(connection, text)
    assert found
    listed = CliRunner().invoke(key, ["list"]).output
    assert text[:10] in listed
    assert text not in listed
    CliRunner().invoke(key, ["revoke", str(found.id)])
    assert "revoked" in CliRunner().invoke(key, ["list"]).output
