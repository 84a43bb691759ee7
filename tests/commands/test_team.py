"""The command that says who belongs to a team and who leads it."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tracker import clock
from tracker.cli import main
from tracker.config import load_settings
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.store import memberships, people
from tracker.store.database import Database

ANNA = ("user", "add", "--name", "Anna Lund", "--email", "anna@firma.dk", "--team", "North")
METTE = ("user", "add", "--name", "Mette", "--email", "mette@firma.dk", "--role", "manager")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    database = Database(load_settings().database_url)
    assert main(list(ANNA)) == 0
    yield database
    database.dispose()


def facts(database: Database) -> list[Membership]:
    with database.read() as connection:
        return memberships.all_memberships(connection)


def test_a_new_rep_belongs_to_the_team_they_are_added_to(database: Database) -> None:
    (fact,) = facts(database)
    assert (fact.role, fact.weight, fact.starts_on) == (TeamRole.MEMBER, 1, date(2000, 1, 1))


def test_a_member_gets_a_weight_from_a_day_on(database: Database, capsys) -> None:
    words = ["team", "member", "North", "anna@firma.dk", "--weight", "0.5", "--from", "2026-11-01"]
    assert main(words) == 0
    assert facts(database)[-1].weight == Fraction(1, 2)
    assert main(["team", "list"]) == 0
    assert "member: Anna Lund, weight 1/2" in capsys.readouterr().out


def test_a_manager_who_leads_a_team_becomes_a_payee(database: Database, capsys) -> None:
    assert main([*METTE, "--team", "North"]) == 0
    assert main(["team", "leader", "North", "mette@firma.dk"]) == 0
    leads = facts(database)[-1]
    with database.read() as connection:
        mette = people.person_by_email(connection, "mette@firma.dk")
        assert mette is not None
        payee = people.payee(connection, mette.payee_id or 0)
    assert payee is not None
    assert (leads.role, leads.payee_id, payee.name) == (TeamRole.LEADER, payee.id, "Mette")
    assert leads.starts_on == clock.today(load_settings().company_zone)
    assert main(["team", "leader", "North", "mette@firma.dk", "--no-longer"]) == 0
    assert facts(database)[-1].weight == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("member", "South", "anna@firma.dk"), "no team"),
        (("member", "North", "nobody@firma.dk"), "nobody has this reference"),
        (("member", "North", "anna@firma.dk", "--weight", "-1"), "no weight above zero"),
        (
            ("member", "North", "anna@firma.dk", "--from", "2026-11-02", "--until", "2026-11-01"),
            "is before",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    database: Database, capsys, words: tuple[str, ...], said: str
) -> None:
    assert main(["team", *words]) != 0
    assert said in capsys.readouterr().err
    assert len(facts(database)) == 1
