"""`doctor`: whether this installation can be trusted with what people earn; the exit code tells a script."""

import http.client
import json
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import metadata
from urllib.parse import urlsplit

import click

from tracker import clock
from tracker.config import EVERY_ADDRESS, Settings, load_settings
from tracker.errors import TrackerError
from tracker.launcher import ROOT
from tracker.secret_key import FILE_NAME
from tracker.store import quarantine
from tracker.store.database import create_database
from tracker.store.durability import StoreHealth, store_health
from tracker.store.types import Connection
from tracker.store.verifications import StoredVerification, latest_verification

FREE_BYTES_NEEDED, FREE_BYTES_ADVISED = 100_000_000, 1_000_000_000
CLOCKS_APART_MAX = timedelta(seconds=60)
CHECK_AGE_MAX = timedelta(days=1)
BACKUP_AGE_MAX = timedelta(days=7)
OUTBOX_LAG_SECONDS_MAX = 30
ASKING_SECONDS_MAX = 10

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what, how it is, and what to do where it is not well."""

    level: Level
    what: str
    how: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.level:8} {self.what}: {self.how}" + (f" {self.fix}" if self.fix else "")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> int:
    """Look at everything that keeps figures safe and right.

    Versions, disk, the privacy of files, durability of the database, clocks, drift, what was set aside, how far
    screens are behind, and backups. Changes nothing. Exit code 1 when anything fails; warnings alone leave it 0.
    """
    found = list(_findings(load_settings(), clock.now()))
    if as_json:
        click.echo(json.dumps([_as_dict(finding) for finding in found], indent=2))
    else:
        click.echo("\n".join(map(str, found)))
    return int(any(finding.level is Level.FAILURE for finding in found))


def _as_dict(finding: Finding) -> dict[str, str]:
    return {
        "level": finding.level.value,
        "what": finding.what,
        "how": finding.how,
        "fix": finding.fix,
    }


def _findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    yield _versions()
    yield from _folder(settings)
    yield _secrets(settings)
    yield from _database(settings, now)
    yield _screens(settings)
    yield _backups(settings, now)


def _versions() -> Finding:
    pins = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    other = []
    for name, version, condition in _PIN.findall(pins):
        if condition:  # which of several pins holds here is the installer's to know
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "missing"
        if installed != version:
            other.append(f"{name} {installed} instead of {version}")
    running = f"Python {platform.python_version()}"
    if other:
        fix = "Remove .venv and start again; the pinned ones are installed."
        return Finding(Level.WARNING, "versions", f"{running}; {', '.join(other)}.", fix)
    return Finding(Level.OK, "versions", f"{running}, packages as pinned")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_folder
    if not folder.is_dir():
        fix = "It is made at the first start."
        yield Finding(Level.WARNING, "folder", f"{folder} is not there.", fix)
        return
    free_bytes = shutil.disk_usage(folder).free
    how = f"{free_bytes / 1e9:.1f} GB free"
    if free_bytes < FREE_BYTES_NEEDED:
        yield Finding(Level.FAILURE, "disk", f"{how} at {folder}.", "Free some, now.")
    elif free_bytes < FREE_BYTES_ADVISED:
        yield Finding(Level.WARNING, "disk", f"{how} at {folder}.", "Free some soon.")
    else:
        yield Finding(Level.OK, "disk", how)
    readable = [
        str(path)
        for path in (folder, *folder.iterdir())
        if path.stat().st_mode & 0o004 and (path == folder or path.is_file())
    ]
    # Files that anybody may read are shut off all the same by a folder that nobody may enter.
    if str(folder) in readable and len(readable) > 1:
        fix = f"Run: chmod 700 {folder}"
        yield Finding(Level.WARNING, "privacy", "every user of this machine can read it.", fix)
    else:
        yield Finding(Level.OK, "privacy", "only its owner reads the folder")


def _secrets(settings: Settings) -> Finding:
    """The key that signs cookies, and backups: nobody but their owner may read or change them."""
    secrets = [settings.data_folder / FILE_NAME, *settings.data_folder.glob("backups/*")]
    open_to_others = [
        str(path) for path in secrets if path.is_file() and path.stat().st_mode & 0o077
    ]
    if not open_to_others:
        return Finding(Level.OK, "secrets", "only their owner reads the secret key and backups")
    how = f"others may read or change {', '.join(open_to_others)}."
    return Finding(Level.FAILURE, "secrets", how, f"Run: chmod 600 {' '.join(open_to_others)}")


def _database(settings: Settings, now: datetime) -> Iterator[Finding]:
    database = create_database(settings)
    try:
        with database.read() as connection:
            health = store_health(connection)
            checked = latest_verification(connection) if health.is_current else None
            waiting = _set_aside(connection, now) if health.is_current else None
    except TrackerError as error:
        yield Finding(Level.FAILURE, "database", error.message)
        return
    finally:
        database.dispose()
    yield from _store(health)
    yield _clocks(health, now)
    yield _drift(checked, now)
    if waiting is not None:
        yield waiting


def _store(health: StoreHealth) -> Iterator[Finding]:
    if health.weak_settings:
        how = f"{health.version}; {', '.join(health.weak_settings)}."
        fix = "A loss of power can lose what was acknowledged: switch it on."
        yield Finding(Level.FAILURE, "durability", how, fix)
    else:
        how = f"{health.version}, an acknowledged change is on the disk"
        yield Finding(Level.OK, "durability", how)
    if health.is_current:
        yield Finding(Level.OK, "tables", "of this version")
    else:
        fix = "They are brought up to date at the next start of `run`."
        yield Finding(Level.WARNING, "tables", "of another version.", fix)


def _clocks(health: StoreHealth, now: datetime) -> Finding:
    if health.newest_fact_at is not None and health.newest_fact_at - now > CLOCKS_APART_MAX:
        how = f"it is {now:%Y-%m-%d %H:%M:%S} UTC here, but an event was recorded later than that."
        return Finding(Level.FAILURE, "clock", how, "Set the clock of this machine.")
    if health.clock is not None and abs(health.clock - now) > CLOCKS_APART_MAX:
        seconds = round(abs(health.clock - now).total_seconds())
        how = f"the database's clock is {seconds} s away from this machine's."
        return Finding(Level.WARNING, "clock", how, "Let both follow the same time server.")
    return Finding(Level.OK, "clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _drift(checked: StoredVerification | None, now: datetime) -> Finding:
    if checked is None:
        fix = "Run: python3 -m tracker verify"
        return Finding(Level.WARNING, "drift", "nothing has been computed again yet.", fix)
    when = f"checked {checked.checked_at:%Y-%m-%d %H:%M:%S} UTC"
    if checked.drift_minor:
        fix = "Run: python3 -m tracker verify, which names every figure."
        return Finding(Level.FAILURE, "drift", f"{checked.drift_minor} minor units, {when}.", fix)
    if now - checked.checked_at > CHECK_AGE_MAX:
        fix = "Run: python3 -m tracker verify"
        return Finding(Level.WARNING, "drift", f"0, but {when}.", fix)
    return Finding(Level.OK, "drift", f"0, {when}")


def _set_aside(connection: Connection, now: datetime) -> Finding:
    count, oldest_at = (
        quarantine.waiting_count(connection),
        quarantine.oldest_waiting_at(connection),
    )
    if not count or oldest_at is None:
        return Finding(Level.OK, "quarantine", "nothing waits")
    days = (now - oldest_at).days
    events = "1 event waits" if count == 1 else f"{count:,} events wait"
    how = f"{events}, the oldest since {oldest_at:%Y-%m-%d %H:%M} UTC ({days} days)."
    fix = "Run: python3 -m tracker quarantine list"
    return Finding(Level.WARNING, "quarantine", how, fix)


def _screens(settings: Settings) -> Finding:
    """Asks the running product itself: only it knows what its screens were told."""
    try:
        status, answer = _asked_of_product(settings)
    except (OSError, http.client.HTTPException, ValueError):
        where = f"{settings.host}:{settings.port}"
        return Finding(Level.OK, "outbox", f"nothing serves at {where}, so no screen waits")
    if status != http.HTTPStatus.OK:
        fix = "Look at its log, and at the other lines here."
        return Finding(Level.FAILURE, "outbox", "what serves here cannot keep changes.", fix)
    lag_seconds = answer["outbox_lag_seconds"]
    if lag_seconds > OUTBOX_LAG_SECONDS_MAX:
        how = f"screens are {lag_seconds:.0f} s behind."
        return Finding(Level.FAILURE, "outbox", how, "Look at the log, and restart it.")
    return Finding(Level.OK, "outbox", f"screens are {lag_seconds:.1f} s behind")


def _asked_of_product(settings: Settings) -> tuple[int, dict[str, float]]:
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    connection = http.client.HTTPConnection(host, settings.port, timeout=ASKING_SECONDS_MAX)
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(settings.public_url).netloc})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _backups(settings: Settings, now: datetime) -> Finding:
    files = (settings.data_folder / "backups").glob("*.backup")
    newest = max((file.stat().st_mtime for file in files), default=None)
    fix = "Run: python3 -m tracker backup, and keep the file on another machine."
    if newest is None:
        return Finding(Level.WARNING, "backup", "none in the folder `backups`.", fix)
    age = now - datetime.fromtimestamp(newest, tz=now.tzinfo)
    if age > BACKUP_AGE_MAX:
        return Finding(Level.WARNING, "backup", f"the newest is {age.days} days old.", fix)
    return Finding(Level.OK, "backup", f"the newest is {age.days} days old")
