"""Plans that a history goes through: as plain values for the oracle, and as the files that the product reads."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

LADDERS: dict[str, tuple[tuple[str, str], ...]] = {
    "amount": (("200000", "3%"), ("500000", "5.5%"), ("", "8%")),
    "quota": (("80%", "4%"), ("100%", "7%"), ("150%", "11%"), ("", "5%")),
    "accelerator": (("100%", "1"), ("", "2.5")),
}
"""Where each tier ends and what it pays: of an accelerator so many times the target incentive per point of quota."""

TARGET_INCENTIVE_MINOR = 6_000_000
CLAWBACK_MONTHS = 3
MARGIN_RATE = "1.7%"
EVIDENCE = "icp_match"


@dataclass(frozen=True)
class Terms:
    """One version of the plan. Amounts are whole kroner, 0 is none; factors are by product."""

    ladder: str = "amount"
    mode: str = "marginal"
    on_change: str = "continue"
    on_quota_change: str = "retro"
    asks_evidence: bool = False
    factors: dict[str, str] = field(default_factory=dict)
    counts_factors: bool = False  # the multipliers count towards the tiers, too
    cap_payout: int = 0
    deal_cap: int = 0
    clawback: str = ""  # all or by_months_remaining
    draw: int = 0
    draw_kind: str = "recoverable"

    @property
    def tiers(self) -> list[tuple[Fraction | None, Fraction]]:
        """Where each tier ends, in minor units or in shares of the quota, and its rate or multiple."""
        return [
            (_exact(end, Fraction(100)) if end else None, _exact(pays, Fraction(1)))
            for end, pays in LADDERS[self.ladder]
        ]

    @property
    def needs_quota(self) -> bool:
        return self.ladder != "amount"

    def text(self) -> str:
        """The plan file."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield from ('name = "Ladder"', 'currency = "DKK"', 'window = "quarter"')
        yield from ('settlement = "month"', f'on_change = "{self.on_change}"')
        if self.draw:
            yield f'draw = {{ amount = "{self.draw}", kind = "{self.draw_kind}" }}'
        yield from ("[[components]]", 'key = "sales"', 'measure = "revenue"')
        yield f'mode = "{self.mode}"'
        yield f'tiers_on = "{"quota" if self.needs_quota else "amount"}"'
        yield f'on_quota_change = "{self.on_quota_change}"'
        if self.asks_evidence:
            yield f'requires = [ "{EVIDENCE}" ]'
        pays = "multiple" if self.ladder == "accelerator" else "rate"
        if pays == "multiple":
            yield f'target_incentive = "{TARGET_INCENTIVE_MINOR // 100}"'
        tiers = (
            f'{{ up_to = "{end}", {pays} = "{paid}" }}' if end else f'{{ {pays} = "{paid}" }}'
            for end, paid in LADDERS[self.ladder]
        )
        yield f"tiers = [ {', '.join(tiers)} ]"
        if self.factors:
            yield f'weights = "{"on_credit" if self.counts_factors else "in_order"}"'
            factors = (
                f'{{ where = {{ product = "{product}" }}, factor = "{factor}" }}'
                for product, factor in self.factors.items()
            )
            yield f"multipliers = [ {', '.join(factors)} ]"
        if self.cap_payout:
            yield f'cap_payout = "{self.cap_payout}"'
        if self.deal_cap:
            yield f'deal_cap = "{self.deal_cap}"'
        if self.clawback:
            within = f"within_months = {CLAWBACK_MONTHS}"
            yield f'clawback = {{ {within}, takes = "{self.clawback}", reprices = "window" }}'
        yield from ("[[components]]", 'key = "margin"', 'measure = "margin"')
        yield f'tiers = [ {{ rate = "{MARGIN_RATE}" }} ]'


def _exact(written: str, units: Fraction) -> Fraction:
    """A percentage as its share, anything else in units."""
    if written.endswith("%"):
        return Fraction(written[:-1]) / 100
    return Fraction(written) * units
