"""Scenario files as deals, quotas and expected figures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from tests.builders import A_DAY, ANNA, BO, CARL, NORTH, SOFIE, SOUTH, a_deal
from tracker.engine.agreement.plans import MONEY_MEASURES, PersonalException, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.crediting.objectives import score_deal, score_key
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.money import MINOR_DIGITS, parse_amount_minor
from tracker.engine.periods import period_named
from tracker.engine.plan_files.exception_file import read_exception
from tracker.engine.plan_files.plan_file import parse_plan, toml_values
from tracker.engine.plan_files.plan_reader import Report, TableReader

FOLDER = Path(__file__).parent
PAYEE_IDS = {
    "anna": ANNA,
    "bo": BO,
    "carl": CARL,
    "sofie": SOFIE,
    "north": NORTH,
    "south": SOUTH,
}
CASE, TABLE = "=== ", "--- "
LATER_PLAN = "plan from "
LONG_AGO = date(2020, 1, 1)

Row = Mapping[str, str]

_DEAL_COLUMNS = {"deal", "date", "status", "currency", "amount", "who", "evidence", "left"}
_MEASURES = (MONEY_MEASURES | {"units"}) - {"revenue"}
SHARE = re.compile(
    r"(?P<rep>\w+)(?:/(?P<role>\w+))? (?P<overlay>\+)?(?P<share>[\d/.]+)(?P<percent>%)?"
)


@dataclass(frozen=True)
class Scenario:
    """One case of a scenario file. `tables` holds its own tables and those it shares with the other cases."""

    model: str
    title: str
    plan_text: str
    tables: Mapping[str, Sequence[Row]]
    later_texts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.model}: {self.title}"

    @property
    def plan(self) -> Plan:
        return parse_plan(self.plan_text)

    def rows(self, table: str) -> Sequence[Row]:
        return self.tables.get(table, ())

    @property
    def versions(self) -> list[PlanVersion]:
        """The plan, and the versions of it that hold later."""
        texts = {LONG_AGO: self.plan_text} | {
            date.fromisoformat(day): text for day, text in self.later_texts.items()
        }
        return [
            PlanVersion(number, self.model, day, parse_plan(text))
            for number, (day, text) in enumerate(texts.items(), start=1)
        ]

    @property
    def quotas(self) -> list[QuotaFact]:
        return [
            QuotaFact(
                PAYEE_IDS[row["rep"]],
                "",
                row["window"],
                parse_amount_minor(row["quota"], 2),
                _day(row.get("from", "")),
                number,
            )
            for number, row in enumerate(self.rows("quotas"))
        ]

    @property
    def exceptions(self) -> list[PersonalException]:
        """What was agreed with single reps about the first component."""
        return [
            _exception_of(row, self.plan, self.model, number)
            for number, row in enumerate(self.rows("agreed"), start=1)
        ]

    @property
    def memberships(self) -> list[Membership]:
        return [_membership_of(row) for row in self.rows("teams")]

    @property
    def until(self) -> date | None:
        """The day until which what deals give later is known."""
        days = [date.fromisoformat(row["until"]) for row in self.rows("known until")]
        return days[0] if days else None

    @property
    def stretches(self) -> list[tuple[int, date, date | None]]:
        """Who is on the plan, from when until when; without such a table everybody, since long ago."""
        return [
            (PAYEE_IDS[row["rep"]], date.fromisoformat(row["from"]), _day(row.get("until", "")))
            for row in self.rows("on the plan")
        ]

    @property
    def scores(self) -> list[Deal]:
        """Scores of objectives, as the deals that hold them."""
        return [_score_of(row, self.plan) for row in self.rows("scores")]

    @property
    def deals(self) -> list[Deal]:
        return [deal_of(row, f"d{number:02}") for number, row in enumerate(self.rows("deals"), 1)]


def scenarios() -> list[Scenario]:
    """Every case of every file."""
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in cases_of(path)]


def cases_of(path: Path) -> list[Scenario]:
    shared_text, *case_texts = re.split(f"^{CASE}", path.read_text("utf-8"), flags=re.MULTILINE)
    shared = _sections(shared_text)
    plan_text = shared.pop("plan")
    cases = []
    for case_text in case_texts:
        title, _, body = case_text.partition("\n")
        sections = {**shared, **_sections(body)}
        names = [name for name in sections if name.startswith(LATER_PLAN)]
        later = {name.removeprefix(LATER_PLAN): sections.pop(name) for name in names}
        tables = {name: _rows(section) for name, section in sections.items()}
        cases.append(Scenario(path.stem, title.strip(), plan_text, tables, later))
    assert cases, f"{path.name} has no case"
    return cases


def _sections(text: str) -> dict[str, str]:
    _, *sections = re.split(f"^{TABLE}", text, flags=re.MULTILINE)
    named = [section.partition("\n") for section in sections]
    return {name.strip(): body for name, _, body in named}


def _rows(section: str) -> list[Row]:
    header, *lines = [
        re.split(r" {2,}", line.strip()) for line in section.splitlines() if line.strip()
    ]
    for cells in lines:
        assert len(cells) == len(header), f"{cells} does not fit the columns {header}"
    return [
        {column: "" if cell == "-" else cell for column, cell in zip(header, cells, strict=True)}
        for cells in lines
    ]


def deal_of(row: Row, key: str) -> Deal:
    """A row of a table of deals; what it leaves out is as usual: won by Anna on a day in November 2026."""
    evidence = row.get("evidence", "").split(", ")
    return a_deal(
        row.get("deal", key),
        parse_amount_minor(row["amount"], MINOR_DIGITS[row.get("currency", "DKK")]),
        status=DealStatus(row.get("status", "won")),
        effective_on=date.fromisoformat(row["date"]) if "date" in row else A_DAY,
        currency=row.get("currency", "DKK"),
        credit_shares=tuple(_share_of(text) for text in row.get("who", "anna").split(", ")),
        measures={name: parse_amount_minor(row[name], 2) for name in _MEASURES if row.get(name)},
        properties={
            name: cell
            for name, cell in row.items()
            if cell and name not in _DEAL_COLUMNS and name not in _MEASURES
        },
        evidence=frozenset(word for word in evidence if word),
        ended_on=date.fromisoformat(row["left"]) if row.get("left") else None,
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _score_of(row: Row, plan: Plan) -> Deal:
    payee_id, window = PAYEE_IDS[row["rep"]], period_named(row["window"], plan.year_starts_in_month)
    key = score_key(payee_id, row["objective"], window.key)
    score = parse_amount_minor(row["score"].removesuffix("%"), 2)
    return score_deal(key, payee_id, row["objective"], score, window.ends_on, plan.currency)


def _exception_of(row: Row, plan: Plan, model: str, number: int) -> PersonalException:
    report = Report()
    found = read_exception(
        TableReader(toml_values(row["says"].replace("\\n", "\n")), (), report),
        plan,
        plan.components[0],
    )
    assert found is not None, row
    assert report.problems == []
    return replace(
        found,
        exception_id=number,
        payee_id=PAYEE_IDS[row["rep"]],
        component_key=f"{model}/{plan.components[0].key}",
        starts_on=_day(row.get("from", "")),
        ends_on=_day(row.get("until", "")),
    )


def _membership_of(row: Row) -> Membership:
    starts_on, ends_on = row.get("from"), row.get("until")
    return Membership(
        PAYEE_IDS[row["team"]],
        PAYEE_IDS[row["who"]],
        date.fromisoformat(starts_on) if starts_on else date.min,
        date.fromisoformat(ends_on) if ends_on else None,
        Fraction(row.get("weight") or 1),
        TeamRole(row.get("as", "member")),
    )


def _share_of(text: str) -> CreditShare:
    match = SHARE.fullmatch(text if " " in text else f"{text} 100%")
    assert match is not None, f"{text!r} is not a share such as anna 60%"
    share = Fraction(match["share"]) / (100 if match["percent"] else 1)
    return CreditShare(
        PAYEE_IDS[match["rep"]], share, match["role"] or "", is_overlay=bool(match["overlay"])
    )
