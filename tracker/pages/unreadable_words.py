"""Why a spreadsheet cannot be read, in a person's words: the same wherever one is sent."""

from collections.abc import Mapping

from tracker.ingest.files.spreadsheet_problems import SheetProblem
from tracker.pages.i18n import gettext as _


def unreadable_words() -> Mapping[SheetProblem, str]:
    """What is wrong and what to do; limits and sheets are said by the page that sets them."""
    return {
        SheetProblem.EMPTY: _("There is nothing in this file. Choose the one with your deals."),
        SheetProblem.NO_SPREADSHEET: _(
            "This is no spreadsheet we can read. Save it as .xlsx or .csv."
        ),
        SheetProblem.OLD_FORMAT: _(
            "This is an older Excel file, or one with a password. Save it as .xlsx without a password, or as .csv."
        ),
        SheetProblem.LOCKED: _("This file has a password. Save it without one."),
        SheetProblem.MACROS: _(
            "There are macros in this file. Save it as .xlsx without them, or as .csv."
        ),
        SheetProblem.BROKEN: _(
            "This file is damaged. Open it, save it again as .xlsx or .csv, and try that."
        ),
        SheetProblem.UNPACKS_TOO_LARGE: _(
            "There is far more in this file than deals. Copy your deals into a new one."
        ),
    }
