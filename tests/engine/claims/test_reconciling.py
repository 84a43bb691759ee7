"""A rep's own list against the company's: who is who, why they differ, and that nothing falls between."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.claims.list_matching import Compared, How, Line, OwnDeal
from tracker.engine.claims.reconciling import CauseKind, Pair, Reconciliation, reconcile

DAY = date(2026, 11, 3)


def an_own(key: str = "crm:d-1", **changes) -> OwnDeal:
    """A deal of 1,000.00 that paid 100.00."""
    defaults = {
        "name": "Nordwind A/S",
        "on": DAY,
        "amount_minor": 100_000,
        "part_minor": 100_000,
        "is_won": True,
        "paid_minor": 10_000,
        "rates": (Fraction(1, 10),),
    }
    return OwnDeal(key, **{**defaults, **changes})


def a_line(number: int = 2, **changes) -> Line:
    defaults = {
        "name": "Nordwind A/S",
        "on": DAY,
        "amount_minor": 100_000,
        "commission_minor": 10_000,
    }
    return Line(number, **{**defaults, **changes})


def found(
    lines: list[Line], own: list[OwnDeal], compared: Compared = Compared.COMMISSION
) -> Reconciliation:
    return reconcile(lines, own, compared)


def hows(lines: list[Line], own: list[OwnDeal]) -> dict[int, How]:
    pairs = found(lines, own).pairs
    return {pair.line.number: pair.how for pair in pairs if pair.line}


def the_pair(line: Line, own: OwnDeal, compared: Compared = Compared.COMMISSION) -> Pair:
    (pair,) = found([line], [own], compared).pairs
    return pair


# --- who is who


@pytest.mark.parametrize(
    ("line", "how"),
    [
        (a_line(deal_id="crm:d-1", name="", on=None), How.BY_ID),
        (a_line(deal_id="D-1", name="Something else", on=date(2020, 1, 1)), How.BY_ID),
        (a_line(), How.EXACT),
        (a_line(name="NORDWIND"), How.EXACT),
        (a_line(name="Nordwind Holding"), How.NEAR),
        (a_line(on=DAY + timedelta(days=30)), How.NEAR),
        (a_line(on=None), How.NEAR),
        (a_line(amount_minor=99_000, on=DAY + timedelta(days=2)), How.NEAR),
        (a_line(name=""), How.NEAR),
        (a_line(on=DAY + timedelta(days=60)), How.ONLY_THEIRS),
        (a_line(name="Sydvind A/S"), How.ONLY_THEIRS),
        (a_line(amount_minor=99_000, on=DAY + timedelta(days=20)), How.ONLY_THEIRS),
        (a_line(name="", on=None), How.ONLY_THEIRS),
        (a_line(deal_id="d-9", name=""), How.NEAR),
    ],
)
def test_a_line_finds_its_deal_by_id_or_by_likeness(line: Line, how: How) -> None:
    assert hows([line], [an_own()]) == {2: how}


def test_the_likelier_deal_is_taken_whatever_the_order() -> None:
    deals = [
        an_own("crm:a", on=DAY + timedelta(days=9)),
        an_own("crm:b"),
        an_own("crm:c", name="X"),
    ]
    for own in (deals, deals[::-1]):
        (pair,) = [pair for pair in found([a_line()], own).pairs if pair.line]
        assert pair.own
        assert pair.own.key == "crm:b"


def test_a_line_that_could_be_several_deals_is_none_of_them() -> None:
    own = [an_own("crm:a"), an_own("crm:b", amount_minor=100_000, paid_minor=20_000)]
    pairs = found([a_line(amount_minor=None)], own).pairs
    assert {pair.how for pair in pairs} == {How.AMBIGUOUS, How.ONLY_OURS}
    (ambiguous,) = [pair for pair in pairs if pair.line]
    assert [cause.kind for cause in ambiguous.causes] == [CauseKind.SEVERAL_FIT]


def test_as_many_like_lines_as_like_deals_are_taken_in_order() -> None:
    own = [an_own("crm:a"), an_own("crm:b")]
    assert hows([a_line(2), a_line(3)], own) == {2: How.EXACT, 3: How.EXACT}


def test_a_deal_that_stands_in_two_lines_is_the_first_and_the_second_says_so() -> None:
    assert hows([a_line(2), a_line(3)], [an_own()]) == {2: How.EXACT, 3: How.TWICE}
    by_id = [a_line(2, deal_id="d-1"), a_line(3, deal_id="d-1")]
    assert hows(by_id, [an_own()]) == {2: How.BY_ID, 3: How.TWICE}


def test_an_id_that_two_sources_use_is_settled_by_likeness() -> None:
    own = [an_own("crm:7", name="Other"), an_own("old:7")]
    (pair,) = [pair for pair in found([a_line(deal_id="7")], own).pairs if pair.line]
    assert pair.own
    assert pair.own.key == "old:7"


# --- why they differ


@pytest.mark.parametrize(
    ("line", "own", "kinds"),
    [
        (a_line(), an_own(), []),
        (a_line(), an_own(is_won=False, paid_minor=0), [CauseKind.NOT_WON]),
        (a_line(), an_own(missing=("icp_match",), paid_minor=0), [CauseKind.HELD]),
        (a_line(), an_own(reasons=("filter",), paid_minor=0), [CauseKind.UNPAID]),
        (
            a_line(amount_minor=90_000, commission_minor=9_000),
            an_own(),
            [CauseKind.OTHER_AMOUNT],
        ),
        (a_line(commission_minor=12_000), an_own(), [CauseKind.OTHER_RATE]),
        (a_line(), an_own(part_minor=60_000, paid_minor=6_000), [CauseKind.SPLIT]),
        (a_line(), an_own(is_capped=True, paid_minor=0), [CauseKind.CAPPED]),
        (a_line(), an_own(paid_minor=4_000, is_clawed_back=True), [CauseKind.CLAWED_BACK]),
        (a_line(commission_minor=10_040), an_own(), [CauseKind.ROUNDING]),
        (a_line(), an_own(paid_minor=0), [CauseKind.OTHER_PAY]),
        (
            a_line(on=date(2026, 10, 31), commission_minor=12_000),
            an_own(),
            [CauseKind.OTHER_DAY, CauseKind.OTHER_RATE],
        ),
    ],
)
def test_a_difference_in_pay_says_where_it_comes_from(
    line: Line, own: OwnDeal, kinds: list[CauseKind]
) -> None:
    assert [cause.kind for cause in the_pair(line, own).causes] == kinds


def test_another_rate_is_told_with_both_rates() -> None:
    (cause,) = the_pair(a_line(commission_minor=12_000), an_own()).causes
    assert (cause.theirs, cause.ours) == (Fraction(12, 100), Fraction(10, 100))


def test_without_commissions_the_amounts_are_compared() -> None:
    split = the_pair(
        a_line(amount_minor=60_000), an_own(part_minor=60_000), compared=Compared.AMOUNT
    )
    assert [cause.kind for cause in split.causes] == [CauseKind.SPLIT]
    lost = the_pair(a_line(), an_own(is_won=False), compared=Compared.AMOUNT)
    assert lost.difference_minor == 100_000


def test_what_stands_on_one_side_only_counts_in_full() -> None:
    reconciliation = found([a_line(name="Sydvind")], [an_own(paid_minor=7_000)])
    kinds = {
        pair.how: (pair.difference_minor, pair.causes[0].kind) for pair in reconciliation.pairs
    }
    assert kinds == {
        How.ONLY_THEIRS: (10_000, CauseKind.NOT_IN_COMPANY),
        How.ONLY_OURS: (-7_000, CauseKind.NOT_IN_FILE),
    }


# --- nothing falls between

NAMES = st.sampled_from(["Nordwind A/S", "Nordwind", "Fjord", "Fjord Data", ""])
DAYS = st.sampled_from([DAY + timedelta(days=days) for days in (0, 0, 1, 6, 30, 70)])
FIGURES = st.sampled_from([-5_000, 0, 1, 100_000, 100_000, 60_000])
LINES = st.lists(
    st.builds(
        Line,
        st.just(0),
        st.sampled_from(["", "", "1", "2", "crm:3", "zz"]),
        NAMES,
        st.none() | DAYS,
        st.none() | FIGURES,
        st.none() | FIGURES,
    ),
    max_size=9,
)
OWN = st.lists(
    st.builds(
        OwnDeal,
        st.sampled_from([f"{source}:{number}" for source in ("crm", "old") for number in range(6)]),
        NAMES,
        DAYS,
        FIGURES,
        FIGURES,
        st.booleans(),
        FIGURES,
        is_clawed_back=st.booleans(),
    ),
    max_size=9,
    unique_by=lambda deal: deal.key,
)


@given(LINES, OWN, st.sampled_from(Compared), st.randoms(use_true_random=False))
def test_the_differences_sum_to_the_difference_of_the_totals(
    lines: list[Line], own: list[OwnDeal], compared: Compared, random
) -> None:
    lines = [replace(line, number=number) for number, line in enumerate(lines, start=2)]
    reconciliation = reconcile(lines, own, compared)
    pairs = reconciliation.pairs
    figure = {Compared.COMMISSION: "commission_minor", Compared.AMOUNT: "amount_minor"}[compared]
    theirs_minor = sum(getattr(line, figure) or 0 for line in lines)
    ours_minor = sum(deal.figure_minor(compared) for deal in own)
    assert sum(pair.difference_minor for pair in pairs) == theirs_minor - ours_minor
    assert reconciliation.theirs_minor == theirs_minor
    assert reconciliation.ours_minor == ours_minor
    assert sorted(pair.line.number for pair in pairs if pair.line) == [one.number for one in lines]
    assert sorted(pair.own.key for pair in pairs if pair.own) == sorted(one.key for one in own)
    assert all(pair.causes for pair in pairs if pair.difference_minor), "each difference is told"
    assert reconcile(lines, random.sample(own, len(own)), compared) == reconciliation
