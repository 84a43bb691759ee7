"""Which column is what, guessed from the words of its head."""

import re
from collections.abc import Iterable, Mapping, Sequence


def guessed(heads: Sequence[str], words: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The best column for each field: a head that is one of its words before one that only holds it.

    No column is given twice; on a draw the field that comes first has it.
    """
    fields = list(words)
    scored = [
        (-score, fields.index(name), place)
        for place, text in enumerate(heads)
        for name in fields
        if (score := _score(plain_words(text), words[name]))
    ]
    found: dict[str, int] = {}
    for _score_below, field_number, place in sorted(scored):
        name = fields[field_number]
        if name not in found and place not in found.values():
            found[name] = place
    return found


def plain_words(text: str) -> str:
    """The words of a text with single spaces: "Close_Date (est.)" is "close date est"."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _score(head: str, words: Iterable[str]) -> int:
    if not head:
        return 0
    if head in words:
        return 1000
    return max((len(word) for word in words if f" {word} " in f" {head} "), default=0)
