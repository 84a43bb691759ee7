"""`calc`: what a file of deals pays under a plan file, with the lines that explain it. No database."""

from datetime import date
from pathlib import Path

import click

from tracker.commands.calc_files import PlanFile, PlanFileType, read_files, terms_of_files
from tracker.commands.calc_report import Calculation, as_json, print_report
from tracker.commands.files import EXISTING_FILE, Day
from tracker.engine.earning.paying import pay
from tracker.garbage import without_collecting


@click.command()
@click.argument("plan_files", metavar="PLAN.toml...", nargs=-1, required=True, type=PlanFileType())
@click.argument("deals_file", metavar="DEALS.csv", type=EXISTING_FILE)
@click.option("--people", "people_file", type=EXISTING_FILE, help="Quotas, draws and days: TOML.")
@click.option("--as-of", type=Day(), help="Leave out later deals, and settle until this day.")
@click.option("--deals", "tells_deals", is_flag=True, help="Also say what each deal added.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON; amounts are in minor units.")
def calc(
    plan_files: tuple[PlanFile, ...],
    deals_file: Path,
    people_file: Path | None,
    as_of: date | None,
    tells_deals: bool,
    is_json: bool,
) -> None:
    """Pay a file of deals under a plan file, and say why. Nothing is kept, and no database is needed.

    Several plans, and versions of them, are named as [KEY=]FILE[@FIRST-DAY], such as smb=smb.toml@2026-07-01. The
    README says what stands in the files, under “Calculate without a database”.
    """
    with without_collecting():
        versions, people, deals = read_files(plan_files, deals_file, people_file, as_of)
        terms = terms_of_files(versions, people, deals, as_of)
        payroll = pay(deals, terms, keeps_credits=tells_deals)
    calculation = Calculation(
        payroll,
        terms,
        people.references,
        people.names,
        as_of,
        tells_deals,
        people.equity_on(terms.last_day),
    )
    if is_json:
        click.echo(as_json(calculation))
    else:
        print_report(calculation)
