"""Draws and debts by another way than the product's: every advance is a loan, given back oldest first."""

from collections import deque
from collections.abc import Sequence


def paid_and_owed(
    periods: Sequence[tuple[int, int]], recovery_limit: int | None = None, gift: bool = False
) -> list[tuple[int, int]]:
    """What each period pays and what is owed after it, from what it earned and the least it pays.

    With `gift` an advance that a draw gave is no loan; what a negative period lacks always is.
    """
    loans: deque[int] = deque()
    found = []
    for earned, least in periods:
        purse = earned
        if purse < 0:
            loans.append(-purse)
            purse = 0
        if purse < least:
            if not gift:
                loans.append(least - purse)
            purse = least
        elif earned > least:
            left_to_give = earned - least if recovery_limit is None else recovery_limit
            left_to_give = min(left_to_give, earned - least)
            while loans and left_to_give:
                given = min(loans[0], left_to_give)
                purse, left_to_give = purse - given, left_to_give - given
                loans[0] -= given
                if not loans[0]:
                    loans.popleft()
        found.append((purse, sum(loans)))
    return found
