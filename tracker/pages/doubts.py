"""What a rep may point at and say is not right: a deal, a figure, or a deal that is missing.

What the rep is shown of it is kept with the dispute as it was at that moment, in the rep's own language.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from tracker import clock
from tracker.engine.money import AMOUNT_MINOR_MAX, MINOR_DIGITS, minor_digits
from tracker.errors import NotFound
from tracker.ingest.deal_payload import FIRST_DAY, last_day_possible
from tracker.ingest.files.formats import FormatError, plain_number
from tracker.ingest.values import parse_day, text_problem
from tracker.pages import context
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.pages.formatting import day, money, period_name
from tracker.pages.i18n import current_locale
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Row, Section, Sheet, sheet_from_json, sheet_to_json
from tracker.pages.standings import payee_standing
from tracker.pages.statement_view import Line, Part, statement_view
from tracker.pages.why_deal import why_deal
from tracker.pages.why_sheets import why_earned
from tracker.store import deals, payroll, people
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.disputes import Doubt
from tracker.store.payroll import StoredStatement
from tracker.store.types import Connection

DEAL, FIGURE, STATEMENT, MISSING = "deal", "figure", "statement", "missing"
WORDS_LENGTH_MAX = 2000
NAME_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Pointed:
    """What the rep points at: `about` says what kind of thing, `key` which; `sheet` is what the rep sees of it."""

    about: str
    key: str
    title: str
    sheet: Sheet | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the sheet by name, to point at one of them."""
        if self.sheet is None:
            return ()
        rows = [row for section in self.sheet.sections for row in section.rows]
        return tuple(dict.fromkeys(f"{row.label}: {row.value}" for row in rows))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rep knows of a deal that is missing; None and "" for what is not known."""

    name: str = ""
    on: date | None = None
    amount_minor: int | None = None
    currency: str = ""


# --- what is pointed at


def pointed_at(connection: Connection, payee: people.Payee, about: str, key: str) -> Pointed:
    """What the rep may point at by these words, as it stands now. Raises NotFound for anything else."""
    if about == MISSING:
        return Pointed(MISSING, "", _("A deal is missing"))
    if about == DEAL:
        stored = deals.stored_deal(connection, key)
        if stored is not None and payee.id in deals.payee_ids_of(stored.deal):
            sheet = why_deal(connection, payee, stored)
            return Pointed(DEAL, key, sheet.title, sheet)
    if about == FIGURE:
        standing = payee_standing(connection, payee.id, _calendar(), clock.now())
        known = {one.component_key for one in standing.standings}
        if key in known or (not key and known):
            sheet = why_earned(connection, standing, key)
            return Pointed(FIGURE, key, sheet.title, sheet)
    if about == STATEMENT:
        stored_statement = _own_statement(connection, payee, key)
        if stored_statement is not None:
            sheet = statement_sheet(connection, stored_statement)
            return Pointed(STATEMENT, key, sheet.title, sheet)
    raise NotFound("There is nothing at this address that you can open.")


def _own_statement(connection: Connection, payee: people.Payee, key: str) -> StoredStatement | None:
    is_number = key.isascii() and key.isdigit() and len(key) < 10
    found = payroll.statement(connection, int(key)) if is_number else None
    return found if found is not None and found.payee_id == payee.id else None


def statement_sheet(connection: Connection, stored: StoredStatement) -> Sheet:
    """A statement as a why, with what became known since it was closed."""
    view = statement_view(connection, stored)
    return Sheet(
        title=_("Statement for %(month)s", month=period_name(view.month)),
        figure=money(view.paid_minor, view.currency),
        tone="",
        remark=_("version %(version)s", version=stored.version),
        sections=tuple(_part_section(part, view.currency) for part in view.parts),
    )


def _part_section(part: Part, currency: str) -> Section:
    rows = tuple(_line_row(line, currency) for line in part.lines)
    return Section(part.heading, rows, _line_row(part.total, currency) if part.total else None)


def _line_row(line: Line, currency: str) -> Row:
    figure = "" if line.amount_minor is None else money(line.amount_minor, currency)
    return Row(line.label, figure, line.note, "loss" if (line.amount_minor or 0) < 0 else "")


def doubt_of(
    connection: Connection, payee: people.Payee, pointed: Pointed, line: str, claim: Claim
) -> Doubt:
    """The doubt to keep, with what the rep sees at this moment."""
    doubt = Doubt(
        payee_id=payee.id,
        about=pointed.about,
        title=claim.name or pointed.title,
        line=line if line in pointed.lines else "",
        sheet=None if pointed.sheet is None else _kept(pointed.sheet),
        claim=claim_to_json(claim),
    )
    if pointed.about == DEAL:
        stored = deals.stored_deal(connection, pointed.key)
        snapshot = deal_to_json(stored.deal) if stored else None
        return replace(doubt, deal_key=pointed.key, deal_snapshot=snapshot)
    if pointed.about == STATEMENT:
        return replace(doubt, statement_id=int(pointed.key))
    return replace(doubt, component_key=pointed.key) if pointed.about == FIGURE else doubt


def _kept(sheet: Sheet) -> str:
    return json.dumps({"locale": current_locale(), "sheet": sheet_to_json(sheet)})


def kept_sheet(doubt: Doubt) -> tuple[str, Sheet] | None:
    """What the rep saw when raising it, and in which language."""
    if doubt.sheet is None:
        return None
    kept = json.loads(doubt.sheet)
    return kept["locale"], sheet_from_json(kept["sheet"])


def _calendar() -> CompanyCalendar:
    return company_calendar(context.settings())


# --- what the rep knows of a missing deal


def claim_to_json(claim: Claim) -> str:
    on = claim.on.isoformat() if claim.on else None
    return json.dumps([claim.name, on, claim.amount_minor, claim.currency])


def claim_from_json(text: str) -> Claim:
    kept = json.loads(text)
    if not kept:
        return Claim()
    name, on, amount_minor, currency = kept
    return Claim(name, date.fromisoformat(on) if on else None, amount_minor, currency)


def claim_section(claim: Claim) -> Section:
    """The same as lines to read."""
    unknown = _("not known")
    amount = unknown
    if claim.amount_minor is not None:
        amount = money(claim.amount_minor, claim.currency)
    rows = (
        Row(_("Customer or deal"), claim.name),
        Row(_("Won on"), day(claim.on) if claim.on else unknown),
        Row(_("Amount"), amount),
    )
    return Section("", rows)


def claim_in(form: Mapping[str, str], currency: str, today: date) -> tuple[Claim, dict[str, str]]:
    """What was typed about a missing deal, and what is wrong with it by field."""
    problems = {}
    name = form.get("name", "").strip()
    if text_problem(name, NAME_LENGTH_MAX):
        problems["name"] = _("Say which customer or deal it is, in at most 200 characters.")
    on = parse_day(form.get("on", "").strip())
    if form.get("on", "").strip() and (
        on is None or not FIRST_DAY <= on <= last_day_possible(today)
    ):
        problems["on"] = _("This is not a date it can have been won on. Write it as 2026-11-22.")
    amount_minor, problem = amount_in(form.get("amount", ""), currency)
    if problem:
        problems["amount"] = problem
    return Claim(name, on, amount_minor, currency), problems


def amount_in(typed: str, currency: str) -> tuple[int | None, str]:
    """The minor units of a typed amount, None when nothing was typed; and what is wrong with it."""
    if not typed.strip():
        return None, ""
    try:
        number = plain_number(typed)
    except FormatError:
        return None, _("This is not an amount. Write it such as 1.234,50.")
    digits = minor_digits(currency) if currency in MINOR_DIGITS else 2
    whole, _mark, decimals = number.partition(".")
    if len(whole) > len(str(AMOUNT_MINOR_MAX)) or len(decimals) > digits:
        return None, _("This amount is too large, or has more decimals than its currency.")
    amount_minor = int(whole + decimals.ljust(digits, "0"))
    if abs(amount_minor) > AMOUNT_MINOR_MAX:
        return None, _("This amount is too large, or has more decimals than its currency.")
    return amount_minor, ""


def words_in(form: Mapping[str, str]) -> tuple[str, str]:
    """What was written, and what is wrong with it."""
    words = form.get("words", "").replace("\r\n", "\n").strip()
    printable = words.replace("\n", " ").replace("\t", " ")
    if not words:
        return "", _("Write a few words.")
    if len(words) > WORDS_LENGTH_MAX:
        return words, _("Write at most 2,000 characters.")
    return words, _("Remove characters that cannot be shown.") if text_problem(
        printable, WORDS_LENGTH_MAX
    ) else ""
