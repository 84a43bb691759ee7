"""An XLSX file from anybody, made safe to read: what it unpacks to is bounded before anything is built from it.

A workbook is an archive of XML. Each part is unpacked by us, up to a limit, and put into a fresh archive without
compression, so that the reader gets exactly the bytes that were counted. Before that the sheets are walked once: a
single cell in the last row of the last column would make the reader hold all the cells before it.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from tracker.ingest.files.cells import column_number
from tracker.ingest.files.spreadsheet_problems import Limits, SheetProblem, SpreadsheetError

PARTS_MAX = 400
FAILED_FORMULAS_MAX = 10_000
NOT_CALCULATED = "#…"
"""What stands for a formula whose result is not in the file: the program that wrote it never worked it out."""

Place = tuple[int, int]
"""Row and column of a cell, both counted from 1."""

Start = Callable[[str, dict[str, str]], None]
Tell = Callable[[str], None]

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_STRINGS = "xl/sharedstrings.xml"
_CELL_NAME = re.compile(r"([A-Z]{1,4})([0-9]{1,8})")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class SafeWorkbook:
    """A workbook without what was not counted or is not needed; and, by sheet, the formulas without a result.

    The reader gives nothing for those, as if the cell were empty.
    """

    content: bytes
    failed_formulas: Mapping[str, Mapping[Place, str]]


def safe_workbook(content: bytes, limits: Limits) -> SafeWorkbook:
    """The same workbook, safe to read. Raises SpreadsheetError."""
    try:
        parts = _unpacked(content, limits)
        lengths = _string_lengths(parts)
        failed = {}
        for name, part in parts.items():
            if _SHEET.fullmatch(name.lower()):
                walk = _SheetWalk(lengths, limits)
                walk.walk(part)
                failed[name.lower()] = walk.failed
        names = _sheet_names(parts)
    except (zipfile.BadZipFile, expat.ExpatError, NotImplementedError, EOFError, OSError) as error:
        raise SpreadsheetError(SheetProblem.BROKEN) from error
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    by_sheet = {names[part]: found for part, found in failed.items() if found and part in names}
    return SafeWorkbook(packed.getvalue(), by_sheet)


def _unpacked(content: bytes, limits: Limits) -> dict[str, bytes]:
    """The parts that are XML, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = archive.infolist()
        _check_listed(listed)
        left_bytes = limits.unpacked_bytes
        parts = {}
        for entry in listed:
            if not entry.filename.lower().endswith((".xml", ".rels")):
                continue
            with archive.open(entry) as part:
                parts[entry.filename] = part.read(left_bytes + 1)
            left_bytes -= len(parts[entry.filename])
            if left_bytes < 0:
                raise SpreadsheetError(SheetProblem.UNPACKS_TOO_LARGE)
    return parts


def _check_listed(listed: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename.lower() for entry in listed]
    if len(listed) > PARTS_MAX:
        raise SpreadsheetError(SheetProblem.UNPACKS_TOO_LARGE)
    if any(entry.flag_bits & _ENCRYPTED for entry in listed):
        raise SpreadsheetError(SheetProblem.LOCKED)
    if any(name.endswith("vbaproject.bin") for name in names):
        raise SpreadsheetError(SheetProblem.MACROS)
    if "xl/workbook.xml" not in names or len(set(names)) < len(names):
        raise SpreadsheetError(SheetProblem.NO_SPREADSHEET)


def _string_lengths(parts: Mapping[str, bytes]) -> list[int]:
    """How long each text is that cells name by number."""
    lengths: list[int] = []
    part = next((part for name, part in parts.items() if name.lower() == _STRINGS), b"")
    if not part:
        return lengths

    def start(name: str, _attributes: dict[str, str]) -> None:
        if _local(name) == "si":
            lengths.append(0)

    def text(words: str) -> None:
        if lengths:
            lengths[-1] += len(words)

    _parse(part, start, lambda name: None, text)
    return lengths


def _sheet_names(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The name that people know each sheet by, by the part it is in."""
    by_name = {name.lower(): part for name, part in parts.items()}
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            target = posixpath.join("/xl", attributes.get("Target", ""))
            targets[attributes.get("Id", "")] = posixpath.normpath(target).lstrip("/").lower()

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(":id")]
            names.update({targets.get(one, ""): attributes.get("name", "") for one in ids})

    if relations := by_name.get("xl/_rels/workbook.xml.rels"):
        _parse(relations, relation, lambda name: None, lambda words: None)
        _parse(by_name["xl/workbook.xml"], sheet, lambda name: None, lambda words: None)
    return names


@dataclass(slots=True)
class _CellWalked:
    """What has been read of the cell that is being walked."""

    kind: str = ""
    has_formula: bool = False
    value: str = ""


@dataclass
class _SheetWalk:
    """Walks the cells of a sheet and refuses it where it is wider, longer or wordier than we read.

    `failed` are the formulas that came to an error, or to nothing at all.
    """

    lengths: Sequence[int]
    limits: Limits
    failed: dict[Place, str] = field(default_factory=dict)
    _row: int = 0
    _column: int = 0
    _cell: _CellWalked = field(default_factory=_CellWalked)
    _is_value: bool = False
    _text_length: int = 0

    def walk(self, sheet: bytes) -> None:
        _parse(sheet, self._start, self._end, self._text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "c":
            self._place(attributes.get("r", ""))
            self._cell = _CellWalked(attributes.get("t", ""))
        elif local == "v":
            self._is_value = True
        elif local == "f":
            self._cell.has_formula = True
        elif local == "row":
            self._row = _whole(attributes.get("r"), self._row + 1)
            self._column = 0

    def _place(self, named: str) -> None:
        match = _CELL_NAME.fullmatch(named)
        self._column += 1
        if match is not None:
            self._column, self._row = column_number(match[1]), int(match[2])
        elif named:
            raise SpreadsheetError(SheetProblem.BROKEN)
        if self._row > self.limits.rows:
            raise SpreadsheetError(SheetProblem.TOO_MANY_ROWS, self.limits)
        if self._column > self.limits.columns:
            raise SpreadsheetError(SheetProblem.TOO_MANY_COLUMNS, self.limits)

    def _text(self, words: str) -> None:
        self._text_length += len(words)
        if self._is_value:
            self._cell.value += words

    def _end(self, name: str) -> None:
        local = _local(name)
        if local == "v":
            self._is_value = False
            if self._cell.kind == "s":
                number = _whole(self._cell.value.strip(), len(self.lengths))
                self._text_length += self.lengths[number] if number < len(self.lengths) else 0
        elif local == "c":
            self._note_failure()
            self._check_length()

    def _note_failure(self) -> None:
        cell = self._cell
        is_bare = cell.has_formula and cell.kind in ("", "n") and not cell.value
        if (cell.kind == "e" or is_bare) and len(self.failed) < FAILED_FORMULAS_MAX:
            self.failed[self._row, self._column] = cell.value.strip() or NOT_CALCULATED

    def _check_length(self) -> None:
        """Of all cells together: texts are kept once and named by many cells."""
        if self._text_length > self.limits.unpacked_bytes:
            raise SpreadsheetError(SheetProblem.UNPACKS_TOO_LARGE)


def _parse(part: bytes, start: Start, end: Tell, text: Tell) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.Parse(part, True)


def _refuse_entities(*_declared: object) -> None:
    """No spreadsheet declares a document type; what does is made to grow while it is read."""
    raise SpreadsheetError(SheetProblem.UNPACKS_TOO_LARGE)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and len(text) <= 8 and text.isascii() and text.isdigit() else otherwise
