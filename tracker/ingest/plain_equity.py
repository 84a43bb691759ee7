"""The grants of equity of a person in a file of people."""

from datetime import date

from tracker.engine.payroll_months.equity import Grant, problem_of
from tracker.engine.plan_files.plan_reader import TableReader

GRANT_KEYS = ("name", "units", "from", "over_months", "cliff_months", "every_months")
EXAMPLE_GRANT = '{ name = "Warrants", units = 1200, from = "2026-01-01", over_months = 48 }'
NUMBER_MAX = 10**12


def read_grants(person: TableReader, payee_id: int) -> list[Grant]:
    """The grants under `equity`, every problem with them noted."""
    tables = person.tables("equity", EXAMPLE_GRANT)
    found = (_read_grant(table, payee_id) for table in tables)
    return [grant for grant in found if grant is not None]


def _read_grant(table: TableReader, payee_id: int) -> Grant | None:
    table.refuse_unknown(GRANT_KEYS)
    needed = {
        "units": "units = 1200",
        "from": 'from = "2026-01-01"',
        "over_months": "over_months = 48",
    }
    is_whole = [table.require(key, example) for key, example in needed.items()]
    starts_on = table.day("from")
    grant = Grant(
        payee_id=payee_id,
        name=table.word("name", '"Warrants"', "Equity"),
        units=table.whole_number("units", 1, NUMBER_MAX, 1200),
        starts_on=starts_on or date.max,
        over_months=table.whole_number("over_months", 1, NUMBER_MAX, 48),
        cliff_months=table.whole_number("cliff_months", 0, NUMBER_MAX, 0),
        every_months=table.whole_number("every_months", 1, NUMBER_MAX, 1),
    )
    if not all(is_whole) or starts_on is None:
        return None
    if problem := problem_of(grant):
        table.problem(*problem)
        return None
    return grant
