"""A source's list of its deals, whatever its order, put in the order of the ids: on the disk, for it may be long."""

import heapq
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from tracker.errors import BadInput, Problem
from tracker.ingest.connectors.shape import Listed
from tracker.ingest.files.csv_file import CsvFile
from tracker.ingest.values import shown
from tracker.store.statements import in_chunks

SORTED_AT_ONCE_COUNT = 50_000
"""So many deals of a list are in memory at once."""
ID_LENGTH_MAX = 200
PROBLEMS_SHOWN_MAX = 50

_VERSION = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class OrderedList:
    """A list whose parts lie sorted on the disk. `count` is how many lines it had; a deal may have several."""

    parts: list[Path]
    count: int

    def __iter__(self) -> Iterator[Listed]:
        """Each deal once, with its highest version, in the order of the ids."""
        merged = heapq.merge(*map(_read, self.parts))
        for deal_id, same in groupby(merged, key=lambda one: one[0]):
            yield Listed(deal_id, max(version for _, version in same))


@contextmanager
def in_order(listed: Iterable[Listed]) -> Iterator[OrderedList]:
    """Reads the list to its end and sorts it part by part; the parts are gone after the block."""
    with tempfile.TemporaryDirectory(prefix="tracker-list-") as folder:
        parts, count = [], 0
        for number, chunk in enumerate(in_chunks(listed, SORTED_AT_ONCE_COUNT)):
            part = Path(folder) / str(number)
            _write(part, sorted((one.deal_id, one.version) for one in chunk))
            parts.append(part)
            count += len(chunk)
        yield OrderedList(parts, count)


def _write(part: Path, in_order: Iterable[tuple[str, int]]) -> None:
    with part.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one)}\n" for one in in_order)


def _read(part: Path) -> Iterator[tuple[str, int]]:
    with part.open(encoding="utf-8") as file:
        for line in file:
            deal_id, version = json.loads(line)
            yield deal_id, version


def listed_in_file(path: Path) -> Iterator[Listed]:
    """The deals of a CSV file with the column `id` and, where it has one, `version`.

    Raises BadInput with every line that cannot be used, as far as they can be shown.
    """
    file = CsvFile(path, "utf-8", None)
    header = file.header()
    problems: list[Problem] = []
    for _, line, cells in file.cells(frozenset({"id"})):
        listed = (
            replace(cells, where=f"line {line}")
            if isinstance(cells, Problem)
            else _listed(line, dict(zip(header, cells, strict=True)))
        )
        if isinstance(listed, Listed):
            yield listed
        else:
            problems.append(listed)
        if len(problems) >= PROBLEMS_SHOWN_MAX:
            break
    if problems:
        raise BadInput(problems)


def _listed(line: int, cells: dict[str, str]) -> Listed | Problem:
    deal_id, version = cells["id"], cells.get("version", "")
    if not deal_id or len(deal_id) > ID_LENGTH_MAX or not deal_id.isprintable():
        what = f"{shown(deal_id)} is no id of a deal."
        return Problem(f"line {line}", what, "Write the id as the source sends it, such as d-77.")
    if version and not _VERSION.fullmatch(version):
        what = f"{shown(version)} is no version."
        return Problem(f"line {line}", what, "Write a whole number, or leave the version out.")
    return Listed(deal_id, int(version or 0))
