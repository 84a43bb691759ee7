"""A CRM is connected, understood and removed by command; what opens it is never shown again."""

from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.test_hubspot_webhook import BODY, push, signature
from tracker.cli import main
from tracker.errors import BadInput
from tracker.ingest.connectors.deal_mapping import parse_deal_mapping
from tracker.store import connections, trail

ADD = ["connection", "add", "hubspot", "--kind", "hubspot", "--token", "pat-very-secret"]


@pytest.fixture(autouse=True)
def the_companys_own_database(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))


def test_a_connection_is_made_listed_and_removed_and_its_secrets_are_never_shown(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ADD, "--secret", "first-secret"]) == 0
    assert "/api/v1/webhooks/hubspot" in capsys.readouterr().out
    assert push(company, signature(BODY, secret="first-secret")).status_code == 200
    assert main([*ADD, "--secret", "x"]) == 1
    assert main(["connection", "secret", "hubspot", "--secret", "second-secret"]) == 0
    assert push(company, signature(BODY, secret="first-secret")).status_code == 200
    assert push(company, signature(BODY, secret="second-secret")).status_code == 200
    capsys.readouterr()
    for command in (["connection", "list"], ["connection", "show", "hubspot"], ["sender", "list"]):
        assert main(command) == 0
    said = capsys.readouterr()
    assert "3 to be fetched" in said.out
    assert "secret" not in said.out + said.err
    with company.database.read() as connection:
        assert "secret" not in repr(connections.live_connection(connection, "hubspot"))
    assert main(["sender", "secret", "hubspot"]) == 1
    assert main(["sender", "revoke", "hubspot"]) == 1
    assert "connection remove" in capsys.readouterr().err
    assert main(["connection", "remove", "hubspot"]) == 0
    assert push(company, signature(BODY, secret="second-secret")).status_code == 401
    assert main(["connection", "remove", "hubspot"]) == 1
    with company.database.read() as connection:
        (removed,) = connections.all_connections(connection)
        acts = [entry.act for entry in trail.entries(connection)]
    assert removed.token == ""
    assert acts[-2:] == ["connect CRM", "disconnect CRM"]


@pytest.mark.parametrize(
    "given",
    [
        ["connection", "add", "Hub Spot", "--kind", "hubspot", "--token", "t", "--secret", ""],
        ["connection", "add", "correction", "--kind", "hubspot", "--token", "t", "--secret", ""],
        [*ADD, "--secret", "", "--address", "http://api.hubapi.com"],
        [*ADD, "--secret", "", "--address", "https://api.hubapi.com/crm"],
        [*ADD, "--secret", "two words"],
        [*ADD[:-1], "", "--secret", "x"],
    ],
)
def test_what_cannot_be_a_connection_is_refused_with_the_reason(
    company: Company, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(given) == 1
    assert "cannot be used" in capsys.readouterr().err
    with company.database.read() as connection:
        assert connections.all_connections(connection) == []


def test_a_mapping_is_refused_with_everything_that_is_wrong_with_it() -> None:
    text = """
    currency = "XYZ"
    colour = "red"
    [stages]
    closedwon = "winning"
    [fields]
    margn = "gross_margin"
    kind = { map = { a = "b" }, propperty = "x" }
    [properties]
    Region = "region"
    """
    with pytest.raises(BadInput) as shape:
        parse_deal_mapping(text)
    assert {problem.where for problem in shape.value.problems} == {
        "colour",
        "fields.kind",
        "fields.kind.propperty",
    }
    with pytest.raises(BadInput) as words:
        parse_deal_mapping(text.replace("colour", "# ").replace("kind", "# "))
    assert {problem.where for problem in words.value.problems} == {
        "currency",
        "stages.closedwon",
        "fields.margn",
        "properties.Region",
    }


def test_a_mapping_counts_as_another_only_once_deals_are_in(
    company: Company, tmp_path: Path
) -> None:
    file = tmp_path / "hubspot.toml"
    file.write_text('currency = "DKK"\n', encoding="utf-8")
    assert main([*ADD, "--secret", "", "--mapping", str(file)]) == 0
    for cursor, revision in (("", 0), ("1", 1)):
        with company.database.write() as connection:
            connections.move_cursor(connection, "hubspot", cursor)
        assert main(["connection", "map", "hubspot", str(file)]) == 0
        with company.database.read() as connection:
            assert connections.live_connection(connection, "hubspot").revision == revision
    assert main(["connection", "map", "hubspot", str(tmp_path / "none.toml")]) == 1
