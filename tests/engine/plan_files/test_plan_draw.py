"""The draw in a plan file: what it means, and what is refused."""

from datetime import date

import pytest

from tests.builders import a_plan_text
from tracker.engine.agreement.plans import Draw, DrawKind
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan


def plan_with_draw(lines: str) -> str:
    return f"{a_plan_text()}[draw]\n{lines}\n"


def test_everything_a_draw_can_say_is_read() -> None:
    text = plan_with_draw(
        'amount = "30000.50"\nkind = "recoverable"\nfrom = 2026-01-01\nuntil = "2026-03-31"\n'
        'recovery_limit = "5000"\nforgive_at_end = true'
    )
    first, last = date(2026, 1, 1), date(2026, 3, 31)
    draw = Draw(3_000_050, DrawKind.RECOVERABLE, first, last, 500_000, forgives_at_end=True)
    assert parse_plan(text).draw == draw


def test_a_plan_without_a_draw_or_with_one_of_nothing_has_none() -> None:
    assert parse_plan(a_plan_text()).draw is None
    assert parse_plan(plan_with_draw("amount = 0")).draw is None


def test_a_quota_may_stand_in_the_plan() -> None:
    (component,) = parse_plan(a_plan_text('tiers = [{ rate = "5%" }]\nquota = "10.50"')).components
    assert component.quota_minor == 1050


@pytest.mark.parametrize(
    ("lines", "key", "reason"),
    [
        ('kind = "recoverable"', "amount", "missing"),
        ('amount = "-1"', "amount", "negative"),
        ('amount = "1"\nkind = "loan"', "kind", "not one of the choices"),
        ('amount = "1"\nuntil = "2026-02-30"', "until", "not a day"),
        ('amount = "1"\nfrom = "2026-02-02"\nuntil = "2026-02-01"', "until", "is before"),
        ('amount = "1"\nforgive_at_end = "yes"', "forgive_at_end", "neither true nor false"),
        ('amount = "1"\nforgive_at_end = true', "forgive_at_end", "without an end"),
        (
            'amount = "1"\nkind = "non_recoverable"\nrecovery_limit = 1',
            "recovery_limit",
            "leaves no debt",
        ),
        ('amount = "1"\nmonths = 3', "months", "not a key"),
    ],
)
def test_a_draw_is_refused_with_its_line(lines: str, key: str, reason: str) -> None:
    with pytest.raises(PlanFileError) as refusal:
        parse_plan(plan_with_draw(lines))
    (problem,) = refusal.value.problems
    assert problem.key == f"draw.{key}"
    assert reason in problem.what
    assert problem.line is not None
