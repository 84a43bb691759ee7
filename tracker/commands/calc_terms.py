"""What a calculation says of a quota (year, season, ramp, days) and of what was agreed with one person alone."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from tracker.commands.plain_figures import percent_text
from tracker.engine.agreement.plans import PersonalException
from tracker.engine.agreement.quotas import WindowQuota

Amount = Callable[[int], str]
"""How an amount of the measure is written."""


def is_reckoned(quota: WindowQuota) -> bool:
    """Whether a quota is another than the one somebody set for the window."""
    given = [stretch.given for stretch in quota.changes if stretch.given is not None]
    is_of_year = any(one.year_minor is not None for one in given)
    is_whole = quota.ramp == 1 and quota.held_share == 1
    return len(quota.changes) > 1 or is_of_year or (bool(given) and not is_whole)


def quota_values(quota: WindowQuota) -> list[dict[str, Any]]:
    """How each quota of a window came about, from which day on."""
    return [
        {
            "from": stretch.starts_on.isoformat(),
            "year_minor": stretch.given.year_minor if stretch.given else None,
            "season": str(quota.season),
            "set_minor": stretch.given.amount_minor if stretch.given else None,
            "ramp": percent_text(quota.ramp),
            "days_count": quota.days_count,
            "window_days_count": quota.window_days_count,
            "quota_minor": stretch.amount_minor,
        }
        for stretch in quota.changes
    ]


def quota_words(quota: WindowQuota, amount: Amount) -> Iterator[str]:
    """The same as a line for each: "quota: 1,000,000 for the year × 1/12 × ramp 25% × 14 of 28 days"."""
    for stretch in quota.changes:
        since = f" from {stretch.starts_on}" if len(quota.changes) > 1 else ""
        if stretch.given is None:
            yield f"quota{since}: none"
            continue
        parts = [amount(stretch.given.amount_minor)]
        if stretch.given.year_minor is not None:
            parts = [f"{amount(stretch.given.year_minor)} for the year × {_share(quota.season)}"]
        if quota.ramp != 1:
            parts.append(f"ramp {percent_text(quota.ramp)}")
        if quota.held_share != 1:
            parts.append(f"{quota.days_count} of {quota.window_days_count} days")
        yield f"quota{since}: {' × '.join(parts)}"
    if len(quota.changes) > 1:
        yield f"a quota that changes inside the window: {quota.rules.on_change}"


def _share(share: Fraction) -> str:
    return str(share) if share.denominator <= 1000 else percent_text(share)


def exception_values(exception: PersonalException) -> dict[str, Any]:
    """What an exception says, as its file would."""
    said: dict[str, Any] = {
        "from": exception.starts_on and exception.starts_on.isoformat(),
        "until": exception.ends_on and exception.ends_on.isoformat(),
        "reason": exception.reason,
    }
    if exception.rate_factor is not None:
        said["rate_factor"] = str(exception.rate_factor)
    if exception.add_rate is not None:
        said["add_rate"] = percent_text(exception.add_rate)
    if exception.tiers:
        said["tiers_count"] = len(exception.tiers)
    caps = {
        "cap_payout_minor": exception.cap_payout_minor,
        "cap_at": None if exception.cap_at is None else str(exception.cap_at),
        "deal_cap_minor": exception.deal_cap_minor,
    }
    said |= {name: cap for name, cap in caps.items() if cap is not None}
    if exception.lifts:
        said["lifts"] = sorted(exception.lifts)
    return said


def exception_words(exception: PersonalException, money: Amount) -> str:
    """The same in a line."""
    said = []
    if exception.rate_factor is not None:
        said.append(f"all rates × {percent_text(exception.rate_factor)}")
    if exception.add_rate is not None:
        said.append(f"{percent_text(exception.add_rate)} added to all rates")
    if exception.tiers:
        said.append("tiers of their own")
    if exception.cap_payout_minor is not None:
        said.append(f"at most {money(exception.cap_payout_minor)} in a window")
    if exception.cap_at is not None:
        said.append("a cap on attainment of their own")
    if exception.deal_cap_minor is not None:
        said.append("a cap per deal of their own")
    if exception.draw is not None:
        said.append(f"a draw of {money(exception.draw.amount_minor)}, {exception.draw.kind}")
    said += [f"no {cap}" for cap in sorted(exception.lifts)]
    days = f" from {exception.starts_on}" if exception.starts_on else ""
    days += f" until {exception.ends_on}" if exception.ends_on else ""
    reason = f" ({exception.reason})" if exception.reason else ""
    return f"agreed with them: {', '.join(said)}{days}{reason}"
