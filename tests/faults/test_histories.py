"""Whatever happens to a company, in whatever order: after every step everybody sees what the facts give, to the øre.

A history is made by Hypothesis and told to a real server by HTTP. What each history tries can be had again alone: its
number and the seed of the run make the same steps.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import pytest
from hypothesis import Phase, settings, stateful
from hypothesis.internal.conjecture import engine
from hypothesis.strategies._internal.featureflags import FeatureFlags

from tests.faults.happenings import Everything
from tests.faults.living_company import LivingCompany
from tests.faults.size import SEED, sized

HISTORIES, STEPS = sized(1, 2), sized(20, 1000)
CHOICES_MAX = 2**17
"""Hypothesis ends a history after so many choices; its own bound is too low for a thousand steps."""


def history_of(companies: contextlib.ExitStack, url: str, folder: Path) -> Any:
    """The machine of one test. Hypothesis would tell a history that fails once more; here the first time counts."""
    failures: list[BaseException] = []

    def begin() -> LivingCompany:
        if failures:
            raise failures[0]
        return companies.enter_context(LivingCompany(folder, url).open_for_business())

    fields = {"begin": staticmethod(begin), "happened": Counter(), "failures": failures}
    return type("History", (Everything,), fields)


@pytest.mark.parametrize("number", range(HISTORIES))
def test_after_every_step_of_a_history_everybody_sees_what_the_facts_give(
    tmp_path: Path, database_url: str, number: int, tell: Callable[[str], None]
) -> None:
    bounds = settings(
        max_examples=2,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        database=None,
        derandomize=False,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    with (
        contextlib.ExitStack() as companies,
        mock.patch.object(engine, "BUFFER_SIZE", CHOICES_MAX),
        mock.patch.object(stateful, "BUFFER_SIZE", CHOICES_MAX),
        # Hypothesis leaves out half of what may happen, another half each time; a history is to have all of it.
        mock.patch.object(FeatureFlags, "is_enabled", return_value=True),
    ):
        history = history_of(companies, database_url, tmp_path / "company")
        hypothesis.seed(SEED * 1000 + number)(history)
        try:
            stateful.run_state_machine_as_test(history, settings=bounds, _min_steps=STEPS)
        except BaseException as failure:
            raise (history.failures or [failure])[0] from None
    happened = history.happened
    told = ", ".join(f"{count} {what}" for what, count in happened.most_common())
    tell(f"history {number} of seed {SEED}: {happened.total()} steps ({told})")
