"""How much a run of the fault tests tries, and the seed that tries the same again.

`python3 -m tracker test --faults [--long] [--seed N]` sets the variables below.
"""

import os
import random

RUN = os.environ.get("TRACKER_TEST_FAULTS", "")
"""smoke or long; "" in the ordinary run, which leaves these tests out."""
SEED = int(os.environ.get("TRACKER_TEST_FAULTS_SEED", "0"))


def sized(smoke: int, long: int) -> int:
    """How many of something this run tries."""
    return long if RUN == "long" else smoke


def chance(name: str) -> random.Random:
    """A source of chance that depends on the seed and on what it is for, not on what ran before."""
    return random.Random(f"{SEED} {name}")
