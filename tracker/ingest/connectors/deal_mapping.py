"""How a company's own pipelines, stages and fields become ours: a TOML text of its own for each connection.

currency = "DKK"                                # of deals that name none
splits = "required"                             # whether the CRM's own splits of a deal count; left out, they do not

[stages]                                        # open, won, lost or cancelled; of all others the CRM's own word holds
contractsent = "won"                            # a stage by its id in the CRM, in whichever pipeline
"renewals/*" = "cancelled"                      # every stage of a pipeline
"partners/contractsent" = "open"                # a stage of one pipeline; the closest of the three counts

[fields]                                        # our field = the CRM's
margin = "gross_margin"
rep = "closer_email"                            # who is credited, where that is not the owner
kind = { field = "dealtype", map = { newbusiness = "new", existingbusiness = "upsell" }, default = "new" }

[properties]                                    # any other word that plans ask for
region = "sales_region"

[evidence]                                      # our evidence = a field that is "true" or "yes" once it is there
icp_match = "icp_confirmed"
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from tracker.engine.deals import DealStatus
from tracker.engine.money import MINOR_DIGITS
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import (
    OWN_COUNTS,
    OWN_MEASURES,
    OWN_PROPERTIES,
    PROPERTIES_MAX,
    PROPERTY_NAME,
    RESERVED_PROPERTIES,
)
from tracker.ingest.values import shown

MAPPING_BYTES_MAX = 64_000
STATUSES = [status.value for status in DealStatus]
SPLITS = ("required", "optional")
"""Whether splits count: always, so that nothing is read where they may not be; or only where they may be read."""
FIELDS = (
    *("name", "amount", "currency", "effective_on", "ended_on", "next_step", "rep"),
    *OWN_MEASURES,
    *OWN_COUNTS,
    *OWN_PROPERTIES,
)
_TEXTS = {"currency": "DKK", "splits": "required"}
_TABLES = ("stages", "fields", "properties", "evidence")
_RULE_KEYS = ("field", "map", "default")
_YES = frozenset({"true", "yes", "1"})

ReadField = Callable[[str], str]
"""What a deal's field of this name holds in the CRM, as text; "" for nothing."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one of our fields comes from. `words` replaces whole values, `default` stands in for nothing."""

    name: str
    words: Mapping[str, str] = field(default_factory=dict)
    default: str = ""

    def text(self, read: ReadField) -> str:
        found = read(self.name).strip()
        return self.words.get(found, found) or self.default


@dataclass(frozen=True, slots=True)
class DealMapping:
    """What a company has said of its CRM's words; what it has not said is the CRM's own."""

    currency: str = ""
    splits: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    properties: Mapping[str, FieldRule] = field(default_factory=dict)
    evidence: Mapping[str, FieldRule] = field(default_factory=dict)

    def with_defaults(self, names: Mapping[str, str]) -> "DealMapping":
        """The same, where a CRM's own name for a field holds until the company names another."""
        own = {ours: FieldRule(theirs) for ours, theirs in names.items()}
        return replace(self, fields={**own, **self.fields})

    def status_of(self, pipeline: str, stage: str) -> str | None:
        """What the company says of a stage; None when it leaves that to the CRM."""
        for key in (f"{pipeline}/{stage}", stage, f"{pipeline}/*"):
            if key in self.statuses:
                return self.statuses[key]
        return None

    def names(self) -> set[str]:
        """The CRM's fields that are needed."""
        rules = (*self.fields.values(), *self.properties.values(), *self.evidence.values())
        return {rule.name for rule in rules}

    def text(self, name: str, read: ReadField) -> str:
        """One of our fields as the CRM holds it; "" for nothing."""
        rule = self.fields.get(name)
        return rule.text(read) if rule else ""

    def further(self, read: ReadField) -> dict[str, Any]:
        """The measures, properties and evidence of a deal, as parts of its record."""
        measures = {name: self.text(name, read) for name in (*OWN_MEASURES, *OWN_COUNTS)}
        words = {name: self.text(name, read) for name in OWN_PROPERTIES}
        properties = {name: rule.text(read) for name, rule in self.properties.items()}
        evidence = [name for name, rule in self.evidence.items() if _is_there(rule.text(read))]
        return {
            **{name: text for name, text in (measures | words).items() if text},
            "properties": {name: text for name, text in properties.items() if text},
            "evidence": evidence,
        }


