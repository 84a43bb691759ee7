"""An XLSX file from anybody, made safe to read: what it unpacks to is bounded before anything is built from it.

A workbook is an archive of XML. Each part is unpacked by us, up to a limit, and put into a fresh archive without
compression, so that the reader gets exactly the bytes that were counted. Before that the sheets are walked once: a
single cell in the last row of the last column would make the reader hold all the cells before it.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from xml.parsers import expat

from tracker.ingest.files.spreadsheet_problems import SheetProblem, SpreadsheetError

UNPACKED_BYTES_MAX = 24 * 1024 * 1024
PARTS_MAX = 400
ROWS_MAX = 5_000
COLUMNS_MAX = 100
TEXT_LENGTH_SUM_MAX = 20_000_000
"""Of all cells of a sheet together: texts are kept once and named by many cells."""

Start = Callable[[str, dict[str, str]], None]
Tell = Callable[[str], None]

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_STRINGS = "xl/sharedstrings.xml"
_CELL_NAME = re.compile(r"([A-Z]{1,4})([0-9]{1,8})")
_ENCRYPTED = 0x1


def safe_workbook(content: bytes) -> bytes:
    """The same workbook without what was not counted or is not needed. Raises SpreadsheetError."""
    try:
        parts = _unpacked(content)
        lengths = _string_lengths(parts)
        for name, part in parts.items():
            if _SHEET.fullmatch(name.lower()):
                _SheetWalk(lengths).walk(part)
    except (zipfile.BadZipFile, expat.ExpatError, NotImplementedError, EOFError, OSError) as error:
        raise SpreadsheetError(SheetProblem.BROKEN) from error
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The parts that are XML, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        listed = archive.infolist()
        _check_listed(listed)
        left_bytes = UNPACKED_BYTES_MAX
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


class _SheetWalk:
    """Walks the cells of a sheet and refuses it where it is wider, longer or wordier than we read."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self._lengths = lengths
        self._row, self._column = 0, 0
        self._is_shared, self._is_value = False, False
        self._value = ""
        self._text_length = 0

    def walk(self, sheet: bytes) -> None:
        _parse(sheet, self._start, self._end, self._text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "row":
            self._row = _whole(attributes.get("r"), self._row + 1)
            self._column = 0
        elif local == "c":
            self._place(attributes.get("r", ""))
            self._is_shared = attributes.get("t") == "s"
        elif local == "v":
            self._is_value, self._value = True, ""

    def _place(self, named: str) -> None:
        match = _CELL_NAME.fullmatch(named)
        self._column += 1
        if match is not None:
            self._column, self._row = _column_number(match[1]), int(match[2])
        elif named:
            raise SpreadsheetError(SheetProblem.BROKEN)
        if self._row > ROWS_MAX:
            raise SpreadsheetError(SheetProblem.TOO_MANY_ROWS)
        if self._column > COLUMNS_MAX:
            raise SpreadsheetError(SheetProblem.TOO_MANY_COLUMNS)

    def _text(self, words: str) -> None:
        self._text_length += len(words)
        if self._is_value and self._is_shared:
            self._value += words
        if self._text_length > TEXT_LENGTH_SUM_MAX:
            raise SpreadsheetError(SheetProblem.UNPACKS_TOO_LARGE)

    def _end(self, name: str) -> None:
        if _local(name) != "v":
            return
        self._is_value = False
        if self._is_shared:
            number = _whole(self._value.strip(), len(self._lengths))
            self._text_length += self._lengths[number] if number < len(self._lengths) else 0


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


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
