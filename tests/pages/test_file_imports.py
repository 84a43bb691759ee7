"""A file on its way in by the page: proposed, checked to the øre, imported, remembered, and taken back."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import FIGURES, NOW, Cast
from tests.ingest.test_file_tables import a_workbook
from tracker import clock, importing
from tracker.ingest.files.staging import FILE_BYTES_MAX, KEPT_FOR, STAGED_MAX, Progress, Stage
from tracker.pages.context import Tracker
from tracker.pages.import_problems import cell_and_field
from tracker.store import deals, imports, quarantine, totals

DANISH = (
    "Ordrenr;Kunde;Sælger;Fase;Lukket;Beløb\n"
    "N-1;Åse & Søn;anna@firma.dk;Vundet;19.11.2026;1.000,00\n"
    "N-2;Fjord;bo@firma.dk;Tabt;18.11.2026;2.000,00\n"
    "N-3;Lys;anna@firma.dk;Tilbud;;\n"
)
WITH_FAULTS = DANISH + (
    "N-4;Havn;Grethe;Vundet;19.11.2026;10,00\n"
    "N-5;Skov;Grethe;Vundet;31.11.2026;10,00\n"
    "N-1;Igen;anna@firma.dk;Vundet;19.11.2026;1,00\n"
)


@pytest.fixture(autouse=True)
def steps_are_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work that has a process of its own is done before the answer; the clock ticks between two acts."""
    moments = (NOW + timedelta(seconds=number) for number in range(10_000))
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    monkeypatch.setattr(importing, "start", importing.work)


@pytest.fixture
def ida(cast: Cast) -> FlaskClient:
    return cast.client_of("ida")


def stage_of(cast: Cast) -> Stage:
    parts: Tracker = cast.app.extensions["tracker"]
    return Stage(parts.settings.data_folder)


