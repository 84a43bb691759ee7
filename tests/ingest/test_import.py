"""The import command: the whole file is looked at first, and importing twice changes nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import quota_in_force
from tests.ingest.conftest import Company
from tests.ingest.records import NOW, record
from tracker import flow, flow_disputes
from tracker.engine.deals import DealStatus, NextStep
from tracker.errors import BadInput
from tracker.ingest.files.csv_file import CsvFile, Row
from tracker.ingest.files.deal_rows import DEALS as DEALS_KIND
from tracker.ingest.files.importing import ImportRefused
from tracker.ingest.files.people_rows import PEOPLE as PEOPLE_KIND
from tracker.ingest.files.quota_rows import QUOTAS as QUOTAS_KIND
from tracker.ingest.import_command import import_command
from tracker.store import deals, outbox, people, plans
from tracker.store.disputes import Doubt

DEALS_MAPPING = """
source = "crm"
date_format = "DD.MM.YYYY"
decimal_mark = ","
group_mark = "."
[fields]
deal_id = "No."
name = "Customer"
status = { column = "Stage", map = { Vundet = "won", Tabt = "lost", "I gang" = "open" } }
effective_on = "Date"
currency = { text = "DKK" }
amount = { column = "Value", default = "0" }
rep = "Rep"
"""
HEADER = "No.;Customer;Stage;Date;Value;Rep\n"
GOOD = HEADER + (
    "1;Nordwind A/S;Vundet;22.11.2026;1.234,50;anna@firma.dk\n"
    "2;Øresund ApS;Tabt;21.11.2026;9.000,00;bo@firma.dk\n"
    "3;Bygma;I gang;24.12.2026;;Cecilie\n"
)
BAD = HEADER + (
    "1;Nordwind A/S;Vundet;22.11.2026;1.234,50;anna@firma.dk\n"
    "2;;Vundet;30.02.2026;12,345.00;anna@firma.dk\n"
    "3;Bygma;Maybe;24.12.2026;1,00;nobody@firma.dk\n"
    "1;Again;Vundet;22.11.2026;1,00;anna@firma.dk\n"
    "5;Too few\n"
)


class Files:
    """Runs the import command on files of a folder, against the database of a company."""

    def __init__(self, folder: Path, company: Company) -> None:
        self.folder = folder
        self.company = company

    def run(self, kind: str, content: str, mapping: str, *options: str) -> str:
        file, mapping_file = self.folder / f"{kind}.csv", self.folder / f"{kind}.toml"
        file.write_text(content, encoding="utf-8")
        mapping_file.write_text(mapping, encoding="utf-8")
        result = self.invoke(kind, str(file), "--mapping", str(mapping_file), *options)
        assert result.exit_code == 0, result.output
        return result.output

    def deals(self, content: str, *options: str, mapping: str = DEALS_MAPPING) -> str:
        return self.run("deals", content, mapping, *options)

    def invoke(self, *arguments: str) -> Result:
        url = self.company.database.url.render_as_string(hide_password=False)
        environment = {"TRACKER_DATABASE_URL": url, "TRACKER_DATA": str(self.folder)}
        return CliRunner().invoke(
            import_command, list(arguments), env=environment, catch_exceptions=False
        )


@pytest.fixture
def files(tmp_path: Path, company_on_each: Company) -> Files:
    return Files(tmp_path, company_on_each)


@pytest.fixture
def quick_files(tmp_path: Path, company: Company) -> Files:
    """The same on SQLite only."""
    return Files(tmp_path, company)


# --- deals


def test_a_file_with_its_own_formats_goes_in(files: Files) -> None:
    said = files.deals(GOOD)
    assert "3 rows read, 3 good." in said
    assert "1 row without amount; “0” stands in." in said
    assert "3 new." in said
    with files.company.database.read() as connection:
        first, second, third = deals.deals(connection, ["crm:1", "crm:2", "crm:3"])
    assert (first.deal.name, first.deal.amount_minor) == ("Nordwind A/S", 123_450)
    assert second.deal.status is DealStatus.LOST
    assert (third.deal.status, third.deal.amount_minor) == (DealStatus.OPEN, 0)
    assert files.company.earned_minor() == 12_345


def test_importing_again_does_not_undo_a_correction(quick_files: Files) -> None:
    company = quick_files.company
    quick_files.deals(GOOD)
    anna = company.payee_ids["anna@firma.dk"]
    doubt = Doubt(anna, "deal", "Nordwind A/S", deal_key="crm:1")
    dispute_id = flow_disputes.raise_dispute(company.database, doubt, "No.", "anna", NOW)
    with company.database.read() as connection:
        kept = deals.stored_deal(connection, "crm:1")
    assert kept
    corrected = replace(kept.deal, amount_minor=200_000)
    flow_disputes.correct_deal(
        company.database, dispute_id, corrected, kept.event_id, "Yes.", 1, "mette", NOW
    )
    assert "3 unchanged." in quick_files.deals(GOOD)
    assert company.earned_minor() == 20_000
    quick_files.deals(GOOD.replace("1.234,50", "1.500,00"))
    assert company.earned_minor() == 15_000, "what the source says next counts"


def test_importing_twice_changes_nothing(files: Files) -> None:
    files.deals(GOOD)
    assert "3 unchanged." in files.deals(GOOD)
    assert files.company.event_count() == 3


def test_a_changed_row_is_a_new_version_and_taking_it_back_another(files: Files) -> None:
    files.deals(GOOD)
    changed = GOOD.replace("1.234,50", "2.000,00")
    assert "1 changed, 2 unchanged." in files.deals(changed)
    assert files.company.earned_minor() == 20_000
    assert "1 changed, 2 unchanged." in files.deals(GOOD)
    assert files.company.earned_minor() == 12_345


def test_every_problem_of_a_file_is_named_and_nothing_is_kept(files: Files) -> None:
    with pytest.raises(ImportRefused) as refusal:
        files.deals(BAD)
    found = [str(problem) for problem in refusal.value.problems]
    for part in (
        "D3, effective_on: there is no day “30.02.2026”.",
        "E3, amount: “12,345.00” is not a number written as 1.234,50.",
        "C4, status: “Maybe” is not known.",
        "F4, rep: no active rep is known as “nobody@firma.dk”.",
        "row 5: says the same as row 2 says",
        "row 6: has 2 cells, but the header has 6.",
    ):
        assert any(part in problem for problem in found), (part, found)
    assert files.company.event_count() == 0


def test_good_rows_are_kept_when_asked_for(files: Files) -> None:
    said = files.deals(BAD, "--keep-going")
    assert "4 rows left out, because of:" in said
    assert "1 new, 2 set aside, 2 refused." in said
    assert files.company.event_count() == 1
    assert files.company.earned_minor() == 12_345


def test_a_dry_run_keeps_nothing(quick_files: Files) -> None:
    assert "Nothing was kept" in quick_files.deals(GOOD, "--dry-run")
    assert quick_files.company.event_count() == 0


def test_a_problem_on_the_last_of_many_lines_keeps_all_of_them_out(quick_files: Files) -> None:
    rows = "".join(f"{n};Customer {n};Vundet;22.11.2026;1,00;anna@firma.dk\n" for n in range(1200))
    with pytest.raises(ImportRefused, match="C1202, status"):
        quick_files.deals(HEADER + rows + "x;;;;;\n")
    assert quick_files.company.event_count() == 0
    assert "1,200 new." in quick_files.deals(HEADER + rows)
    assert quick_files.company.earned_minor() == 12_000


def test_a_file_that_orders_its_snapshots_may_name_a_deal_twice(quick_files: Files) -> None:
    mapping = DEALS_MAPPING + 'version = "Version"\n'
    content = (
        "No.;Customer;Stage;Date;Value;Rep;Version\n"
        "1;Nordwind;Vundet;22.11.2026;2,00;anna@firma.dk;2\n"
        "1;Nordwind;Vundet;22.11.2026;1,00;anna@firma.dk;1\n"
    )
    assert "1 new, 1 older." in quick_files.deals(content, mapping=mapping)
    assert "2 unchanged." in quick_files.deals(content, mapping=mapping)
    assert quick_files.company.earned_minor() == 20


def test_splits_measures_evidence_and_next_steps_come_from_columns(quick_files: Files) -> None:
    mapping = DEALS_MAPPING + (
        'rep_2 = "Rep 2"\nshare = "Share"\nshare_2 = "Share 2"\nmargin = "Margin"\n'
        'evidence = "Evidence"\nnext_step = "Next"\nnext_step_due_on = "Due"\n'
        'ended_on = "Left"\n'
        '[fields.properties]\nregion = "Region"\n'
    )
    content = (
        "No.;Customer;Stage;Date;Value;Rep;Rep 2;Share;Share 2;Margin;Evidence;Next;Due;Left;Region\n"
        "1;A;Vundet;22.11.2026;100,00;anna@firma.dk;Cecilie;1/3;2/3;40,00;icp; Call ;01.12.2026;31.12.2026;Øst\n"
    )
    quick_files.deals(content, mapping=mapping)
    with quick_files.company.database.read() as connection:
        deal = deals.deal(connection, "crm:1")
    assert deal is not None
    assert [str(share.share) for share in deal.credit_shares] == ["1/3", "2/3"]
    assert (deal.measures, deal.evidence) == ({"margin": 4000}, {"icp"})
    assert deal.next_step is not None
    assert isinstance(deal.next_step, NextStep)
    assert (deal.next_step.text, str(deal.next_step.due_on)) == ("Call", "2026-12-01")
    assert (deal.properties, str(deal.ended_on)) == ({"region": "Øst"}, "2026-12-31")


def test_a_problem_of_a_second_rep_names_their_column(quick_files: Files) -> None:
    mapping = DEALS_MAPPING + 'rep_2 = "Rep 2"\nshare = "Share"\nshare_2 = "Share 2"\n'
    content = (
        "No.;Customer;Stage;Date;Value;Rep;Rep 2;Share;Share 2\n"
        "1;A;Vundet;22.11.2026;100,00;anna@firma.dk;Nobody;50%;x\n"
    )
    with pytest.raises(ImportRefused) as refusal:
        quick_files.deals(content, mapping=mapping)
    assert [problem.where for problem in refusal.value.problems] == [
        "G2, rep_2",
        "I2, share_2",
    ]


def test_a_file_after_the_api_continues_its_versions(quick_files: Files) -> None:
    event = record(source="crm", deal_id="1", version=41, deal__amount="9.00")
    assert quick_files.company.post(event).status_code == 200
    quick_files.deals(GOOD)
    assert quick_files.company.earned_minor() == 12_345
    late = record(source="crm", deal_id="1", event_id="e-43", version=43, deal__amount="7.00")
    quick_files.company.post(late)
    assert quick_files.company.earned_minor() == 70


# --- people

PEOPLE_MAPPING = """
[fields]
reference = "E-mail"
name = "Name"
email = "E-mail"
team = "Team"
manager = "Manager"
manager_email = { text = "{Manager|slug}@firma.dk" }
plan = "Plan"
"""
PEOPLE = (
    "Name,E-mail,Team,Manager,Plan\n"
    "Ida Holm,ida@firma.dk,Aarhus,Sofie Bæk,ae\n"
    "Jens Dam,jens@firma.dk,Odense,Sofie Bæk,ae\n"
)


def test_people_teams_managers_and_plans_come_from_one_file(files: Files) -> None:
    assert "2 added or changed." in files.run("people", PEOPLE, PEOPLE_MAPPING)
    with files.company.database.read() as connection:
        ida = people.payee_by_reference(connection, "IDA@firma.dk")
        sofie = people.person_by_email(connection, "sofie.baek@firma.dk")
        assert ida is not None
        assert sofie is not None
        teams = [
            people.team(connection, id_) for id_ in people.teams_managed_by(connection, sofie.id)
        ]
        on_plan = plans.assignments(connection, [ida.id])
        person = people.person_of_payee(connection, ida.id)
    assert sorted(team.name for team in teams if team) == ["Aarhus", "Odense"]
    assert (sofie.role, sofie.password_hash) == ("manager", None)
    assert [assignment.plan_key for assignment in on_plan] == ["ae"]
    assert person is not None
    assert person.role == "rep"


def test_importing_people_twice_changes_nothing_and_a_move_is_a_change(files: Files) -> None:
    files.run("people", PEOPLE, PEOPLE_MAPPING)
    assert "2 unchanged." in files.run("people", PEOPLE, PEOPLE_MAPPING)
    moved = PEOPLE.replace("ida@firma.dk,Aarhus", "ida@firma.dk,Odense")
    with files.company.database.read() as connection:
        before = outbox.last_sequence(connection)
    assert "1 added or changed, 1 unchanged." in files.run("people", moved, PEOPLE_MAPPING)
    with files.company.database.read() as connection:
        ida = people.payee_by_reference(connection, "ida@firma.dk")
        aarhus, odense = (people.team_named(connection, one) for one in ("Aarhus", "Odense"))
        changes = outbox.changes_after(connection, before)
    assert ida is not None
    assert aarhus is not None
    assert odense is not None
    assert ida.team_id == odense.id
    told = {change.team_id for change in changes}
    assert {aarhus.id, odense.id} <= told, "both managers' open pages"


def test_a_people_file_does_not_undo_that_somebody_left_a_plan(quick_files: Files) -> None:
    quick_files.run("people", PEOPLE, PEOPLE_MAPPING)
    database, since = quick_files.company.database, date(2020, 1, 1)
    with database.read() as connection:
        ida = people.payee_by_reference(connection, "ida@firma.dk")
    assert ida is not None
    flow.assign_plan(database, ida.id, "ae", since, date(2026, 9, 30), "test", NOW)
    assert "2 unchanged." in quick_files.run("people", PEOPLE, PEOPLE_MAPPING)
    with database.read() as connection:
        (assignment,) = plans.assignments(connection, [ida.id])
    assert assignment.ends_on == date(2026, 9, 30)


def test_a_rep_who_comes_back_to_a_plan_says_from_when(quick_files: Files) -> None:
    """A first day inside the stretch that is there is named with its line, before anything is kept."""
    quick_files.run("people", PEOPLE, PEOPLE_MAPPING)
    dated = PEOPLE_MAPPING + 'plan_from = "From"\n'
    header, *rows = PEOPLE.splitlines()
    content = "\n".join([f"{header},From", *(f"{row},2026-10-01" for row in rows)])
    with pytest.raises(
        ImportRefused, match=r"F2, plan_from: ida@firma\.dk is on plan 'ae' from 2020-01-01"
    ):
        quick_files.run("people", content, dated)
    database = quick_files.company.database
    with database.read() as connection:
        ids = [
            payee.id
            for payee in people.payees(connection)
            if payee.reference in ("ida@firma.dk", "jens@firma.dk")
        ]
    for payee_id in ids:
        flow.assign_plan(database, payee_id, "ae", date(2020, 1, 1), date(2026, 9, 30), "test", NOW)
    assert "2 added or changed." in quick_files.run("people", content, dated)
    with database.read() as connection:
        days = {assignment.starts_on for assignment in plans.assignments(connection, ids)}
    assert days == {date(2020, 1, 1), date(2026, 10, 1)}


def test_a_rep_who_manages_is_made_a_manager_and_an_admin_stays_one(quick_files: Files) -> None:
    database = quick_files.company.database
    with database.write() as connection:
        people.add_person(connection, "Bo", "bo.bo@firma.dk", "rep", NOW)
        people.add_person(connection, "Ada", "ada.ada@firma.dk", "admin", NOW)
    content = PEOPLE.replace("Sofie Bæk", "Bo Bo", 1).replace("Sofie Bæk", "Ada Ada")
    quick_files.run("people", content, PEOPLE_MAPPING)
    with database.read() as connection:
        roles = {person.email: person.role for person in people.people(connection)}
    assert (roles["bo.bo@firma.dk"], roles["ada.ada@firma.dk"]) == ("manager", "admin")


def test_every_problem_of_a_people_file_is_named(quick_files: Files) -> None:
    content = (
        "Name,E-mail,Team,Manager,Plan\n"
        "Ida Holm,ida,Aarhus,Sofie,ae\n"
        "Jens Dam,,Odense,Sofie,ae\n"
        f"{'n' * 300},per@firma.dk,Odense,Sofie,nothing\n"
        "Bo,bo.b@firma.dk,Odense,Sofie,ae\n"
    )
    with pytest.raises(ImportRefused) as refusal:
        quick_files.run("people", content, PEOPLE_MAPPING)
    found = [str(problem) for problem in refusal.value.problems]
    for part in (
        "B2, email: “ida” is no e-mail address.",
        "B3, reference: is missing.",
        "A4, name: is longer than 200 characters.",
        "E4, plan: there is no plan “nothing”. Known are ae;",
        "B5, email: bo.b@firma.dk already signs in as another rep.",
    ):
        assert any(part in problem for problem in found), (part, found)
    with quick_files.company.database.read() as connection:
        assert people.payee_by_reference(connection, "ida") is None


# --- quotas

QUOTAS_MAPPING = """
decimal_mark = ","
group_mark = "."
[fields]
rep = "Rep"
window = "Window"
amount = "Quota"
currency = { text = "DKK" }
component = "Component"
"""
QUOTAS = (
    "Rep;Window;Quota;Component\n"
    "anna@firma.dk;2026-Q4;1.000.000,00;ae/sales\n"
    "bo@firma.dk;2026-Q4;500.000,00;\n"
)


def test_quotas_come_from_a_file_and_twice_changes_nothing(files: Files) -> None:
    assert "2 set." in files.run("quotas", QUOTAS, QUOTAS_MAPPING)
    assert "2 unchanged." in files.run("quotas", QUOTAS, QUOTAS_MAPPING)
    anna, bo = (files.company.payee_ids[rep] for rep in ("anna@firma.dk", "bo@firma.dk"))
    with files.company.database.read() as connection:
        assert quota_in_force(connection, anna, "ae/sales", "2026-Q4") == 100_000_000
        assert quota_in_force(connection, bo, "ae/sales", "2026-Q4") == 50_000_000
    changed = QUOTAS.replace("500.000", "600.000")
    assert "1 set, 1 unchanged." in files.run("quotas", changed, QUOTAS_MAPPING)


def test_a_quotas_file_may_name_a_year_a_day_and_a_reason(quick_files: Files) -> None:
    mapping = QUOTAS_MAPPING + 'valid_from = "From"\nreason = "Why"\n'
    header = "Rep;Window;Quota;Component;From;Why\n"
    content = header + "anna@firma.dk;2026;4.000.000,00;;;\n"
    content += "anna@firma.dk;2026;8.000.000,00;;2026-07-01;new district\n"
    assert "2 set." in quick_files.run("quotas", content, mapping)
    assert "2 unchanged." in quick_files.run("quotas", content, mapping)
    anna = quick_files.company.payee_ids["anna@firma.dk"]
    with quick_files.company.database.read() as connection:
        quarters = [quota_in_force(connection, anna, "ae/sales", f"2026-Q{n}") for n in (2, 3)]
        facts = plans.quota_facts(connection, {anna})
        assert plans.quota_origin(connection, facts[-1].fact_id)[0] == "new district"
    assert quarters == [100_000_000, 200_000_000]
    with pytest.raises(ImportRefused, match="E2, valid_from"):
        quick_files.run("quotas", header + "anna@firma.dk;2026;1,00;;soon;\n", mapping)


def test_every_problem_of_a_quotas_file_is_named(quick_files: Files) -> None:
    content = (
        "Rep;Window;Quota;Component\n"
        "nobody;2026-Q5;-1,00;ae/nothing\n"
        "anna@firma.dk;2026-11;1,00;\n"
        "bo@firma.dk;2026-Q4;;\n"
    )
    with pytest.raises(ImportRefused) as refusal:
        quick_files.run("quotas", content, QUOTAS_MAPPING)
    found = [str(problem) for problem in refusal.value.problems]
    for part in (
        "A2, rep: no active rep is known as “nobody”.",
        "B2, window: '2026-Q5' names no period",
        "C2, amount: a quota cannot be negative.",
        "D2, component: there is no component “ae/nothing”. Known are ae/sales.",
        "B3, window: no plan has a month as its window.",
        "C4, amount: is missing.",
    ):
        assert any(part in problem for problem in found), (part, found)


# --- the command


def test_a_mapping_that_is_not_utf8_is_refused(quick_files: Files) -> None:
    (quick_files.folder / "deals.csv").write_text(GOOD, encoding="utf-8")
    mapping = quick_files.folder / "latin.toml"
    mapping.write_bytes('[fields]\nname = "Købt"\n'.encode("cp1252"))
    with pytest.raises(BadInput, match="is not UTF-8"):
        quick_files.invoke(
            "deals", str(quick_files.folder / "deals.csv"), "--mapping", str(mapping)
        )


def test_the_help_names_every_field_a_mapping_may_have() -> None:
    said = " ".join(CliRunner().invoke(import_command, ["--help"]).output.split())
    for kind in (PEOPLE_KIND, QUOTAS_KIND, DEALS_KIND):
        assert all(name in said for name in kind.fields), kind.name


@given(content=st.binary(max_size=400), encoding=st.sampled_from(["utf-8", "cp1252"]))
def test_any_file_is_read_or_refused_by_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(b"a,b\n" + content)
    for row in CsvFile(path, encoding, None).rows(frozenset({"a"})):
        assert isinstance(row, Row) or row.problem.where == f"row {row.number}"
