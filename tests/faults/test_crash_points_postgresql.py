"""The same on PostgreSQL: a sample tries some of the writes, a long run all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import acts, acts_commands, acts_connectors, acts_files
from tests.faults.acts import ACTS
from tests.faults.acts_commands import COMMANDS
from tests.faults.acts_connectors import PUSHED, READ
from tests.faults.acts_files import FILES
from tests.faults.size import RUN, chance
from tests.faults.stage import cast_on_postgresql, make_stage_on_postgresql
from tests.faults.sweeping import assert_as_if_sent_once
from tests.postgres import PostgresServer

WRITES = ACTS | PUSHED | FILES | COMMANDS | READ
TRIED = [*WRITES] if RUN == "long" else chance("writes to PostgreSQL").sample([*WRITES], 20)
MAY_DIFFER = (
    acts.SAID_TWICE | acts_files.SAID_TWICE | acts_commands.SAID_TWICE | acts_connectors.SAID_TWICE
)


@pytest.fixture(scope="module")
def template(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    name = cast_on_postgresql(tmp_path_factory.mktemp("cast"), postgres_server)
    yield name
    postgres_server.drop_database(name)


@pytest.mark.parametrize("name", TRIED)
def test_a_write_to_postgresql_cut_off_anywhere_and_done_again_is_as_if_it_was_done_once(
    swift_path: Path,
    postgres_server: PostgresServer,
    template: str,
    name: str,
    tell: Callable[[str], None],
) -> None:
    stage = make_stage_on_postgresql(swift_path / "before", postgres_server, template)
    request = WRITES[name](stage)
    may_differ = MAY_DIFFER.get(name, set())
    tell("PostgreSQL, " + assert_as_if_sent_once(stage, name, request, may_differ))