def send(client: FlaskClient, content: bytes | str, name: str = "salg.csv") -> str:
    """Send a file; the address of its page."""
    raw = content.encode("cp1252") if isinstance(content, str) else content
    answer = client.post("/import", data={"file": (io.BytesIO(raw), name)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def fields_of(text: str) -> dict[str, str]:
    """What the form of the columns holds."""
    selects = re.findall(r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL)
    chosen = {}
    for name, options in selects:
        found = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        chosen[name] = (found[1] if found[1] is not None else found[2]) if found else ""
    inputs = re.findall(r'<input id="([a-z_]+)" name="[^"]+"[^>]* value="([^"]*)"', text)
    return chosen | dict(inputs)


def check(client: FlaskClient, address: str, **changes: str) -> TestResponse:
    form = {**fields_of(client.get(address).text), "default_on": "2026-12-01", **changes}
    answer = client.post(f"{address}/columns", data={**form, "act": "check"})
    return client.get(address) if answer.status_code == 303 else answer


def imported(client: FlaskClient, address: str, **form: str) -> TestResponse:
    client.post(f"{address}/write", data=form)
    return client.get(address, follow_redirects=True)


def earned_minor(cast: Cast, who: str) -> int:
    with cast.database.read() as connection:
        earned = totals.earnings_of(connection, cast.payee_ids[who], "2026-Q4")
    return sum(sum(periods.values()) for periods in earned.values())


def test_what_each_column_is_is_proposed_from_its_head(ida: FlaskClient) -> None:
    text = ida.get(send(ida, DANISH)).text
    found = fields_of(text)
    assert [found[f"field.{place}"] for place in range(6)] == [
        *("deal_id", "name", "rep", "status", "effective_on", "amount"),
    ]
    assert (found["date_format"], found["number_format"]) == ("D.M.YYYY", ",.")
    assert (found["currency"], found["source"]) == ("DKK", "salg")
    assert [found[f"status.{place}"] for place in range(3)] == ["won", "lost", "open"]
    assert "Åse &amp; Søn" in text, "the first rows are shown, as text"


def test_a_file_on_its_way_is_found_again_until_it_is_imported(ida: FlaskClient) -> None:
    address = send(ida, DANISH)
    assert f'href="{address}"' in ida.get("/import").text
    check(ida, address)
    imported(ida, address)
    assert f'href="{address}"' not in ida.get("/import").text


def test_what_it_would_change_is_shown_to_the_cent_and_only_then_counts(
    cast: Cast, ida: FlaskClient
) -> None:
    before = earned_minor(cast, "anna")
    address = send(ida, DANISH)
    text = check(ida, address).text
    assert "Anna Lund" in text
    assert "+\N{NO-BREAK SPACE}DKK\N{NO-BREAK SPACE}70" in text, "7 % of 1,000"
    assert "Import 3 rows" in text
    assert earned_minor(cast, "anna") == before == FIGURES["anna"].earned_minor
    text = imported(ida, address).text
    assert "figures are up to date" in text
    assert earned_minor(cast, "anna") == before + 7_000
    assert not stage_of(cast).path(address.rpartition("/")[2]).exists(), "the file is gone"


@pytest.mark.parametrize("act", ["write", "again", "columns", "discard"])
def test_whoever_clicks_once_more_when_all_is_imported_is_shown_the_import(
    ida: FlaskClient, act: str
) -> None:
    address = send(ida, DANISH)
    check(ida, address)
    imported(ida, address)
    once_more = ida.post(f"{address}/{act}", follow_redirects=True)
    assert "figures are up to date" in once_more.text
    assert "has stopped" not in ida.get(address, follow_redirects=True).text


def test_a_second_file_with_the_same_head_is_read_as_the_first_was(
    cast: Cast, ida: FlaskClient
) -> None:
    first = send(ida, DANISH)
    check(ida, first, source="gammelt-crm", **{"field.1": "property"})
    imported(ida, first)
    second = send(ida, DANISH.replace("1.000,00", "3.000,00"), "another name.csv")
    text = ida.get(second).text
    assert "Read as the last file with these columns." in text
    assert fields_of(text)["source"] == "gammelt-crm"
    assert fields_of(text)["field.1"] == "property"
    assert 'number gain">1</span><span class="mute">changed' in check(ida, second).text
    with cast.database.read() as connection:
        kept = deals.deal(connection, "gammelt-crm:N-1")
    assert kept is not None
    assert kept.properties["kunde"] == "Åse & Søn"


def test_every_problem_is_listed_with_its_cells_and_the_rest_can_go_in(
    cast: Cast, ida: FlaskClient
) -> None:
    address = send(ida, WITH_FAULTS)
    text = check(ida, address).text
    assert "3 rows cannot be used as they are" in text
    for said, cells in (
        ("Rep: nobody is known as “Grethe”.", ["C5"]),
        ("Date: there is no day “31.11.2026”.", ["E6"]),
        ("names the same deal as row 2.", ["row 7"]),
    ):
        found = re.search(rf"{re.escape(said)}.*?</li>", text, re.DOTALL)
        assert found, said
        assert re.findall(r"<code>([^<]+)</code>", found[0]) == cells
    imported(ida, address)
    with cast.database.read() as connection:
        assert deals.deal(connection, "salg:N-1") is None, "not without saying so"
    text = imported(ida, address, keeps_going="yes").text
    assert "set aside" in text
    with cast.database.read() as connection:
        assert deals.deal(connection, "salg:N-1") is not None
        waiting = {one.event.deal_key for one in quarantine.waiting(connection)}
    assert waiting == {"salg:N-4", "salg:N-5"}


def test_an_import_is_taken_back_with_a_reason_after_it_was_shown(
    cast: Cast, ida: FlaskClient
) -> None:
    before = earned_minor(cast, "anna")
    address = send(ida, DANISH)
    check(ida, address)
    done = imported(ida, address)
    number = re.search(r'action="(/import/\d+)/undo"', done.text)
    assert number
    undo = ida.post(f"{number[1]}/undo").headers["Location"]
    text = ida.get(undo).text
    assert "cancelled" in text
    assert "\N{MINUS SIGN}\N{NO-BREAK SPACE}DKK\N{NO-BREAK SPACE}70" in text
    assert earned_minor(cast, "anna") == before + 7_000
    refused = ida.post(f"{undo}/write", data={"reason": " "})
    assert refused.status_code == 422
    ida.post(f"{undo}/write", data={"reason": "the wrong month"})
    assert earned_minor(cast, "anna") == before
    text = ida.get(number[1]).text
    assert "This import was taken back." in text
    assert "/undo" not in text
    with cast.database.read() as connection:
        assert imports.latest(connection, 1)[0].file.reason == "the wrong month"


def test_of_several_sheets_one_is_chosen(ida: FlaskClient) -> None:
    rows = [line.split(";") for line in DANISH.splitlines()]
    address = send(ida, a_workbook({"Maj": rows, "Juni": rows}), "salg.xlsx")
    text = ida.get(address).text
    assert "Several sheets have rows. Which one is it?" in text
    ida.post(f"{address}/columns", data={"sheet": "Juni"})
    assert "What each column is" in ida.get(address).text
    text = check(ida, address, **{"field.2": ""}).text
    assert "Still to be said: Rep." in text
    assert "Import 3 rows" in check(ida, address, **{"field.2": "rep"}).text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no spreadsheet we can read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "or one with a password"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"a," * 2_000 + b"\n", "has 2,001 columns; up to 1,000 are read."),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    ida: FlaskClient, content: bytes, said: str
) -> None:
    assert said in ida.get(send(ida, content)).text


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("C17, amount", ("C17", "amount")),
        ("Deals!C17, properties.region", ("Deals!C17", "properties.region")),
        ("May, June!C17, rep", ("May, June!C17", "rep")),
        ("Deals, row 7", ("Deals, row 7", "")),
        ("row 2, into", ("row 2", "into")),
    ],
)
def test_where_something_is_wrong_is_a_cell_and_a_field(where: str, found: tuple[str, str]) -> None:
    assert cell_and_field(where) == found


