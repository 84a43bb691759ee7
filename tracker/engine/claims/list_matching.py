"""Which line of a rep's own list is which deal of the company: by its id, else by likeness, and never by a guess."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import islice

NEAR_DAYS = 45
"""A line and a deal further apart in time than this are not taken for the same by name and amount."""
SAME_NAME_DAYS = 7
CANDIDATES_MAX = 40

_FORMS = frozenset(
    ("a", "s", "as", "aps", "ab", "ivs", "ks", "hb", "kb", "ltd", "inc", "gmbh", "oy", "plc", "the")
)
_WORD = re.compile(r"\w+")


class Compared(StrEnum):
    """What the two sides are compared by."""

    COMMISSION = "commission"
    AMOUNT = "amount"


class How(StrEnum):
    """How a line and a deal found each other."""

    BY_ID = "by_id"
    EXACT = "exact"
    NEAR = "near"
    AMBIGUOUS = "ambiguous"  # several deals could be meant, so none is taken
    TWICE = "twice"  # the deal stands in an earlier line, too
    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the rep's list; None and "" for what it does not say."""

    number: int
    deal_id: str = ""
    name: str = ""
    on: date | None = None
    amount_minor: int | None = None
    commission_minor: int | None = None


@dataclass(frozen=True, slots=True)
class OwnDeal:
    """A deal as the company has it for this rep: `part_minor` is the rep's part of the amount, `paid_minor` what it
    adds to pay.

    `reasons` say why it pays nothing or not all, in the words of `explain.ReasonKind`; `missing` is the evidence it
    waits for; `rates` are those it was paid at.
    """

    key: str
    name: str
    on: date
    amount_minor: int
    part_minor: int
    is_won: bool
    paid_minor: int
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    rates: tuple[Fraction, ...] = ()
    is_capped: bool = False
    is_clawed_back: bool = False

    def figure_minor(self, compared: Compared) -> int:
        if compared is Compared.COMMISSION:
            return self.paid_minor
        return self.amount_minor if self.is_won else 0


class Matching:
    """Goes through the ways to find each other, the surest first; what is found is not looked at again."""

    def __init__(self, lines: Sequence[Line], own: Sequence[OwnDeal]) -> None:
        self.free = {deal.key: deal for deal in sorted(own, key=lambda deal: deal.key)}
        self.own_of: dict[int, OwnDeal] = {}
        self.how_of: dict[int, How] = {}
        self._open = {line.number: line for line in lines}
        self._by_id()
        self._by_all_they_say(lambda deal: deal.amount_minor)
        self._by_all_they_say(lambda deal: deal.part_minor)
        self._by_likeness()
        for number in self._open:
            self.how_of[number] = How.ONLY_THEIRS

    def _take(self, line: Line, deal: OwnDeal, how: How) -> None:
        self.own_of[line.number], self.how_of[line.number] = deal, how
        del self._open[line.number], self.free[deal.key]

    def _set_aside(self, line: Line, how: How) -> None:
        self.how_of[line.number] = how
        del self._open[line.number]

    def _by_id(self) -> None:
        known: dict[str, list[OwnDeal]] = defaultdict(list)
        for deal in self.free.values():
            for name in {deal.key.casefold(), deal.key.partition(":")[2].casefold()}:
                known[name].append(deal)
        for line in list(self._open.values()):
            named = known.get(line.deal_id.casefold(), []) if line.deal_id else []
            free = [deal for deal in named if deal.key in self.free]
            if len(named) == 1 and free:
                self._take(line, free[0], How.BY_ID)
            elif len(named) == 1:
                self._set_aside(line, How.TWICE)

    def _by_all_they_say(self, amount_of: Callable[[OwnDeal], int]) -> None:
        """Take lines and deals of one name, amount and day where there are as many of each: in order, at once."""
        said: dict[tuple[object, ...], list[Line]] = defaultdict(list)
        known: dict[tuple[object, ...], list[OwnDeal]] = defaultdict(list)
        for line in self._open.values():
            if line.name and line.on and line.amount_minor is not None:
                said[_words(line.name), line.on, line.amount_minor].append(line)
        for deal in self.free.values():
            known[_words(deal.name), deal.on, amount_of(deal)].append(deal)
        for place, lines in said.items():
            deals = known.get(place, [])
            if len(deals) == len(lines):
                for line, deal in zip(lines, deals, strict=True):
                    self._take(line, deal, How.EXACT)

    def _by_likeness(self) -> None:
        likely = _Likely(self.free.values())
        ranked: dict[tuple[int, int], list[tuple[Line, OwnDeal]]] = defaultdict(list)
        for line in self._open.values():
            for rank, deal in likely.deals_for(line):
                ranked[rank].append((line, deal))
        for rank in sorted(ranked, key=lambda rank: (-rank[0], rank[1])):
            pairs = [(a, b) for a, b in ranked[rank] if a.number in self._open]
            how = How.EXACT if rank == _BEST else How.NEAR
            self._take_clear([(a, b) for a, b in pairs if b.key in self.free], how)

    def _take_clear(self, pairs: Sequence[tuple[Line, OwnDeal]], how: How) -> None:
        """Take what can only be meant one way; lines of which each could be each deal are set aside together."""
        deals_of: dict[int, list[OwnDeal]] = defaultdict(list)
        lines_of: dict[str, list[Line]] = defaultdict(list)
        for line, deal in pairs:
            deals_of[line.number].append(deal)
            lines_of[deal.key].append(line)
        for line, deal in pairs:
            if line.number not in self._open or deal.key not in self.free:
                continue
            rivals, choices = lines_of[deal.key], deals_of[line.number]
            if len(rivals) == len(choices) and all(
                deals_of[rival.number] == choices for rival in rivals
            ):
                for rival, choice in zip(rivals, choices, strict=True):
                    self._take(rival, choice, how)
            elif len(choices) > 1:
                self._set_aside(line, How.AMBIGUOUS)
            elif all(len(deals_of[rival.number]) == 1 for rival in rivals):
                self._take(line, deal, how)
                for rival in rivals:
                    if rival.number in self._open:
                        self._set_aside(rival, How.TWICE)


