"""What a component says about quotas, sentence by sentence, in the reader's language."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from tracker.engine.agreement.plans import Component
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.plan_trials.plan_outline import Topic
from tracker.pages.formatting import count, measured, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.plan_phrases import listed


def _quota(component: Component, currency: str) -> Iterator[str]:
    quota = measured(component.quota_minor or 0, component.measure, currency)
    yield _("The quota is %(quota)s where nothing else is agreed with you.", quota=quota)


def _seasonal(component: Component, currency: str) -> Iterator[str]:
    weights = component.quota_rules.seasonal
    months = listed(percent(Fraction(weight, sum(weights)), 1) for weight in weights)
    yield _("A year's quota is spread over its months like this: %(months)s.", months=months)


def _ramp(component: Component, currency: str) -> Iterator[str]:
    shares = listed(map(percent, component.quota_rules.ramp))
    months = count(len(component.quota_rules.ramp))
    yield _(
        "Whoever is new begins with %(shares)s of the quota in the first months (%(count)s), and then has all of it.",
        shares=shares,
        count=months,
    )


def _prorate(component: Component, currency: str) -> Iterator[str]:
    yield _("Whoever joins or leaves in the middle of a period has a quota for their days only.")


def _quota_change(component: Component, currency: str) -> Iterator[str]:
    yield {
        OnQuotaChange.RETRO: _("A quota that changes within a period counts for all of it."),
        OnQuotaChange.PRORATE: _(
            "When a quota changes within a period, both count by their days, as one quota."
        ),
        OnQuotaChange.CONTINUE: _(
            "When a quota changes within a period, you keep your place and climb on by the new one."
        ),
        OnQuotaChange.RESTART: _(
            "When a quota changes within a period, you begin at the bottom again by the new one."
        ),
    }[component.quota_rules.on_change]


QUOTA_SENTENCES: Mapping[Topic, Callable[[Component, str], Iterator[str]]] = {
    Topic.QUOTA: _quota,
    Topic.SEASONAL: _seasonal,
    Topic.RAMP: _ramp,
    Topic.PRORATE: _prorate,
    Topic.QUOTA_CHANGE: _quota_change,
}
