"""A statement as a CSV file: the same parts and lines as on the page, amounts exact."""

import csv
import io

from tracker.pages.i18n import gettext as _
from tracker.pages.statement_view import StatementView
from tracker.payroll_export import exact, guarded


def statement_csv(view: StatementView) -> str:
    """Part, line, remark and amount of each line; totals in lines of their own."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([_("Part"), _("Line"), _("Remark"), f"{_('Amount')} {view.currency}"])
    for part in view.parts:
        for line in (*part.lines, *((part.total,) if part.total else ())):
            amount = "" if line.amount_minor is None else exact(line.amount_minor, view.currency)
            texts = (part.heading, line.label, line.note)
            writer.writerow([*(guarded(text) for text in texts), amount])
    writer.writerow(["", "sha256", view.stored.lines_hash, ""])
    return written.getvalue()
