"""What a wall calls people: the first name, with more of it only where two share one; and initials for the disc."""

from collections import Counter
from collections.abc import Iterable


def short_names(names: Iterable[str]) -> dict[str, str]:
    """A short name for each full one: "Anna", or "Anna L." beside another Anna.

    >>> short_names(["Anna Lund", "Anna Bech", "Jonas Krog"])
    {'Anna Lund': 'Anna L.', 'Anna Bech': 'Anna B.', 'Jonas Krog': 'Jonas'}
    """
    names = list(names)
    firsts = Counter(_first(name) for name in names)
    return {name: _first(name) if firsts[_first(name)] == 1 else _with_last(name) for name in names}


def initials(name: str) -> str:
    """
    >>> initials("Anna Lund"), initials("Karen von Holst"), initials("cher")
    ('AL', 'KH', 'C')
    """
    words = name.split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [name[:1]]
    return "".join(letters).upper()


def _first(name: str) -> str:
    return name.split()[0] if name.split() else name


def _with_last(name: str) -> str:
    words = name.split()
    return f"{words[0]} {words[-1][0]}." if len(words) > 1 else name
