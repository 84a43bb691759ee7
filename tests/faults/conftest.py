"""What the fault tests share: a company on each kind of database, and a place for the figures they measure."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.company import Company, make_company
from tests.faults.telling import FIGURES

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says what was measured; it is printed with the seed at the end of the run."""
    return lambda figures: record_property(FIGURES, figures)


@pytest.fixture
def company(tmp_path: Path, database_url: str) -> Company:
    """A company on SQLite, and then on PostgreSQL."""
    return make_company(tmp_path / "company", database_url)


@pytest.fixture
def sqlite_company(tmp_path: Path, sqlite_url: str) -> Company:
    return make_company(tmp_path / "company", sqlite_url)


@pytest.fixture
def swift_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: whoever kills processes, never the machine, waits for no disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="tracker-faults-", dir=memory))
    yield folder
    shutil.rmtree(folder)
