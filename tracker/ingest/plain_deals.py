"""A CSV file of deals with column names of our own -> deals, without a database or a mapping.

Each row is judged by the same door as every other deal. A judgement is remembered by the words it was about: a row
whose words have all stood in good rows before needs no second one, and a long file is read many times faster.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from operator import itemgetter
from pathlib import Path

from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.money import MINOR_DIGITS, MoneyError, parse_amount_minor
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import (
    DEAL_ID_LENGTH_MAX,
    OWN_COUNTS,
    OWN_MEASURES,
    OWN_PROPERTIES,
    PROPERTY_NAME,
    RESERVED_PROPERTIES,
    UNIT_DIGITS,
    WORD_LENGTH_MAX,
    Reader,
)
from tracker.ingest.fields import TEXT_LENGTH_MAX
from tracker.ingest.files.csv_file import CsvFile, Row
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.values import shown

NEEDED = ("deal_id", "effective_on")
ENDS = ("", *(str(number) for number in range(1, 10)))
CREDIT_PARTS = ("rep", "share", "role", "overlay")
FURTHER_TEXTS = ("stage", "probability")
OWN_COLUMNS = frozenset(
    {
        *NEEDED,
        *("name", "status", "currency", "amount", "evidence"),
        *OWN_MEASURES,
        *OWN_COUNTS,
        *OWN_PROPERTIES,
        *FURTHER_TEXTS,
        *(part + end for part in CREDIT_PARTS for end in ENDS),
    }
)
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
AN_EVENT = {"source": "calc", "event_id": "calc", "occurred_at": "2000-01-01T00:00:00Z"}

_NUMBERED = re.compile(r"(rep|share|role|overlay)\d+")
_CREDIT = re.compile(r"deal\.credits\[(?P<index>\d)\]\.(?P<part>\w+)")


@dataclass
class PlainDeals:
    """The deals of one file. What is wrong with it is in `problems` once all of it was read.

    `currency` is that of rows without one. Deals after `last_day` are left out. `line_of` finds a deal's line.
    """

    path: Path
    currency: str
    payee_id_of: Callable[[str], int | None]
    today: date
    last_day: date = date.max
    problems: list[Problem] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)

    def deals(self) -> Iterator[Deal]:
        """Each good deal of the file; reading goes on after a bad one."""
        file = CsvFile(self.path, "utf-8", None)
        try:
            header = file.header()
            _check_columns(header)
            rows = file.rows(frozenset(header))
            columns = Columns(header, self.currency)
            first = datetime.combine(self.today, datetime.min.time(), UTC)
            judge = Judge(columns, Reader(self.payee_id_of, first, self.today))
            for row in rows:
                deal = self._judged(row, judge)
                if deal is not None and deal.effective_on <= self.last_day:
                    yield deal
        except BadInput as refusal:
            self._note(refusal.problems)

    def _judged(self, row: Row | Problem, judge: "Judge") -> Deal | None:
        if isinstance(row, Problem):
            self._note([row])
            return None
        try:
            deal = judge.known(row.cells) or judge.deal(row.cells)
        except BadInput as refusal:
            problems = (judge.columns.named(problem, row.cells) for problem in refusal.problems)
            self._note(replace(p, where=f"line {row.line}, {p.where}") for p in problems)
            return None
        first_line = self.line_of.setdefault(deal.key, row.line)
        if first_line != row.line:
            what = f"“{shown(deal.key)}” is already the deal of line {first_line}."
            fix = "Give each deal one row; who shares it stands in rep1, share1, rep2, share2."
            self._note([Problem(f"line {row.line}, deal_id", what, fix)])
            return None
        return deal

    def _note(self, problems: "Iterator[Problem] | Sequence[Problem]") -> None:
        self.problems += [replace(p, where=f"{self.path}, {p.where}") for p in problems]


def _check_columns(header: Sequence[str]) -> None:
    problems = [
        Problem("line 1", f"there is no column “{name}”.", f"Needed are {', '.join(NEEDED)}, rep.")
        for name in NEEDED
        if name not in header
    ]
    if "rep" not in header and "rep1" not in header:
        fix = "Say who won each deal: rep, or rep1, share1, rep2, share2."
        problems.append(Problem("line 1", "there is no column “rep”.", fix))
    for name in header:
        if name in OWN_COLUMNS:
            part = _NUMBERED.fullmatch(name)
            if part and f"rep{name.removeprefix(part[1])}" not in header:
                what = f"“{name}” stands without “rep{name.removeprefix(part[1])}”."
                problems.append(Problem("line 1", what, "Add that column, or remove this one."))
        elif _NUMBERED.fullmatch(name):
            what = f"“{shown(name)}” is one too many."
            problems.append(Problem("line 1", what, "A row has room for rep1 to rep9."))
        elif not PROPERTY_NAME.fullmatch(name) or len(name) > WORD_LENGTH_MAX:
            what = f"“{shown(name)}” is neither a column we know nor a name for a property."
            fix = "Use small letters, digits and _, starting with a letter, such as region."
            problems.append(Problem("line 1", what, fix))
    if problems:
        raise BadInput(problems)


class Columns:
    """The columns of one file by what they say."""

    def __init__(self, header: Sequence[str], currency: str) -> None:
        there = set(header)
        self.currency = currency
        self.ends = [end for end in ENDS if f"rep{end}" in there]
        self.credit_parts = [
            part + end for end in self.ends for part in CREDIT_PARTS if part + end in there
        ]
        self.measures = [name for name in OWN_MEASURES if name in there]
        self.counts = [name for name in OWN_COUNTS if name in there]
        self.own_properties = [name for name in OWN_PROPERTIES if name in there]
        self.properties = sorted(there - OWN_COLUMNS - RESERVED_PROPERTIES)
        self.has_amount = "amount" in there
        self.there = there

    def record(self, cells: Mapping[str, str]) -> JsonValue:
        """The row as the record that every other deal comes in as."""
        deal: dict[str, JsonValue] = {
            "name": cells.get("name") or cells["deal_id"],
            "status": cells.get("status") or DealStatus.WON.value,
            "currency": cells.get("currency") or self.currency,
            "credits": [self._credit(cells, end) for end in self.ends if cells[f"rep{end}"]],
            "evidence": [*cells.get("evidence", "").split()],
            "properties": {name: cells[name] for name in self.properties if cells[name]},
        }
        if not self.has_amount:
            deal["amount"] = "0"
        plain = ("effective_on", "amount", *self.own_properties, *self.measures, *self.counts)
        deal |= {name: cells[name] for name in (*plain, *FURTHER_TEXTS) if cells.get(name)}
        return {**AN_EVENT, "deal_id": cells["deal_id"], "deal": deal}

    def _credit(self, cells: Mapping[str, str], end: str) -> JsonValue:
        credit: dict[str, JsonValue] = {
            part: cells[part + end] for part in ("rep", "share", "role") if cells.get(part + end)
        }
        if overlay := cells.get(f"overlay{end}"):
            word = overlay.casefold()
            credit["overlay"] = True if word in YES else False if word in NO else overlay
        return credit

    def named(self, problem: Problem, cells: Mapping[str, str]) -> Problem:
        """A problem of the record, named after the column it is in."""
        where = problem.where.removeprefix("deal.").removeprefix("properties.")
        if match := _CREDIT.fullmatch(problem.where):
            filled = [end for end in self.ends if cells[f"rep{end}"]]
            where = match["part"] + filled[int(match["index"])]
        elif where.startswith("credits"):
            where = f"rep{self.ends[0]}"
        return replace(problem, where=where)


class Judge:
    """Turns rows into deals: one with a new word by all the checks there are, the others by what those found."""

    def __init__(self, columns: Columns, reader: Reader) -> None:
        self.columns = columns
        self._reader = reader
        self._credit_cells = itemgetter(*columns.credit_parts)
        self._properties = [*columns.own_properties, *columns.properties]
        self._dates: dict[tuple[str, str, str], tuple[DealStatus, str, date]] = {}
        self._shares: dict[object, tuple[CreditShare, ...]] = {}
        self._evidence: dict[str, frozenset[str]] = {}

    def deal(self, cells: Mapping[str, str]) -> Deal:
        """The deal of a row. Raises BadInput with every problem of it."""
        event = self._reader.event_without_hash(self.columns.record(cells))
        deal = replace(event.deal, key=event.deal.key.removeprefix(f"{AN_EVENT['source']}:"))
        when = cells["effective_on"], cells.get("status", ""), cells.get("currency", "")
        self._dates[when] = deal.status, deal.currency, deal.effective_on
        self._shares[self._credit_cells(cells)] = deal.credit_shares
        self._evidence[cells.get("evidence", "")] = deal.evidence
        return deal

    def known(self, cells: Mapping[str, str]) -> Deal | None:
        """The deal of a row in which only figures and plain texts are new; None when it must be judged."""
        when = self._dates.get(
            (cells["effective_on"], cells.get("status", ""), cells.get("currency", ""))
        )
        shares = self._shares.get(self._credit_cells(cells))
        evidence = self._evidence.get(cells.get("evidence", ""))
        if when is None or shares is None or evidence is None:
            return None
        deal_id = cells["deal_id"]
        name = cells.get("name") or deal_id
        properties = {word: text for word in self._properties if (text := cells[word])}
        texts = [name, *properties.values()]
        if not (_is_plain(deal_id, DEAL_ID_LENGTH_MAX) and all(map(_is_plain, texts))):
            return None
        status, currency, effective_on = when
        amounts = self._amounts(cells, MINOR_DIGITS[currency])
        if amounts is None or any(cells.get(word) for word in FURTHER_TEXTS):
            return None
        return Deal(
            deal_id,
            name,
            status,
            effective_on,
            currency,
            amounts.pop("amount"),
            shares,
            amounts,
            properties,
            evidence,
        )

    def _amounts(self, cells: Mapping[str, str], digits: int) -> dict[str, int] | None:
        """The figures of a row; None where a missing, negative or wrong one may be a problem."""
        written = cells["amount"] if self.columns.has_amount else "0"
        if not written or written[0] == "-":
            return None
        try:
            amounts = {"amount": parse_amount_minor(written, digits)}
            for name in self.columns.measures:
                if text := cells[name]:
                    amounts[name] = parse_amount_minor(text, digits)
            for name in self.columns.counts:
                if text := cells[name]:
                    amounts[name] = parse_amount_minor(text, UNIT_DIGITS)
        except MoneyError:
            return None
        return amounts


def _is_plain(text: str, length_max: int = TEXT_LENGTH_MAX) -> bool:
    """Whether nothing about a text could be a problem, or be changed when it is kept."""
    return (
        0 < len(text) <= length_max
        and text.isprintable()
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
    )