def _is_there(text: str) -> bool:
    return text.casefold() in _YES


@lru_cache(maxsize=64)
def parse_deal_mapping(text: str) -> DealMapping:
    """Parsed once for all the deals that are read. Raises BadInput with every problem, each named after its key."""
    if len(text.encode()) > MAPPING_BYTES_MAX:
        what = f"is larger than {MAPPING_BYTES_MAX:,} bytes."
        raise BadInput([Problem("mapping", what, "Is it the right file?")])
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fix = "Write it as the README shows."
        raise BadInput([Problem("mapping", f"is not TOML: {error}.", fix)]) from None
    problems = list(_shape_problems(given))
    if problems:
        raise BadInput(problems)
    mapping = DealMapping(
        given.get("currency", ""),
        given.get("splits", ""),
        given.get("stages", {}),
        *({name: _rule(rule) for name, rule in given.get(key, {}).items()} for key in _TABLES[1:]),
    )
    problems = list(_word_problems(mapping))
    if problems:
        raise BadInput(problems)
    return mapping


def _rule(given: Any) -> FieldRule:
    if isinstance(given, str):
        return FieldRule(given)
    return FieldRule(given["field"], given.get("map", {}), given.get("default", ""))


def _shape_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in given.items():
        if key in _TEXTS:
            if not isinstance(value, str):
                yield Problem(key, "is not text.", f'Write {key} = "{_TEXTS[key]}".')
        elif key not in _TABLES:
            yield Problem(shown(key), "there is no such part.", _meant(key, (*_TEXTS, *_TABLES)))
        elif not isinstance(value, dict):
            yield Problem(key, "is not a table.", f"Write [{key}] and its lines below.")
        else:
            for name, rule in value.items():
                yield from _rule_problems(key, f"{key}.{shown(name)}", rule)


def _rule_problems(table: str, where: str, rule: Any) -> Iterator[Problem]:
    if isinstance(rule, str):
        return
    if table == "stages" or not isinstance(rule, dict):
        yield Problem(where, "is not text.", "Put it in double quotes.")
        return
    for key in rule:
        if key not in _RULE_KEYS:
            yield Problem(
                f"{where}.{shown(key)}", "there is no such word.", _meant(key, _RULE_KEYS)
            )
    if not isinstance(rule.get("field"), str):
        yield Problem(where, "names no field of the CRM.", 'Write { field = "…" }.')
    if not isinstance(rule.get("default", ""), str):
        yield Problem(f"{where}.default", "is not text.", "Put it in double quotes.")
    words = rule.get("map", {})
    if not isinstance(words, dict) or not all(isinstance(word, str) for word in words.values()):
        yield Problem(f"{where}.map", "is no table of texts.", 'Write map = { theirs = "ours" }.')


def _word_problems(mapping: DealMapping) -> Iterator[Problem]:
    if mapping.currency and mapping.currency not in MINOR_DIGITS:
        known = ", ".join(sorted(MINOR_DIGITS))
        yield Problem("currency", "is not a currency we know.", f"Write one of {known}.")
    if mapping.splits and mapping.splits not in SPLITS:
        what = f"“{shown(mapping.splits)}” is not known."
        yield Problem("splits", what, f"Write {' or '.join(SPLITS)}.")
    for stage, status in mapping.statuses.items():
        if status not in STATUSES:
            what = f"“{shown(status)}” is not known."
            yield Problem(f"stages.{shown(stage)}", what, f"Write {', '.join(STATUSES)}.")
    for name in mapping.fields:
        if name not in FIELDS:
            yield Problem(f"fields.{shown(name)}", "we have no such field.", _meant(name, FIELDS))
    if len(mapping.properties) > PROPERTIES_MAX:
        yield Problem("properties", "are too many.", f"Write up to {PROPERTIES_MAX}.")
    for name in mapping.properties:
        if not PROPERTY_NAME.fullmatch(name) or name in (*OWN_PROPERTIES, *RESERVED_PROPERTIES):
            fix = "Use small letters, digits and _; product, segment and kind stand in [fields]."
            yield Problem(f"properties.{shown(name)}", "is no name for a property.", fix)


def _meant(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word[:60], known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Write one of {', '.join(known)}."
