"""The rep's own spreadsheet against the company's figures, line by line. The file is read, answered and forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flask import Blueprint, Response, make_response, request

from tracker import access, clock
from tracker.engine.claims.list_matching import Compared
from tracker.engine.claims.reconciling import Cause, CauseKind, Pair, Reconciliation, reconcile
from tracker.engine.money import minor_digits
from tracker.ingest.files.own_list import FIELDS, OwnList, read_own_list
from tracker.ingest.files.spreadsheet import read_spreadsheet
from tracker.ingest.files.spreadsheet_problems import OWN_LIST, SheetProblem, SpreadsheetError
from tracker.off_the_loop import beside_the_loop
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.doubts import DEAL, MISSING
from tracker.pages.formatting import amount, day, money, rate, sentence
from tracker.pages.i18n import gettext as _
from tracker.pages.own_deals import Stretch, own_deals, stretch_of
from tracker.pages.standings import payee_standing
from tracker.pages.unreadable_words import unreadable_words
from tracker.store import people
from tracker.store.people import Payee

blueprint = Blueprint("spreadsheet", __name__, url_prefix="/me/spreadsheet")

ROWS_SHOWN_MAX = 200
FORM_BYTES = 64 * 1024
NO_COLUMN = "-"


@dataclass(frozen=True, slots=True)
class PairRow:
    """A line of the comparison, in words; the doubt fields fill the form that a dispute of it begins with."""

    name: str
    where: str
    theirs: str
    ours: str
    difference_minor: int
    causes: tuple[str, ...]
    deal_key: str
    doubt: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the page shows of a file that was read."""

    own_list: OwnList
    currency: str
    stretch: Stretch | None
    reconciliation: Reconciliation | None
    rows: tuple[PairRow, ...]
    hidden_count: int
    agreeing_count: int

    @property
    def is_by_amount(self) -> bool:
        found = self.reconciliation
        return found is not None and found.compared is Compared.AMOUNT


@blueprint.get("")
def page() -> str:
    _own_payee()
    return context.render("spreadsheet/page.html", **_words())


@blueprint.post("")
@context.takes_bytes(OWN_LIST.file_bytes + FORM_BYTES)
def compare() -> Response:
    """Read the file, compare, and answer: the part alone for htmx, or a whole page."""
    payee = _own_payee()
    problem, comparison = "", None
    try:
        comparison = _compare(payee, _content())
    except SpreadsheetError as refusal:
        problem = problem_words(refusal.problem)
    template = "spreadsheet/_found.html" if context.is_htmx() else "spreadsheet/page.html"
    text = context.render(template, found=comparison, problem=problem, **_words())
    return make_response(text, 422 if problem else 200)


def _content() -> bytes:
    sent = request.files.get("file")
    content = sent.read(OWN_LIST.file_bytes + 1) if sent else b""
    if not content:
        raise SpreadsheetError(SheetProblem.EMPTY)
    return content


def _compare(payee: Payee, content: bytes) -> Comparison:
    calendar, now = company_calendar(context.settings()), clock.now()
    with context.database().read() as connection:
        standing = payee_standing(connection, payee.id, calendar, now)
    currency = standing.currency or "DKK"
    chosen = _chosen()
    digits = minor_digits(currency)
    own_list = beside_the_loop(lambda: read_own_list(read_spreadsheet(content), chosen, digits))
    if not own_list.can_be_compared:
        return Comparison(own_list, currency, None, None, (), 0, 0)
    window = standing.window or context.not_found()
    stretch = stretch_of(own_list.lines, window)
    with context.database().read() as connection:
        own = own_deals(connection, payee, own_list.lines, stretch, currency)
    compared = Compared.COMMISSION if "commission" in own_list.columns else Compared.AMOUNT
    found = beside_the_loop(lambda: reconcile(own_list.lines, own, compared))
    differing = [pair for pair in found.pairs if pair.difference_minor]
    agreeing_count = sum(
        pair.line is not None and not pair.difference_minor for pair in found.pairs
    )
    rows = tuple(_row(pair, currency) for pair in differing[:ROWS_SHOWN_MAX])
    hidden_count = len(differing) - len(rows)
    return Comparison(own_list, currency, stretch, found, rows, hidden_count, agreeing_count)


def _chosen() -> dict[str, int | None]:
    """The columns somebody chose; a field nobody chose is not in it."""
    chosen: dict[str, int | None] = {}
    for name in FIELDS:
        typed = request.form.get(f"column.{name}", "")
        if typed == NO_COLUMN:
            chosen[name] = None
        elif typed.isascii() and typed.isdigit() and len(typed) < 5:
            chosen[name] = int(typed)
    return chosen


def _own_payee() -> Payee:
    """The payee of whoever is signed in; NotFound for people who do not sell."""
    principal = context.principal()
    with context.database().read() as connection:
        payee = people.payee(connection, principal.payee_id) if principal.payee_id else None
    if payee is None or not access.may_dispute(principal, payee):
        context.not_found()
    return payee