_BEST = (6, 0)


class _Likely:
    """Finds the deals a line may mean, by the first word of the name with amount or day, or by both without a name."""

    def __init__(self, own: Iterable[OwnDeal]) -> None:
        self._by_amount: dict[tuple[str, int], list[OwnDeal]] = defaultdict(list)
        self._by_day: dict[tuple[str, int], list[OwnDeal]] = defaultdict(list)
        for deal in own:
            for word in {_first_word(deal.name), ""}:
                for amount_minor in {deal.amount_minor, deal.part_minor}:
                    self._by_amount[word, amount_minor].append(deal)
                self._by_day[word, deal.on.toordinal()].append(deal)
        for bucket in self._by_amount.values():
            bucket.sort(key=_day_and_key)

    def deals_for(self, line: Line) -> Iterator[tuple[tuple[int, int], OwnDeal]]:
        """Each deal with its rank: points for likeness, and the days between."""
        found: dict[str, OwnDeal] = {}
        for deal in self._candidates(line):
            found.setdefault(deal.key, deal)
        ranked = ((_rank(line, deal), deal) for deal in found.values())
        likely = [(rank, deal) for rank, deal in ranked if rank is not None]
        likely.sort(key=lambda one: (-one[0][0], one[0][1], one[1].key))
        yield from likely[:CANDIDATES_MAX]

    def _candidates(self, line: Line) -> Iterator[OwnDeal]:
        word = _first_word(line.name)
        if line.amount_minor is not None:
            yield from _nearest(self._by_amount.get((word, line.amount_minor), []), line.on)
        if word and line.on is not None:
            yield from islice(self._around(word, line.on.toordinal()), CANDIDATES_MAX)

    def _around(self, word: str, middle: int) -> Iterator[OwnDeal]:
        """The deals with a word around a day, the nearest days first."""
        yield from self._by_day.get((word, middle), ())
        for days in range(1, SAME_NAME_DAYS + 1):
            yield from self._by_day.get((word, middle - days), ())
            yield from self._by_day.get((word, middle + days), ())


def _day_and_key(deal: OwnDeal) -> tuple[date, str]:
    return deal.on, deal.key


def _nearest(in_order: Sequence[OwnDeal], on: date | None) -> Sequence[OwnDeal]:
    """Those around a day of deals in order of their days: no more than can be looked at."""
    at = bisect_left(in_order, on, key=lambda deal: deal.on) if on else 0
    return in_order[max(0, at - CANDIDATES_MAX) : at + CANDIDATES_MAX]


def _rank(line: Line, deal: OwnDeal) -> tuple[int, int] | None:
    """How alike they are, up to six points, and how many days apart; None for no match."""
    days = abs((line.on - deal.on).days) if line.on else 0
    if line.on and days > NEAR_DAYS:
        return None
    name = _name_points(line.name, deal.name)
    is_amount = line.amount_minor in (deal.amount_minor, deal.part_minor)
    on = 2 if line.on and not days else 1 if line.on else 0
    if not line.name:
        return (2 + on, days) if is_amount and line.on and not days else None
    if not name or not (is_amount or line.on):
        return None
    return name + (2 if is_amount else 0) + on, days


def _name_points(one: str, other: str) -> int:
    words, others = _words(one), _words(other)
    if words == others:
        return 2
    return 1 if words[: len(others)] == others or others[: len(words)] == words else 0


def _words(name: str) -> tuple[str, ...]:
    """The words of a name that tell customers apart: "Nordwind A/S" is "nordwind"."""
    words = _WORD.findall(name.casefold())
    return tuple(word for word in words if word not in _FORMS) or tuple(words)


def _first_word(name: str) -> str:
    words = _words(name)
    return words[0] if words else ""
