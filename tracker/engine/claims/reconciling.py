"""A rep's own list of deals against the company's: which line is which deal, and why the figures differ.

Every line and every deal of the company stands in exactly one pair, alone where it has no other half. So the
differences of the pairs sum to the difference of the totals, whatever was matched with what.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.engine.claims.list_matching import Compared, How, Line, Matching, OwnDeal

ROUNDING_MINOR = 100
"""A difference up to this much, in minor units, may come from rounding each line."""


class CauseKind(StrEnum):
    NOT_IN_COMPANY = "not_in_company"
    NOT_IN_FILE = "not_in_file"
    SEVERAL_FIT = "several_fit"
    STANDS_TWICE = "stands_twice"
    NOT_WON = "not_won"
    UNPAID = "unpaid"
    HELD = "held"
    OTHER_AMOUNT = "other_amount"
    OTHER_DAY = "other_day"
    SPLIT = "split"
    CAPPED = "capped"
    CLAWED_BACK = "clawed_back"
    OTHER_RATE = "other_rate"
    OTHER_PAY = "other_pay"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason for a difference; the figures say what the file has (`theirs`) and what the company has (`ours`)."""

    kind: CauseKind
    theirs: Fraction | None = None
    ours: Fraction | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A line and its deal, or one of them alone. `difference_minor`: by how much the file has more."""

    how: How
    line: Line | None
    own: OwnDeal | None
    theirs_minor: int
    ours_minor: int
    causes: tuple[Cause, ...]

    @property
    def difference_minor(self) -> int:
        return self.theirs_minor - self.ours_minor


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Both lists, in pairs: those with a difference first, the largest first."""

    compared: Compared
    pairs: tuple[Pair, ...]

    @property
    def theirs_minor(self) -> int:
        return sum(pair.theirs_minor for pair in self.pairs)

    @property
    def ours_minor(self) -> int:
        return sum(pair.ours_minor for pair in self.pairs)

    @property
    def difference_minor(self) -> int:
        return self.theirs_minor - self.ours_minor


def reconcile(lines: Sequence[Line], own: Sequence[OwnDeal], compared: Compared) -> Reconciliation:
    """Pair the lines of a list with the company's deals, and explain every difference."""
    matching = Matching(lines, own)
    pairs = [
        _pair(matching.how_of[line.number], line, matching.own_of.get(line.number), compared)
        for line in lines
    ]
    pairs += [_pair(How.ONLY_OURS, None, deal, compared) for deal in matching.free.values()]
    return Reconciliation(compared, tuple(sorted(pairs, key=_largest_difference_first)))


def _largest_difference_first(pair: Pair) -> tuple[int, int, str]:
    number = pair.line.number if pair.line else 0
    return -abs(pair.difference_minor), number, pair.own.key if pair.own else ""


# --- why they differ ---------------------------------------------------------------------------------------------


def _pair(how: How, line: Line | None, own: OwnDeal | None, compared: Compared) -> Pair:
    theirs_minor = _figure_minor(line, compared) if line else 0
    ours_minor = own.figure_minor(compared) if own else 0
    causes = _causes(how, line, own, compared) if theirs_minor != ours_minor else ()
    return Pair(how, line, own, theirs_minor, ours_minor, tuple(causes))


def _figure_minor(line: Line, compared: Compared) -> int:
    figure = line.commission_minor if compared is Compared.COMMISSION else line.amount_minor
    return figure or 0


def _causes(how: How, line: Line | None, own: OwnDeal | None, compared: Compared) -> list[Cause]:
    if line is None or own is None:
        alone = {
            How.AMBIGUOUS: CauseKind.SEVERAL_FIT,
            How.TWICE: CauseKind.STANDS_TWICE,
            How.ONLY_OURS: CauseKind.NOT_IN_FILE,
        }
        return [Cause(alone.get(how, CauseKind.NOT_IN_COMPANY))]
    causes = [*_causes_in_facts(line, own, compared)]
    if compared is Compared.COMMISSION:
        causes += _causes_in_pay(line, own)
    return causes or [_last_cause(line, own, compared)]


def _causes_in_facts(line: Line, own: OwnDeal, compared: Compared) -> Iterator[Cause]:
    """What the two sides know differently about the deal."""
    if not own.is_won:
        yield Cause(CauseKind.NOT_WON)
    elif own.missing:
        yield Cause(CauseKind.HELD, words=own.missing)
    elif own.reasons:
        yield Cause(CauseKind.UNPAID, words=own.reasons)
    if line.amount_minor not in (None, own.amount_minor, own.part_minor):
        yield _cause(CauseKind.OTHER_AMOUNT, line.amount_minor or 0, own.amount_minor)
    elif own.is_won and own.part_minor != own.amount_minor:
        is_known = line.amount_minor == own.part_minor and compared is Compared.COMMISSION
        if not is_known:
            yield _cause(CauseKind.SPLIT, own.amount_minor, own.part_minor)
    if line.on and (line.on.year, line.on.month) != (own.on.year, own.on.month):
        yield Cause(CauseKind.OTHER_DAY)


def _causes_in_pay(line: Line, own: OwnDeal) -> Iterator[Cause]:
    """What the company did to the pay that a list seldom knows."""
    if own.is_capped:
        yield Cause(CauseKind.CAPPED)
    if own.is_clawed_back:
        yield Cause(CauseKind.CLAWED_BACK)
    if own.is_capped or own.is_clawed_back or not own.paid_minor or not line.commission_minor:
        return  # a rate worked out from such a figure would be none that anybody agreed on
    amount_minor = line.amount_minor or own.part_minor
    if amount_minor and own.part_minor:
        theirs = Fraction(line.commission_minor, amount_minor)
        ours = Fraction(own.paid_minor, own.part_minor)
        is_rounding = abs(line.commission_minor - own.paid_minor) <= ROUNDING_MINOR
        if theirs != ours and not is_rounding:
            yield Cause(CauseKind.OTHER_RATE, theirs, ours)


def _last_cause(line: Line, own: OwnDeal, compared: Compared) -> Cause:
    theirs_minor, ours_minor = _figure_minor(line, compared), own.figure_minor(compared)
    if abs(theirs_minor - ours_minor) <= ROUNDING_MINOR:
        return Cause(CauseKind.ROUNDING)
    kind = CauseKind.OTHER_PAY if compared is Compared.COMMISSION else CauseKind.OTHER_AMOUNT
    return _cause(kind, theirs_minor, ours_minor)


def _cause(kind: CauseKind, theirs_minor: int, ours_minor: int) -> Cause:
    return Cause(kind, Fraction(theirs_minor), Fraction(ours_minor))
