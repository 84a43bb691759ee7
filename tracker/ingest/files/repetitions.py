"""Which rows of a file name what an earlier row has named, however long the file is.

The names of ten million rows do not fit the memory we want to use. So each name is kept as a hash, in one of many
small piles: a pile that has grown goes on in a temporary file. At the end each pile is looked through by itself.
"""

import hashlib
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO

PILES = 128
PILE_BYTES_MAX = 32 * 1024
"""Above it a pile goes into its file: so four megabytes are held at most."""

_ENTRY = struct.Struct("<16sQ")


@dataclass
class Repetitions:
    """Names and the rows that name them. Use it as a context: its files vanish at the end."""

    _piles: list[bytearray] = field(default_factory=lambda: [bytearray() for _ in range(PILES)])
    _files: dict[int, IO[bytes]] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Repetitions":
        return self

    def __exit__(self, *_raised: object) -> None:
        self._open.close()

    def note(self, name: str, row: int) -> None:
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        number = digest[0] % PILES
        pile = self._piles[number]
        pile += _ENTRY.pack(digest, row)
        if len(pile) > PILE_BYTES_MAX:
            if number not in self._files:
                file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the others
                self._files[number] = self._open.enter_context(file)
            self._files[number].write(pile)
            pile.clear()

    def found(self) -> Iterator[tuple[int, int]]:
        """Each row that repeats a name, and the first row with that name."""
        for number, pile in enumerate(self._piles):
            entries = bytes(pile)
            if number in self._files:
                self._files[number].seek(0)
                entries = self._files[number].read() + entries
            first_rows: dict[bytes, int] = {}
            for digest, row in _ENTRY.iter_unpack(entries):
                first = first_rows.setdefault(digest, row)
                if first != row:
                    yield row, first
