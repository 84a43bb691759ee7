"""What speaks for an open deal and what it lacks, in a few words."""

from collections.abc import Iterator

from tracker.engine.ahead.prospects import Doubt, Odds, OddsSource, Prospect
from tracker.engine.deals import Deal
from tracker.pages.deal_rows import evidence_words
from tracker.pages.formatting import count, day, percent
from tracker.pages.i18n import gettext as _


def lacks(prospect: Prospect, missing_evidence: tuple[str, ...]) -> str:
    """Everything that keeps an open deal from being backed: "decision maker; no next step"; "" when it is backed."""
    return "; ".join(_lacks(prospect, missing_evidence))


def _lacks(prospect: Prospect, missing_evidence: tuple[str, ...]) -> Iterator[str]:
    if missing_evidence:
        yield _("%(missing)s missing", missing=evidence_words(missing_evidence))
    words = {
        Doubt.NO_STEP: _("no next step"),
        Doubt.NO_STEP_DATE: _("next step without a date"),
        Doubt.STEP_PASSED: _("next step overdue"),
        Doubt.DAY_PASSED: _("expected day has passed"),
        Doubt.NO_ODDS: _("nobody says how likely it is"),
    }
    yield from (words[doubt] for doubt in prospect.doubts)


def odds_words(odds: Odds) -> str:
    """How likely a deal is: "45 %"."""
    return "–" if odds.probability is None else percent(odds.probability)


def odds_source(odds: Odds) -> str:
    """Who says how likely a deal is."""
    if odds.source is OddsSource.HISTORY and odds.decided is not None:
        return _(
            "%(won)s of %(all)s deals of this stage were won in a year",
            won=count(odds.decided.won_count),
            all=count(odds.decided.deals_count),
        )
    return {
        OddsSource.DEAL: _("says your CRM"),
        OddsSource.STAGE: _("agreed for this stage"),
    }.get(odds.source, _("neither your CRM, your company nor the past of its stage"))


def prospect_note(prospect: Prospect) -> str:
    """An open deal at a glance: "45 % · Negotiation · Send the contract 28 Nov"."""
    said = [odds_words(prospect.odds), prospect.deal.stage, step_words(prospect.deal)]
    return " · ".join(word for word in said if word)


def step_words(deal: Deal) -> str:
    """What happens next, and when."""
    step = deal.next_step
    if step is None:
        return ""
    return f"{step.text} {day(step.due_on)}" if step.due_on else step.text
