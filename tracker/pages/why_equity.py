"""The sheet of a rep's equity: each grant with what has vested, what is still to come, and what was forfeited."""

from collections.abc import Sequence

from tracker.engine.payroll_months.equity import GrantStanding
from tracker.pages.formatting import count, day
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.sheets import Row, Section, Sheet

UPCOMING_COUNT = 4
"""How many of the vestings to come are listed one by one."""


def why_equity(grants: Sequence[GrantStanding]) -> Sheet:
    """Every grant of a rep, in units."""
    vested = sum(standing.vested_units for standing in grants)
    return Sheet(
        title=_("Equity"),
        figure=_units(vested),
        tone="",
        remark=_("vested, of %(units)s", units=_units(sum(one.grant.units for one in grants))),
        sections=tuple(_grant(standing) for standing in grants),
        notes=(_("Units are no money: what they are worth is in no figure of your pay."),),
    )


def _grant(standing: GrantStanding) -> Section:
    grant = standing.grant
    rows = [Row(_("Granted from %(on)s", on=day(grant.starts_on)), _units(grant.units))]
    rows += [
        Row(_("Vests on %(on)s", on=day(vesting.on)), _units(vesting.units), tone="waiting")
        for vesting in standing.upcoming[:UPCOMING_COUNT]
    ]
    later = sum(vesting.units for vesting in standing.upcoming[UPCOMING_COUNT:])
    if later:
        rows.append(Row(_("Later"), _units(later), tone="waiting"))
    if standing.forfeited_units:
        rows.append(Row(_("Forfeited"), _units(standing.forfeited_units), tone="loss"))
    return Section(grant.name, tuple(rows), Row(_("Vested"), _units(standing.vested_units)))


def _units(units: int) -> str:
    return ngettext("%(count)s unit", "%(count)s units", units, count=count(units))
