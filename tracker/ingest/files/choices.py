"""How a file is read, as a person chooses it on a page: a field for each column, formats, and what its words mean.

It is written down as a mapping file, so a page and a command read files by the same rules.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tracker.engine.deals import DealStatus
from tracker.engine.money import MINOR_DIGITS
from tracker.ingest.deal_payload import OWN_COUNTS, OWN_MEASURES, WORD_LENGTH_MAX
from tracker.ingest.files.deal_rows import DEALS
from tracker.ingest.files.formats import NUMBER_FORMATS, NumberFormat
from tracker.ingest.files.mapping import FileMapping, slug
from tracker.ingest.files.mapping_file import parse_mapping

OTHERWISE = ".otherwise"
"""Behind a field: the column is read where the first one is empty."""
PROPERTY = "property"
"""A column that is a property of its own, named after its head."""
FIELDS = (
    *("deal_id", "name", "rep", "effective_on", f"effective_on{OTHERWISE}", "status", "amount"),
    *("currency", "product", "segment", "kind", "share", "rep_2", "share_2"),
    *OWN_MEASURES,
    *OWN_COUNTS,
    *("stage", "probability", "ended_on", "evidence"),
    *("next_step", "next_step_owner", "next_step_due_on"),
    *("version", "occurred_at", PROPERTY),
)
NAME_LENGTH_MAX = WORD_LENGTH_MAX - 4
"""Of the name of a property, so that a number fits behind it."""
NEEDED = ("deal_id", "rep", "effective_on")
STATUSES = tuple(status.value for status in DealStatus)
ONCE = frozenset(FIELDS) - {PROPERTY}
"""Fields that only one column can be."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. `fields` and `header` are by column; `statuses` says what a word of the status column means.

    `currency` and `status_of_all` are those of all rows, where no column says them; `default_on` is the day of deals
    without one.
    """

    header: tuple[str, ...]
    fields: tuple[str, ...]
    source: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    status_of_all: str = "won"
    date_format: str = "YYYY-MM-DD"
    number_format: str = ".,"
    default_on: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""

    def column(self, name: str) -> str:
        """The head of the column that is a field; "" when none is."""
        return next(
            (head for head, one in zip(self.header, self.fields, strict=True) if one == name), ""
        )

    @property
    def missing(self) -> list[str]:
        """The fields without which nothing can be imported."""
        needed = [name for name in NEEDED if not self.column(name)]
        has_currency = self.column("currency") or self.currency in MINOR_DIGITS
        return [
            *needed,
            *([] if has_currency else ["currency"]),
            *([] if self.source else ["source"]),
        ]

    @property
    def mapping_text(self) -> str:
        """The same as a mapping file."""
        lines = [f"source = {_quoted(self.source)}", f"encoding = {_quoted(self.encoding)}"]
        lines += [f"delimiter = {_quoted(self.delimiter)}"] if self.delimiter else []
        lines += [
            f"date_format = {_quoted(self.date_format)}",
            f"decimal_mark = {_quoted(self.number_format[:1])}",
            f"group_mark = {_quoted(self.number_format[1:])}",
            "",
            "[fields]",
            *self._rules(),
        ]
        properties = [*self._properties()]
        return "\n".join(
            [*lines, *(["", "[fields.properties]", *properties] if properties else []), ""]
        )

    @property
    def mapping(self) -> FileMapping:
        """The mapping itself. Raises BadMapping with everything that is missing."""
        return parse_mapping(self.mapping_text, DEALS)

    def _rules(self) -> Iterator[str]:
        for name in FIELDS:
            head = self.column(name)
            if head and name != PROPERTY and OTHERWISE not in name:
                yield f"{name} = {self._rule(name, head)}"
        if self.column("deal_id") and not self.column("name"):
            yield f"name = {_quoted(self.column('deal_id'))}"
        if not self.column("status"):
            yield f"status = {{ text = {_quoted(self.status_of_all)} }}"
        if self.currency and not self.column("currency"):
            yield f"currency = {{ text = {_quoted(self.currency)} }}"
        tells_stages = len(self.statuses) > len(set(self.statuses.values()))
        if tells_stages and self.column("status") and not self.column("stage"):
            yield f"stage = {_quoted(self.column('status'))}"

    def _rule(self, name: str, head: str) -> str:
        if name == "status" and self.statuses:
            words = ", ".join(
                f"{_quoted(word)} = {_quoted(to)}" for word, to in self.statuses.items()
            )
            return f"{{ column = {_quoted(head)}, map = {{ {words} }} }}"
        further = self.column(f"{name}{OTHERWISE}") or (
            self.column("deal_id") if name == "name" else ""
        )
        columns = [head, further] if further else [head]
        default = self.default_on if name == "effective_on" else ""
        if len(columns) == 1 and not default:
            return _quoted(head)
        rule = f"column = [{', '.join(map(_quoted, columns))}]"
        return f"{{ {rule}, default = {_quoted(default)} }}" if default else f"{{ {rule} }}"

    def _properties(self) -> Iterator[str]:
        """A line for each; heads that come to the same name are told apart by a number."""
        taken: set[str] = set()
        for head, name in zip(self.header, self.fields, strict=True):
            if name == PROPERTY:
                own = bare = property_name(head)
                while own in taken:
                    own = f"{bare}_{len(taken) + 1}"
                taken.add(own)
                yield f"{own} = {_quoted(head)}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Choices":
        return cls(
            **{**values, "header": tuple(values["header"]), "fields": tuple(values["fields"])}
        )


def property_name(head: str) -> str:
    """A head as the name of a property: "Region (Nord)" is region_nord."""
    name = re.sub(r"[^a-z0-9]+", "_", slug(head)).strip("_")
    return (name if name[:1].isalpha() else f"column_{name}")[:NAME_LENGTH_MAX].strip("_")


def header_hash(header: Sequence[str]) -> str:
    """What files with the same columns have in common."""
    return hashlib.sha256(json.dumps(list(header)).encode()).hexdigest()


def number_formats() -> dict[str, NumberFormat]:
    """The number formats one can choose from, by a key of their two marks."""
    return {f"{one.decimal_mark}{one.group_mark}": one for one in NUMBER_FORMATS}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
