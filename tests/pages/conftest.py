"""The company of tests/cast.py at one moment, for every test of a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import NOW, Cast, make_cast
from tracker import clock


@pytest.fixture(autouse=True)
def the_clock_stands_still() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    cast = make_cast(tmp_path / "company")
    yield cast
    cast.database.dispose()
