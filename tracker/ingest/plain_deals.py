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
    PROPERTIES_MAX,
    PROPERTY_NAME,
    RESERVED_PROPERTIES,
    UNIT_DIGITS,
    WORD_LENGTH_MAX,
    Reader,
)
from tracker.ingest.files.csv_file import Cells, CsvFile
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.values import shown

NEEDED = ("deal_id", "effective_on")
ENDS = ("", *(str(number) for number in range(1, 10)))
CREDIT_PARTS = ("rep", "share", "role", "overlay")
FURTHER_TEXTS = ("stage", "probability")
OWN_COLUMNS = frozenset(
    {
        *NEEDED,
        *("name", "status", "currency", "amount", "evidence", "ended_on"),
        *OWN_MEASURES,
        *OWN_COUNTS,
        *OWN_PROPERTIES,
        *FURTHER_TEXTS,
        *(part + end for part in CREDIT_PARTS for end in ENDS),
    }
)
WORDS = ("effective_on", "status", "currency", "evidence", *FURTHER_TEXTS)
"""Columns whose words say the same in every row, whatever else is in it."""
NO_MEASURES: Mapping[str, int] = {}
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
            rows = file.cells(frozenset(header))
            columns = Columns(header, self.currency)
            now = datetime.combine(self.today, datetime.min.time(), UTC)
            judge = Judge(columns, Reader(self.payee_id_of, now, self.today))
            for row in rows:
                deal = self._judged(row, judge)
                if deal is not None and deal.effective_on <= self.last_day:
                    yield self._as_known(deal)
        except BadInput as refusal:
            self._note(replace(problem, where="line 1") for problem in refusal.problems)

    def _as_known(self, deal: Deal) -> Deal:
        """A deal as it was on the last day: a customer who left later was still there."""
        if deal.ended_on is None or deal.ended_on <= self.last_day:
            return deal
        return replace(deal, ended_on=None)

    def _judged(self, row: Cells, judge: "Judge") -> Deal | None:
        _, line, cells = row
        if isinstance(cells, Problem):
            self._note([replace(cells, where=f"line {line}")])
            return None
        deal = judge.known(cells)
        if deal is None:
            by_column = judge.columns.by_column(cells)
            try:
                deal = judge.deal(cells, by_column)
            except BadInput as refusal:
                problems = (judge.columns.named(found, by_column) for found in refusal.problems)
                self._note(replace(p, where=f"line {line}, {p.where}") for p in problems)
                return None
        first_line = self.line_of.setdefault(deal.key, line)
        if first_line != line:
            what = f"“{shown(deal.key)}” is already the deal of line {first_line}."
            fix = "Give each deal one row; who shares it stands in rep1, share1, rep2, share2."
            self._note([Problem(f"line {line}, deal_id", what, fix)])
            return None
        return deal

    def _note(self, problems: "Iterator[Problem] | Sequence[Problem]") -> None:
        self.problems += [replace(p, where=f"{self.path}, {p.where}") for p in problems]


