"""What `calc` takes for a long file of deals, beside the plainest loop that pays the rows of the same file.

The loop is what somebody would write for this one plan: csv.DictReader, a Decimal for each amount, and for each deal
the ladder before and after it. It checks nothing, knows one plan, and explains nothing. Both are measured in the time
of the processor, since other programs may want it, too.
"""

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from tracker.commands.calc_files import PlanFile, read_files, terms_of_files
from tracker.engine.earning.paying import pay
from tracker.garbage import without_collecting

DEALS_COUNT = 100_000
REPS_COUNT = 100
ROUNDS_COUNT = 3
LIMIT = 3.0
LADDER = (("4000000", "5%"), ("8000000", "7%"), ("16000000", "10%"), ("", "12%"))
PLAN = """name = "Bench"
currency = "DKK"
window = "year"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
where = { kind = "new" }
"""
FACTORS = {"product": ("Nova", "1.5"), "segment": ("enterprise", "1.25")}
COLUMNS = ("deal_id", "effective_on", "rep", "amount", "product", "segment", "kind")


@dataclass(frozen=True, slots=True)
class CalcCost:
    """Seconds of CPU for one file by the plain loop and by `calc`, and the ratio of the two."""

    name: str
    deals_count: int
    plain_seconds: float
    calc_seconds: float
    ratio: float
    limit: float = LIMIT


def calc_costs(on_progress: Callable[[str], None]) -> list[CalcCost]:
    """A ladder, and the same ladder with multipliers, where the order of the deals counts."""
    with TemporaryDirectory() as folder:
        deals_file = Path(folder) / "deals.csv"
        _write_deals(deals_file)
        return [
            _cost(name, deals_file, Path(folder) / "plan.toml", has_factors, on_progress)
            for name, has_factors in (("order-free", False), ("ordered", True))
        ]


def _cost(
    name: str,
    deals_file: Path,
    plan_file: Path,
    has_factors: bool,
    on_progress: Callable[[str], None],
) -> CalcCost:
    plan_file.write_text(_plan_text(has_factors), encoding="utf-8")
    rounds = []
    for number in range(ROUNDS_COUNT):
        on_progress(f"{name}: round {number + 1} of {ROUNDS_COUNT}")
        started = process_time()
        plain = _paid_plainly(deals_file, has_factors)
        plain_seconds = process_time() - started
        started = process_time()
        paid = _paid_by_calc(plan_file, deals_file)
        rounds.append((plain_seconds, process_time() - started))
        if plain != paid:
            raise AssertionError(f"calc pays {paid}, a plain loop {plain}")
    return CalcCost(
        name,
        DEALS_COUNT,
        median(plain for plain, _ in rounds),
        median(calc for _, calc in rounds),
        median(calc / plain for plain, calc in rounds),
    )


def _paid_by_calc(plan_file: Path, deals_file: Path) -> int:
    with without_collecting():
        versions, people, deals = read_files([PlanFile(plan_file)], deals_file, None, None)
        payroll = pay(deals, terms_of_files(versions, people, deals, None))
    return sum(payee.total_minor for payee in payroll.payees)


def _paid_plainly(deals_file: Path, has_factors: bool) -> int:
    """What everybody is paid, in minor units: each rep's year rounded once at the end of each month."""
    sold_by_rep: dict[str, list[tuple[date, str, Decimal, Decimal]]] = defaultdict(list)
    with deals_file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] != "new":
                continue
            factor = Decimal(1)
            for column, (word, times) in FACTORS.items() if has_factors else ():
                if row[column] == word:
                    factor *= Decimal(times)
            day = date.fromisoformat(row["effective_on"])
            sold_by_rep[row["rep"]].append((day, row["deal_id"], Decimal(row["amount"]), factor))
    paid = Decimal(0)
    for deals in sold_by_rep.values():
        sold = earned = Decimal(0)
        for _, _, amount, factor in sorted(deals):
            earned += (_ladder(sold + amount) - _ladder(sold)) * factor
            sold += amount
        paid += (earned + Decimal("0.005")) // Decimal("0.01")
    return int(paid)


_BANDS = [(Decimal(up_to or "Infinity"), Decimal(rate[:-1]) / 100) for up_to, rate in LADDER]


def _ladder(sold: Decimal) -> Decimal:
    pays = starts_at = Decimal(0)
    for up_to, rate in _BANDS:
        if sold <= up_to:
            return pays + (sold - starts_at) * rate
        pays += (up_to - starts_at) * rate
        starts_at = up_to
    return pays


def _plan_text(has_factors: bool) -> str:
    tiers = ", ".join(
        f'{{ {f"up_to = {up_to}, " if up_to else ""}rate = "{rate}" }}' for up_to, rate in LADDER
    )
    factors = ", ".join(
        f'{{ where = {{ {column} = "{word}" }}, factor = "{times}" }}'
        for column, (word, times) in FACTORS.items()
    )
    return f"{PLAN}tiers = [ {tiers} ]\n" + (
        f"multipliers = [ {factors} ]\n" if has_factors else ""
    )


def _write_deals(path: Path) -> None:
    random = Random(7)  # noqa: S311
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        for number in range(DEALS_COUNT):
            day = date(2026, 1, 1) + timedelta(days=random.randrange(365))
            writer.writerow(
                (
                    f"d{number}",
                    day.isoformat(),
                    f"rep{random.randrange(REPS_COUNT)}@bench.example",
                    f"{random.randrange(1_000, 50_000)}.{random.randrange(100):02}",
                    random.choice(("Core", "Nova", "Lyra")),
                    random.choice(("smb", "mid", "enterprise")),
                    "new",
                )
            )