# --- in words ------------------------------------------------------------------------------------------------------


def _words() -> dict[str, object]:
    fields = {
        "name": _("Customer or deal"),
        "deal_id": _("Deal id"),
        "on": _("Date"),
        "amount": _("Amount"),
        "commission": _("Commission"),
    }
    return {
        "fields": fields,
        "no_column": NO_COLUMN,
        "bytes_max": OWN_LIST.file_bytes,
        "too_large": problem_words(SheetProblem.TOO_LARGE),
    }


def problem_words(problem: SheetProblem) -> str:
    own = {
        SheetProblem.TOO_LARGE: _(
            "This file is larger than 1 MB. Keep only your own deals in it, without pictures."
        ),
        SheetProblem.TOO_MANY_ROWS: _(
            "There are more than 5,000 rows. Keep only the period in question."
        ),
        SheetProblem.TOO_MANY_COLUMNS: _(
            "There are more than 100 columns. Keep only those of your deals."
        ),
    }
    return {**unreadable_words(), **own}[problem]


def _row(pair: Pair, currency: str) -> PairRow:
    line, own = pair.line, pair.own
    name = own.name if own else line.name or line.deal_id if line else ""
    where = [_("line %(number)s", number=line.number)] if line else []
    on = own.on if own else line.on if line else None
    where += [day(on)] if on else []
    causes = tuple(_cause_words(cause, pair, currency) for cause in pair.causes)
    return PairRow(
        name=name,
        where=" · ".join(where),
        theirs=money(pair.theirs_minor, currency) if line else "–",
        ours=money(pair.ours_minor, currency) if own else "–",
        difference_minor=pair.difference_minor,
        causes=causes,
        deal_key=own.key if own else "",
        doubt=_doubt(pair, currency, causes),
    )


def _doubt(pair: Pair, currency: str, causes: tuple[str, ...]) -> dict[str, str]:
    """What the form of a dispute about this line begins with."""
    line, own = pair.line, pair.own
    said = sentence(
        _(
            "My own list says %(theirs)s, here it is %(ours)s",
            theirs=money(pair.theirs_minor, currency),
            ours=money(pair.ours_minor, currency),
        )
    )
    if own is not None:
        return {"about": DEAL, "key": own.key, "words": said}
    if line is None:
        return {}
    return {
        "about": MISSING,
        "name": line.name or line.deal_id,
        "on": line.on.isoformat() if line.on else "",
        "amount": "" if line.amount_minor is None else amount(line.amount_minor, currency),
        "words": said,
    }


def _cause_words(cause: Cause, pair: Pair, currency: str) -> str:
    theirs, ours = cause.theirs or Fraction(0), cause.ours or Fraction(0)
    said = ", ".join(cause.words)
    kind = cause.kind
    if kind is CauseKind.OTHER_AMOUNT:
        return _(
            "The amount is %(theirs)s in your file and %(ours)s here.",
            theirs=money(int(theirs), currency),
            ours=money(int(ours), currency),
        )
    if kind is CauseKind.SPLIT:
        part = money(int(ours), currency)
        return sentence(_("The deal is shared: your part is %(part)s", part=part))
    if kind is CauseKind.OTHER_RATE:
        said = _(
            "Your file reckons with %(theirs)s, here it comes to %(ours)s.",
            theirs=rate(theirs),
            ours=rate(ours),
        )
        return f"{said} {_steps_words(pair)}".strip()
    if kind is CauseKind.OTHER_DAY:
        return sentence(_("Here it counts from %(day)s", day=_day_here(pair)))
    if kind is CauseKind.HELD:
        return _("It is held until there is %(missing)s.", missing=said)
    return said or _plain_cause(kind)


def _steps_words(pair: Pair) -> str:
    """The rates of the steps a deal fell into, where there were several."""
    rates = pair.own.rates if pair.own else ()
    if len(rates) < 2:
        return ""
    return sentence(_("Its steps pay %(rates)s", rates=", ".join(rate(one) for one in rates)))


def _plain_cause(kind: CauseKind) -> str:
    return {
        CauseKind.NOT_IN_COMPANY: _("There is no such deal of yours here."),
        CauseKind.NOT_IN_FILE: _("It is not in your file."),
        CauseKind.SEVERAL_FIT: _(
            "Several deals here could be meant. Add a date or a deal id to your file."
        ),
        CauseKind.STANDS_TWICE: _("This deal stands in your file twice."),
        CauseKind.NOT_WON: _("It is not won here."),
        CauseKind.CAPPED: _("A limit of your plan is reached."),
        CauseKind.CLAWED_BACK: _("The customer left, and a part was taken back."),
        CauseKind.ROUNDING: _("Only rounding."),
    }.get(kind, _("It pays another amount here. Open the deal to see why."))


def _day_here(pair: Pair) -> str:
    on: date | None = pair.own.on if pair.own else None
    return day(on) if on else ""