def test_the_name_of_a_file_is_only_ever_shown(cast: Cast, ida: FlaskClient) -> None:
    address = send(ida, DANISH, "../../<b>evil\0.csv")
    text = ida.get(address).text
    assert "&lt;b&gt;evil" in text
    assert "<b>evil" not in text
    folder = stage_of(cast).path(address.rpartition("/")[2]).parent
    assert {path.name for path in folder.iterdir()} >= {"file", "staged.json"}
    assert "evil" not in " ".join(path.name for path in folder.iterdir())


def test_work_that_stopped_is_said_and_goes_on(cast: Cast, ida: FlaskClient) -> None:
    address = send(ida, DANISH)
    check(ida, address)
    staged_id = address.rpartition("/")[2]
    stage_of(cast).say(staged_id, Progress("write", 1, 6))  # ... and then its process was killed
    assert "The work on this file has stopped" in ida.get(address).text
    ida.post(f"{address}/again")
    assert ida.get(address).status_code == 302, "it is imported"


def test_while_a_file_is_worked_on_only_its_progress_is_shown(cast: Cast, ida: FlaskClient) -> None:
    address = send(ida, DANISH)
    stage, staged_id = stage_of(cast), address.rpartition("/")[2]
    held = stage.held(staged_id)
    assert held is not None
    stage.say(staged_id, Progress("check", 3, 6))
    assert '<progress id="done" max="100" value="50">' in ida.get(address).text
    assert ida.get(f"{address}/progress").status_code == 200
    for act in ("columns", "again", "write", "discard"):
        assert ida.post(f"{address}/{act}").headers["Location"] == address
    assert stage.staged(staged_id) is not None


def test_few_files_wait_and_not_for_long(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for _ in range(STAGED_MAX):
        stage.add_file("a.csv", b"a", "ida", NOW)
    with pytest.raises(Exception, match="Too many files wait"):
        stage.add_file("a.csv", b"a", "ida", NOW)
    later = NOW + KEPT_FOR + timedelta(seconds=1)
    kept = stage.add_file("b.csv", b"b", "ida", later)
    assert [path.name for path in (tmp_path / "imports").iterdir()] == [kept.id]
    assert stage.path(kept.id).stat().st_mode & 0o077 == 0


def test_a_file_above_the_limit_is_not_kept(cast: Cast, ida: FlaskClient) -> None:
    # Put together here, because the test client would write a large file to the disk.
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    answer = ida.post(
        "/import",
        data=head + b"x" * (FILE_BYTES_MAX + 1) + b"\r\n--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
    )
    assert answer.status_code == 422
    assert "larger than 20 MB" in answer.text
