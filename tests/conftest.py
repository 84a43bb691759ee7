"""What every test may ask for. Nothing is faked here: databases are real, and a test that cannot run says why."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from gevent import monkey
from playwright.sync_api import Browser, sync_playwright

from tests import canaries, postgres
from tests.faults.telling import (  # noqa: F401  # hooks: pytest finds them by their names
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tracker.store.database import Database, upgrade

# Speed is never what a property is about; the same examples each time keep a red build red until it is mended.
hypothesis.settings.register_profile(
    "same_examples", deadline=None, derandomize=True, print_blob=True
)
hypothesis.settings.register_profile("new_examples", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same_examples"))

BROWSER_SETTING = "TRACKER_TEST_BROWSER"
GIVEN_TO_TESTS = (BROWSER_SETTING, "TRACKER_LOG_LEVEL", "TRACKER_LOG_FORMAT")
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
# A quiet browser: nothing it does by itself may compete with the pages for the machine.
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_configure(config: pytest.Config) -> None:
    """Listen to whatever is said in this run."""
    config.pluginmanager.register(canaries)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own TRACKER_ variables must not decide what the tests find."""
    for name in list(os.environ):
        if name.startswith("TRACKER_") and name not in GIVEN_TO_TESTS:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def the_standard_library_stays_as_it_is() -> Iterator[None]:
    """What serves patches it for a whole process; tests that follow would wait for each other for ever."""
    yield
    assert not monkey.is_module_patched("threading"), "import what serves in a process of its own"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """One real PostgreSQL per test process, started when the first test asks for it."""
    with postgres.running_postgres() as server:
        yield server


@pytest.fixture
def empty_postgresql_url(postgres_server: postgres.PostgresServer) -> Iterator[str]:
    """The address of a fresh PostgreSQL database without any table."""
    with postgres_server.database() as name:
        yield postgres_server.url(name)


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'tracker.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database without any table; the test runs once on each kind."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture(scope="session")
def migrated_postgresql_name(postgres_server: postgres.PostgresServer) -> Iterator[str]:
    """Every migration has run here once, so that each test need only copy the tables."""
    with postgres_server.database() as name:
        _migrate(postgres_server.url(name))
        yield name


@pytest.fixture
def postgresql_url(
    postgres_server: postgres.PostgresServer, migrated_postgresql_name: str
) -> Iterator[str]:
    """The address of a PostgreSQL database of its own, with the tables of today and nothing in them."""
    with postgres_server.database(migrated_postgresql_name) as name:
        yield postgres_server.url(name)


@pytest.fixture(scope="session")
def migrated_sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file."""
    path = tmp_path_factory.mktemp("migrated") / "tracker.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(empty_sqlite_url: str, tmp_path: Path, migrated_sqlite_path: Path) -> str:
    """The address of an SQLite database of its own, with the tables of today and nothing in them."""
    shutil.copyfile(migrated_sqlite_path, tmp_path / migrated_sqlite_path.name)
    return empty_sqlite_url


def _migrate(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of its own with the tables of today; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The Chromium to test with: TRACKER_TEST_BROWSER, or the first on the search path."""
    candidates = [os.environ.get(BROWSER_SETTING, ""), *BROWSERS]
    found = next((path for path in map(shutil.which, filter(None, candidates)) if path), None)
    if found is None:
        pytest.skip(
            "no Chromium on this machine: pages are not tested in a browser (apt install chromium)"
        )
    return found


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    """The one browser of a test process: Playwright runs but once in it. Give each test a window of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=browser_path, args=list(BROWSER_ARGUMENTS)
        )
        yield opened
        opened.close()