def _check_columns(header: Sequence[str]) -> None:
    problems = [
        Problem("", f"there is no column “{name}”.", f"Needed are {', '.join(NEEDED)}, rep.")
        for name in NEEDED
        if name not in header
    ]
    if "rep" not in header and "rep1" not in header:
        fix = "Say who won each deal: rep, or rep1, share1, rep2, share2."
        problems.append(Problem("", "there is no column “rep”.", fix))
    for name in header:
        if name in OWN_COLUMNS:
            part = _NUMBERED.fullmatch(name)
            if part and f"rep{name.removeprefix(part[1])}" not in header:
                what = f"“{name}” stands without “rep{name.removeprefix(part[1])}”."
                problems.append(Problem("", what, "Add that column, or remove this one."))
        elif _NUMBERED.fullmatch(name):
            what = f"“{shown(name)}” is one too many."
            problems.append(Problem("", what, "A row has room for rep1 to rep9."))
        elif not PROPERTY_NAME.fullmatch(name) or len(name) > WORD_LENGTH_MAX:
            what = f"“{shown(name)}” is neither a column we know nor a name for a property."
            fix = "Use small letters, digits and _, starting with a letter, such as region."
            problems.append(Problem("", what, fix))
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
        self.header = list(header)

    def picker(self, *names: str) -> Callable[[list[str]], Sequence[str]]:
        """What picks these cells of a row, those of them that there are."""
        places = [self.header.index(name) for name in names if name in self.there]
        if not places:
            return lambda _cells: ()
        first = places[0]  # itemgetter gives a tuple only of several
        return itemgetter(first, *(places[1:] or [first]))

    def by_column(self, cells: Sequence[str]) -> Mapping[str, str]:
        return dict(zip(self.header, cells, strict=True))

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
        plain = (
            "effective_on",
            "ended_on",
            "amount",
            *self.own_properties,
            *self.measures,
            *self.counts,
        )
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
        at = {name: place for place, name in enumerate(columns.header)}
        names = [*columns.own_properties, *columns.properties]
        self._properties_at = [(name, at[name]) for name in names]
        self._measures_at = [(name, at[name]) for name in columns.measures]
        self._counts_at = [(name, at[name]) for name in columns.counts]
        self._has_measures = bool(self._measures_at or self._counts_at)
        self._id_at, self._name_at = at["deal_id"], at.get("name", at["deal_id"])
        self._amount_at, self._ended_at = at.get("amount"), at.get("ended_on")
        self._words_of = columns.picker(*WORDS)
        self._credits_of = columns.picker(*columns.credit_parts)
        self._property_words_of = columns.picker(*names)
        self._alike: dict[Sequence[str], Deal] = {}
        self._shares: dict[Sequence[str], tuple[CreditShare, ...]] = {}
        self._properties: dict[Sequence[str], Mapping[str, str]] = {}
        self._ends: dict[str, date | None] = {"": None}

    def deal(self, cells: list[str], by_column: Mapping[str, str]) -> Deal:
        """The deal of a row. Raises BadInput with every problem of it."""
        event = self._reader.event_without_hash(self.columns.record(by_column))
        deal = replace(event.deal, key=event.deal.key.removeprefix(f"{AN_EVENT['source']}:"))
        self._alike[self._words_of(cells)] = deal
        self._shares[self._credits_of(cells)] = deal.credit_shares
        self._properties[self._property_words_of(cells)] = deal.properties
        if self._ended_at is not None:
            self._ends[cells[self._ended_at]] = deal.ended_on
        return deal

    def known(self, cells: list[str]) -> Deal | None:
        """The deal of a row in which only figures and plain texts are new; None when it must be judged."""
        alike = self._alike.get(self._words_of(cells))
        shares = self._shares.get(self._credits_of(cells))
        properties = self._properties.get(self._property_words_of(cells))
        if properties is None:
            properties = self._plain_properties(cells)
        if alike is None or shares is None or properties is None:
            return None
        deal_id, name = cells[self._id_at], cells[self._name_at]
        if not deal_id or not _are_plain(deal_id, name):
            return None
        ended_on = None
        if self._ended_at is not None:
            # An unknown end is too early.
            ended_on = self._ends.get(cells[self._ended_at], date.min)
            if ended_on is not None and ended_on < alike.effective_on:
                return None
        written = "0" if self._amount_at is None else cells[self._amount_at]
        if not written or written[0] == "-":
            return None  # perhaps a problem
        digits = MINOR_DIGITS[alike.currency]
        try:
            amount_minor = parse_amount_minor(written, digits)
            measures = self._measures(cells, digits) if self._has_measures else NO_MEASURES
        except MoneyError:
            return None
        return Deal(  # by place: by name it would take three times as long
            deal_id,
            name or deal_id,
            alike.status,
            alike.effective_on,
            alike.currency,
            amount_minor,
            shares,
            measures,
            properties,
            alike.evidence,
            None,
            alike.stage,
            alike.probability,
            ended_on,
        )

    def _plain_properties(self, cells: list[str]) -> Mapping[str, str] | None:
        """New properties about which nothing could be a problem; rows with the same words share them."""
        words = self._property_words_of(cells)
        if len(self._properties_at) > PROPERTIES_MAX or not _are_plain(*words):
            return None
        found = {name: cells[at] for name, at in self._properties_at if cells[at]}
        return self._properties.setdefault(words, found)

    def _measures(self, cells: list[str], digits: int) -> Mapping[str, int]:
        """The figures of a row beside its amount. Raises MoneyError."""
        measures = {
            name: parse_amount_minor(cells[at], digits)
            for name, at in self._measures_at
            if cells[at]
        }
        for name, at in self._counts_at:
            if cells[at]:
                measures[name] = parse_amount_minor(cells[at], UNIT_DIGITS)
        return measures


def _are_plain(*texts: str) -> bool:
    """Whether nothing about any of these texts could be a problem, or be changed when it is kept."""
    text = "".join(texts)
    if len(text) > DEAL_ID_LENGTH_MAX and max(map(len, texts)) > DEAL_ID_LENGTH_MAX:
        return False
    return text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))
