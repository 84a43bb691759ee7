"""A file of deals with our own column names: remembering what was judged changes nothing about what is read."""

from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.engine.deals import Deal
from tracker.errors import Problem
from tracker.ingest.deal_payload import PROPERTIES_MAX
from tracker.ingest.plain_deals import PlainDeals
from tracker.ingest.plain_people import PlainPeople

TODAY = date(2026, 11, 22)
HEADER = (
    *("name", "effective_on", "status", "currency", "amount", "margin", "units"),
    *(
        "ended_on",
        "product",
        "region",
        "evidence",
        "probability",
        "rep1",
        "share1",
        "role1",
        "rep2",
        "share2",
    ),
)
CELLS = {
    "name": ("", "Holm", "Ærø", "A\u030a", "x" * 201, "\u200b", "  padded  "),
    "effective_on": ("2026-01-05", "2026-01-06", "2026-02-30", ""),
    "status": ("", "won", "open", "lost", "Won"),
    "currency": ("", "DKK", "SEK", "JPY", "XXX"),
    "amount": ("1", "100.50", "100.5", "-5", "0", "", "1e3", ".5", "00012", "9" * 14, "1.005", "٣"),
    "margin": ("", "5", "-5.25", "5.255", "x"),
    "units": ("", "2", "2.25", "2.255"),
    "ended_on": ("", "2026-01-05", "2026-01-06", "2026-01-04", "2026-13-01"),
    "product": ("", "Nova", "No\u0308va"),
    "region": ("", "north"),
    "evidence": ("", "a b", "b  a", "x" * 61),
    "probability": ("", "", "50%", "lots"),
    "rep1": ("anna", "Anna", "bo", ""),
    "share1": ("", "60%", "100%", "1/3", "0%"),
    "role1": ("", "AE"),
    "rep2": ("", "bo", "carl"),
    "share2": ("", "40%", "2/3"),
}
# The first of each column is good and the usual one, so that most rows are good and their words are remembered.
usual_row = {name: cells[0] for name, cells in CELLS.items()}
odd_cells = st.lists(
    st.sampled_from([(name, cell) for name, cells in CELLS.items() for cell in cells]), max_size=3
)
rows = odd_cells.map(lambda odd: usual_row | dict(odd))
splits = odd_cells.map(
    lambda odd: usual_row | {"share1": "60%", "rep2": "bo", "share2": "40%"} | dict(odd)
)


def read(folder: Path, *lines: str) -> tuple[list[Deal], list[Problem]]:
    path = folder / "deals.csv"
    path.write_text("\n".join([",".join(("deal_id", *HEADER)), *lines, ""]), "utf-8")
    people = PlainPeople()
    for name in ("anna", "bo", "carl"):
        people.add(name)
    file = PlainDeals(path, "DKK", people.payee_id_of, TODAY)
    return list(file.deals()), file.problems


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(rows | splits, min_size=2, max_size=8))
def test_rows_read_together_are_read_as_each_alone(
    table: list[dict[str, str]], tmp_path: Path
) -> None:
    lines = [",".join([f"d{number}", *row.values()]) for number, row in enumerate(table)]
    together, problems = read(tmp_path, *lines)
    alone = [read(tmp_path, line) for line in lines]
    assert together == [deal for deals, _ in alone for deal in deals]
    assert [problem.what for problem in problems] == [
        problem.what for _, found in alone for problem in found
    ]


def test_every_column_of_a_row_comes_to_its_place(tmp_path: Path) -> None:
    line = (
        "d1,Holm,2026-01-05,won,SEK,100.50,-5,2.25,2026-02-28,Nova,north,b a,50%,anna,60%,AE,bo,40%"
    )
    (deal,), problems = read(tmp_path, line)
    assert not problems
    assert (deal.key, deal.name, deal.currency) == ("d1", "Holm", "SEK")
    assert (deal.amount_minor, deal.measures) == (10_050, {"margin": -500, "units": 225})
    assert deal.properties == {"product": "Nova", "region": "north"}
    assert deal.evidence == {"a", "b"}
    assert deal.ended_on == date(2026, 2, 28)
    assert [(of.payee_id, of.role) for of in deal.credit_shares] == [(1, "AE"), (2, "")]


def test_too_many_properties_are_refused_in_every_row(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(PROPERTIES_MAX + 1)]
    path = tmp_path / "deals.csv"
    few, many = ["x"] + [""] * PROPERTIES_MAX, ["x"] * len(names)
    rows = (["deal_id", "effective_on", "rep", *names], ["d1", "2026-01-05", "anna", *few])
    path.write_text("\n".join(map(",".join, (*rows, ["d2", "2026-01-05", "anna", *many]))), "utf-8")
    file = PlainDeals(path, "DKK", PlainPeople().payee_id_of, TODAY)
    assert [deal.key for deal in file.deals()] == ["d1"]
    assert [problem.what for problem in file.problems] == [f"{len(names)} are too many."]


def test_what_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(b"deal_id,effective_on,rep\nd1,2026-01-05,anna\nd2,2026-01-05,s\xf8ren\n")
    file = PlainDeals(path, "DKK", PlainPeople().payee_id_of, TODAY)
    assert [deal.key for deal in file.deals()] == ["d1"]
    (problem,) = file.problems
    assert problem.where == f"{path}, line 3"
    assert "UTF-8" in problem.what
