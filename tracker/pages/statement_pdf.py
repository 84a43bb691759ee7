"""A statement as a PDF: A4, one column, the same parts and lines as on the page."""

from collections.abc import Iterable
from unicodedata import normalize
from zoneinfo import ZoneInfo

from fpdf import FPDF

from tracker.pages.formatting import clock_time, day, exact_money, period_name
from tracker.pages.i18n import current_locale
from tracker.pages.i18n import gettext as _
from tracker.pages.statement_view import Line, Part, StatementView

INK, MUTE, LINE = (19, 32, 58), (88, 97, 116), (214, 208, 196)
AMOUNT_WIDTH = 42
BODY, SMALL, LARGE = 9.5, 8, 26
_SPOKEN = {
    "\N{MINUS SIGN}": "-",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
    "Ł": "L",
    "ł": "l",
}
"""What the core fonts of PDF, which speak cp1252, write otherwise."""


class _Paper(FPDF):
    """An A4 page with its foot."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot = foot
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, margin=22)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-15)
        self._ink(MUTE, SMALL)
        self.cell(0, 5, f"{self.foot} · {self.page_no()}", align="C")

    def _ink(self, colour: tuple[int, int, int], size: float, style: str = "") -> None:
        self.set_text_color(*colour)
        self.set_font("helvetica", style, size)

    def words(
        self, text: str, size: float, colour: tuple[int, int, int] = INK, style: str = ""
    ) -> None:
        """A paragraph over the whole width."""
        self._ink(colour, size, style)
        self.multi_cell(0, size * 0.5, printable(text), new_x="LMARGIN", new_y="NEXT")

    def line_of(self, label: str, note: str, amount: str, is_total: bool = False) -> None:
        """A line with its amount at the right, kept together on one page."""
        style = "B" if is_total else ""
        if self.will_page_break(12):
            self.add_page()
        top = self.get_y()
        self._ink(INK, BODY, style)
        self.set_xy(self.w - self.r_margin - AMOUNT_WIDTH, top)
        self.cell(AMOUNT_WIDTH, 5, printable(amount), align="R")
        self.set_xy(self.l_margin, top)
        width = self.epw - AMOUNT_WIDTH
        self.multi_cell(width, 5, printable(label), align="L", new_x="LMARGIN", new_y="NEXT")
        if note:
            self._ink(MUTE, SMALL)
            self.multi_cell(width, 4, printable(note), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)
        self.set_draw_color(*LINE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)


def statement_pdf(view: StatementView, zone: ZoneInfo) -> bytes:
    """The statement on paper, in the reader's language."""
    title = _("Statement for %(month)s", month=period_name(view.month))
    paper = _Paper(printable(f"{view.payee.name} · {title}"))
    paper.set_title(title)
    paper.set_lang(current_locale())
    paper.words(title, BODY, MUTE)
    paper.words(view.payee.name, 15, style="B")
    paper.ln(3)
    paper.words(exact_money(view.paid_minor, view.currency), LARGE, style="B")
    paper.words(_closed_words(view, zone), SMALL, MUTE)
    for part in view.parts:
        _print_part(paper, part, view.currency)
    paper.ln(4)
    paper.words(f"sha256 {view.stored.lines_hash}", SMALL, MUTE)
    return bytes(paper.output())


def _closed_words(view: StatementView, zone: ZoneInfo) -> str:
    closed_on = view.closed_at.astimezone(zone).date()
    when = f"{day(closed_on)} {clock_time(view.closed_at, zone)}"
    return _(
        "Closed %(when)s by %(who)s, version %(version)s",
        when=when,
        who=view.closed_by,
        version=view.stored.version,
    )


def _print_part(paper: _Paper, part: Part, currency: str) -> None:
    if paper.will_page_break(24):
        paper.add_page()
    paper.ln(5)
    paper.words(part.heading, 11, style="B")
    if part.note:
        paper.words(part.note, SMALL, MUTE)
    paper.ln(1.5)
    for line in part.lines:
        paper.line_of(line.label, line.note, _amount(line, currency))
    for total in _totals(part):
        paper.line_of(total.label, total.note, _amount(total, currency), is_total=True)


def _totals(part: Part) -> Iterable[Line]:
    return () if part.total is None else (part.total,)


def _amount(line: Line, currency: str) -> str:
    return "" if line.amount_minor is None else exact_money(line.amount_minor, currency)


def printable(text: str) -> str:
    """The text in the letters that the core fonts have: an accent they lack is left off, a letter becomes "?"."""
    spoken = "".join(_SPOKEN.get(letter, letter) for letter in text)
    return "".join(_in_cp1252(letter) for letter in spoken)


def _in_cp1252(letter: str) -> str:
    for candidate in (letter, normalize("NFKD", letter)[:1]):
        try:
            candidate.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"
