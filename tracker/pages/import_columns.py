"""The columns of a file that is to be imported: what each is, how figures and days are written, what words mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.engine.money import MINOR_DIGITS
from tracker.ingest.deal_payload import OWN_COUNTS, OWN_MEASURES, SOURCE_LENGTH_MAX
from tracker.ingest.files.cells import column_letters
from tracker.ingest.files.choices import (
    FIELDS,
    ONCE,
    OTHERWISE,
    STATUSES,
    Choices,
    number_formats,
)
from tracker.ingest.files.formats import DATE_FORMATS
from tracker.ingest.files.mapping import slug
from tracker.ingest.files.proposing import Look, status_words
from tracker.ingest.values import parse_day
from tracker.pages.i18n import gettext as _
from tracker.pages.measure_words import short_measure_name

SAMPLES_SHOWN = 3
A_DAY = date(2026, 11, 22)
LIKELY_CURRENCIES = ("DKK", "SEK", "NOK", "EUR", "USD", "GBP")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place, its head, some of what stands in it, and the field it is ("" none)."""

    place: int
    letters: str
    head: str
    samples: tuple[str, ...]
    field: str
    can_be_chosen: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One way to choose: what is sent, and what a person reads."""

    key: str
    words: str


@dataclass(frozen=True, slots=True)
class ColumnsView:
    """The form. `missing` is what must still be said, in words."""

    look: Look
    choices: Choices
    columns: tuple[Column, ...]
    fields: tuple[Option, ...]
    date_formats: tuple[Option, ...]
    number_formats: tuple[Option, ...]
    statuses: tuple[Option, ...]
    currencies: tuple[str, ...]
    known_sources: tuple[str, ...]
    missing: tuple[str, ...]
    is_refused: bool


def columns_view(
    look: Look, choices: Choices, known_sources: Sequence[str], is_refused: bool
) -> ColumnsView:
    fields = field_words()
    rest = sorted(MINOR_DIGITS.keys() - {*LIKELY_CURRENCIES})
    return ColumnsView(
        look=look,
        choices=choices,
        columns=tuple(_column(look, choices, place) for place in range(len(look.header))),
        fields=tuple(Option(key, fields[key]) for key in FIELDS),
        date_formats=tuple(Option(one.text, _day_in(one.text)) for one in DATE_FORMATS),
        number_formats=tuple(
            Option(key, f"1{one.group_mark}234{one.decimal_mark}50")
            for key, one in number_formats().items()
        ),
        statuses=tuple(Option(key, status_name(key)) for key in STATUSES),
        currencies=(*(one for one in LIKELY_CURRENCIES if one in MINOR_DIGITS), *rest),
        known_sources=tuple(known_sources),
        missing=tuple(fields.get(name, _("Name of the source")) for name in choices.missing),
        is_refused=is_refused,
    )


def sent_choices(form: Mapping[str, str], look: Look, before: Choices) -> Choices:
    """What a form says; anything it does not know stays as it was. A field is given to one column only."""
    fields: list[str] = []
    for place in range(len(look.header)):
        name = form.get(f"field.{place}", "")
        is_free = name in FIELDS and not (name in ONCE and name in fields)
        can_be_chosen = look.header[place] and look.header.count(look.header[place]) == 1
        fields.append(name if is_free and can_be_chosen else "")
    words = look.words[fields.index("status")] if "status" in fields else ()
    sent = {word: form.get(f"status.{place}", "") for place, word in enumerate(words)}
    is_same_column = [*before.statuses] == [
        *words
    ]  # else the words that were asked about are others
    chosen = {word: one for word, one in sent.items() if one in STATUSES and is_same_column}
    day = parse_day(form.get("default_on", ""))
    return Choices(
        header=look.header,
        fields=tuple(fields),
        source=slug(form.get("source", ""))[:SOURCE_LENGTH_MAX],
        statuses=status_words(look, fields, chosen),
        currency=_one_of(form.get("currency", ""), MINOR_DIGITS, ""),
        status_of_all=_one_of(form.get("status_of_all", ""), STATUSES, before.status_of_all),
        date_format=_one_of(
            form.get("date_format", ""), [one.text for one in DATE_FORMATS], before.date_format
        ),
        number_format=_one_of(
            form.get("number_format", ""), number_formats(), before.number_format
        ),
        default_on=day.isoformat() if day else "",
        encoding=before.encoding,
        delimiter=before.delimiter,
    )


def field_words() -> dict[str, str]:
    """What a column can be, in the reader's words."""
    words = {
        "deal_id": _("Deal id"),
        "name": _("Customer or deal"),
        "rep": _("Rep"),
        "effective_on": _("Date"),
        f"effective_on{OTHERWISE}": _("Date, where the other is empty"),
        "status": _("Status"),
        "amount": _("Amount"),
        "currency": _("Currency"),
        "product": _("Product"),
        "segment": _("Segment"),
        "kind": _("Kind of sale"),
        "share": _("Share of the rep"),
        "rep_2": _("Second rep"),
        "share_2": _("Share of the second rep"),
        "stage": _("Stage"),
        "probability": _("Probability"),
        "ended_on": _("Day the customer left"),
        "evidence": _("Evidence"),
        "next_step": _("Next step"),
        "next_step_owner": _("Who takes the next step"),
        "next_step_due_on": _("Day of the next step"),
        "version": _("Version"),
        "occurred_at": _("Moment of the change"),
        "property": _("A property of its own"),
    }
    measures = {
        name: short_measure_name(name).capitalize() if name in ("margin", "units") else name.upper()
        for name in (*OWN_MEASURES, *OWN_COUNTS)
    }
    return words | measures


def status_name(status: str) -> str:
    return {
        "open": _("Open deal"),
        "won": _("Won deal"),
        "lost": _("Lost deal"),
        "cancelled": _("Cancelled deal"),
    }[status]


def _column(look: Look, choices: Choices, place: int) -> Column:
    head = look.header[place]
    texts = dict.fromkeys(row[place] for row in look.rows if row[place])
    return Column(
        place=place,
        letters=column_letters(place),
        head=head,
        samples=tuple(texts)[:SAMPLES_SHOWN],
        field=choices.fields[place],
        can_be_chosen=bool(head) and look.header.count(head) == 1,
    )


def _day_in(text: str) -> str:
    """A day as a date format writes it."""
    parts = {
        "YYYY": f"{A_DAY:%Y}",
        "YY": f"{A_DAY:%y}",
        "MM": f"{A_DAY:%m}",
        "DD": f"{A_DAY:%d}",
        "M": f"{A_DAY:%m}",
        "D": f"{A_DAY:%d}",
    }
    for mark, written in parts.items():
        text = text.replace(mark, written)
    return text


def _one_of(sent: str, known: Sequence[str] | Mapping[str, object], otherwise: str) -> str:
    return sent if sent in known else otherwise
