"""Exchange rates from a file: strict, twice changes nothing, and every problem is named."""

from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.test_import import Files
from tracker.ingest.files.importing import ImportRefused
from tracker.store.exchange import KnownRates

MAPPING = 'decimal_mark = ","\n[fields]\ncurrency = "Valuta"\ninto = { text = "DKK" }\nday = "Dag"\nrate = "Kurs"\n'


@pytest.fixture
def files(tmp_path: Path, company: Company) -> Files:
    return Files(tmp_path, company)


def known(files: Files) -> list[tuple[str, str, str, str]]:
    with files.company.database.read() as connection:
        return [
            (rate.currency, rate.into, str(rate.day), rate.quoted)
            for rate in KnownRates(connection)
        ]


def test_rates_come_from_a_file_and_twice_changes_nothing(files: Files) -> None:
    content = "Valuta;Dag;Kurs\nEUR;2026-01-01;7,4605\nSEK;2026-01-01;0,66\n"
    assert "2 set." in files.run("rates", content, MAPPING)
    assert "2 unchanged." in files.run("rates", content, MAPPING)
    assert known(files) == [
        ("EUR", "DKK", "2026-01-01", "7.4605"),
        ("SEK", "DKK", "2026-01-01", "0.66"),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("XXX;2026-01-01;7,46", "A2, currency: “XXX” is not known"),
        ("DKK;2026-01-01;7,46", "row 2, into: DKK is worth itself"),
        ("EUR;2026-02-30;7,46", "B2, day"),
        ("EUR;2026-01-01;0", "C2, rate: “0” is not how much one unit is worth"),
        ("EUR;2026-01-01;-7", "C2, rate: “-7” is not how much one unit is worth"),
        ("EUR;2026-01-01;", "C2, rate"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(files: Files, row: str, problem: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        files.run("rates", f"Valuta;Dag;Kurs\n{row}\n", MAPPING)
    assert any(problem in str(one) for one in refusal.value.problems), refusal.value.problems
