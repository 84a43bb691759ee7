"""The scores of objectives of a person in a file of people: by objective and window, in percent."""

from datetime import date

from tracker.engine.agreement.plans import Plan
from tracker.engine.crediting.objectives import OBJECTIVE, SCORE_MAX, score_deal, score_key
from tracker.engine.deals import Deal
from tracker.engine.periods import period_named
from tracker.engine.plan_files.plan_reader import TableReader

EXAMPLE_SCORES = '{ nps = { "2026-Q4" = "87.5%" } }'


def read_scores(
    person: TableReader, payee_id: int, last_day: date, plan: Plan | None
) -> list[Deal]:
    """The scores under `objectives`, each as the deal that holds it; problems are noted."""
    by_objective = person.table("objectives", EXAMPLE_SCORES)
    if by_objective is None or plan is None:
        return []
    known = objectives_of(plan)
    found: list[Deal] = []
    for objective in by_objective.values:
        if objective not in known:
            named = ", ".join(sorted(known)) or "none"
            what = f"the plan has no objective {objective}."
            by_objective.problem(objective, what, f"Its objectives are: {named}.")
            continue
        by_window = by_objective.table(objective, '{ "2026-Q4" = "87.5%" }')
        for window_key in by_window.values if by_window else ():
            score = _score(by_window, window_key) if by_window else None
            if score is not None and by_window and _is_window(by_window, window_key, plan):
                window = period_named(window_key, plan.year_starts_in_month)
                counts_on = min(window.ends_on, last_day)
                key = score_key(payee_id, objective, window_key)
                deal = score_deal(key, payee_id, objective, score, counts_on, plan.currency)
                found.append(deal)
    return found


def objectives_of(plan: Plan) -> set[str]:
    """Every objective that a component of a plan counts."""
    return {
        word
        for component in plan.components
        if component.measure == OBJECTIVE
        for word in component.where.get(OBJECTIVE, ())
    }


def _score(by_window: TableReader, window_key: str) -> int | None:
    """Hundredths of a percent point."""
    share = by_window.percentage(window_key, '"87.5%"')
    if share is None:
        return None
    hundredths = share * 10_000
    if hundredths.denominator != 1 or hundredths > SCORE_MAX:
        what = "a score has at most two decimals and is at most 1,000 %."
        by_window.problem(window_key, what, 'Write it as "87.5%".')
        return None
    return int(hundredths)


def _is_window(by_window: TableReader, window_key: str, plan: Plan) -> bool:
    try:
        window = period_named(window_key, plan.year_starts_in_month)
    except ValueError as error:
        by_window.problem(window_key, f"{error}.", "A score is for a whole window.")
        return False
    if window.kind is not plan.window:
        what = f"{window_key} is a {window.kind}, but the plan's window is a {plan.window}."
        by_window.problem(window_key, what, "Write one score for each window.")
        return False
    return True
