"""The tile that says where the window ends: the figure, a meter of the four bands, and how far it may vary."""

from dataclasses import dataclass

from tracker.engine.money import minor_digits
from tracker.pages.formatting import amount, money
from tracker.pages.i18n import gettext as _
from tracker.pages.standings import PayeeStanding

METER_WIDTH = 100.0
GAP = 1.5
LARGE_MINOR = 10_000_00
"""From here on a range is said in thousands, below in hundreds."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One band of the meter: secured, exposed, backed or hope; `pace` where no open deals are known."""

    band: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ProjectedTile:
    """Where the window ends, in minor units; the meter, the same in words, and the range."""

    expected_minor: int
    meter: tuple[Stretch, ...]
    meter_words: str
    range: str
    remark: str


def projected_tile(standing: PayeeStanding) -> ProjectedTile:
    """The tile of a payee's window, all ladders together."""
    bands = _bands(standing)
    return ProjectedTile(
        expected_minor=standing.projected_minor,
        meter=tuple(_meter([(band, minor) for band, _name, minor in bands])),
        meter_words=", ".join(
            f"{name} {money(minor, standing.currency, decimals=0)}" for _band, name, minor in bands
        )
        if standing.currency
        else "",
        range=_range(standing),
        remark=_remark(standing),
    )


def _bands(standing: PayeeStanding) -> list[tuple[str, str, int]]:
    """Each band with its name and amount, the surest first."""
    projection = standing.projection
    if projection is None:
        return [
            ("secured", _("Earned"), standing.earned_minor),
            ("pace", _("At today’s pace"), standing.pace_minor - standing.earned_minor),
        ]
    return [
        ("secured", _("Secured"), standing.earned_minor - projection.exposed_minor),
        ("exposed", _("Exposed"), projection.exposed_minor),
        ("backed", _("Backed"), projection.backed_minor),
        ("hope", _("Hope"), projection.hope_minor),
    ]


def _meter(bands: list[tuple[str, int]]) -> list[Stretch]:
    """The bands side by side, in proportion; one of nothing is left out."""
    shown = [(band, minor) for band, minor in bands if minor > 0]
    full = sum(minor for _band, minor in shown)
    room = METER_WIDTH - GAP * (len(shown) - 1)
    stretches, x = [], 0.0
    for band, minor in shown:
        width = room * (minor / full)
        stretches.append(Stretch(band, round(x, 2), round(width, 2)))
        x += width + GAP
    return stretches


def _range(standing: PayeeStanding) -> str:
    """Where it ends eight times in ten, in round figures: "113.000–131.000"; "" when nothing is uncertain."""
    if standing.projection is None or not standing.projection.uncertain_count:
        return ""
    spread, currency = standing.projected, standing.currency
    step: int = 10 ** minor_digits(currency) * (1_000 if spread.low_minor >= LARGE_MINOR else 100)
    low = spread.low_minor // step * step
    high = -(-spread.high_minor // step) * step
    return "–".join(amount(minor, currency, decimals=0) for minor in (low, high))


def _remark(standing: PayeeStanding) -> str:
    """What stands where there is no range."""
    if standing.projection is None:
        return _("at this pace")
    return _("all certain") if standing.projection.backed_minor else _("no open deal is backed")
