"""How many random histories a property is tried on: a sample in the quick tests, many in `test --histories`.

`python3 -m tracker test --histories 5000` sets the variable below and runs what is marked `histories`; the seed it
prints makes the same histories again.
"""

import os
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest

HISTORIES_COUNT = int(os.environ.get("TRACKER_TEST_HISTORIES", "0"))
"""0 in the quick tests, which try the same few examples each time."""


def tried_on(usual: int, share: int = 1) -> Callable[[Any], Any]:
    """Marks a property of histories: so many usually, one `share`-th of those asked for in the long run."""
    settings = hypothesis.settings(
        max_examples=max(1, HISTORIES_COUNT // share) if HISTORIES_COUNT else usual,
        derandomize=not HISTORIES_COUNT,
        database=None,
        suppress_health_check=[
            hypothesis.HealthCheck.too_slow,
            hypothesis.HealthCheck.data_too_large,
            # Every example empties what it is given before it starts.
            hypothesis.HealthCheck.function_scoped_fixture,
        ],
    )
    return lambda test: pytest.mark.histories(settings(test))
