"""HubSpot's deal splits: who shares the credit for a deal, where the company says that they count.

They are read with every deal that is read. A change of splits alone need not show in the deal, so the splits that
have changed are searched as well, and lead back to their deals.
https://developers.hubspot.com/docs/api-reference/crm-deal-splits-v3/guide
"""

from collections.abc import Sequence
from typing import Any

from tracker.ingest.connectors.asking import CrmRefuses
from tracker.ingest.connectors.deal_record import plain, records
from tracker.ingest.connectors.hubspot_deal import SPLITS, mapping_of
from tracker.ingest.connectors.shape import Client, Raw

READ = "/crm/v3/objects/deals/splits/batch/read"
SEARCH = "/crm/v3/objects/deal_split/search"
DEALS_OF = "/crm/v4/associations/deal_split/deal/batch/read"

PAGE_COUNT = 100
RESULTS_MAX = 10_000
"""HubSpot's own limit on what one search finds."""

_NOT_ALLOWED = (
    "HubSpot does not let this token read deal splits (403). Give the app the scope crm.dealsplits.read_write, which "
    'only Sales Hub Enterprise has; or write splits = "optional" in the mapping, so that the owner of a deal is '
    "credited with all of it."
)


def with_splits(client: Client, raws: Sequence[Raw]) -> list[Raw]:
    """The same deals with their splits, if they count. Raises CrmRefuses where they must and may not be read."""
    ids = [plain(raw.get("id")) for raw in raws if raw.get("archived") is not True]
    splits = _splits_of(client, ids)
    return [
        {**raw, SPLITS: splits[plain(raw.get("id"))]} if plain(raw.get("id")) in splits else raw
        for raw in raws
    ]


def _splits_of(client: Client, ids: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), PAGE_COUNT):
        asked = {"inputs": [{"id": deal_id} for deal_id in ids[start : start + PAGE_COUNT]]}
        for one in _asked(client, READ, asked):
            found[plain(one.get("id"))] = one.get("splits")
    return found


def deals_with_changed_splits(client: Client, since: int) -> list[str]:
    """The ids of deals of which a split has changed since a moment in milliseconds."""
    split_ids: list[str] = []
    changed = {"propertyName": "hs_lastmodifieddate"}
    while len(split_ids) < RESULTS_MAX:
        asked = {
            "filterGroups": [{"filters": [{**changed, "operator": "GTE", "value": str(since)}]}],
            "sorts": [{**changed, "direction": "ASCENDING"}],
            "limit": PAGE_COUNT,
            "after": str(len(split_ids)),
        }
        page = [plain(one.get("id")) for one in _asked(client, SEARCH, asked)]
        split_ids += page
        if len(page) < PAGE_COUNT:
            break
    deal_ids: list[str] = []
    for start in range(0, len(split_ids), PAGE_COUNT):
        asked = {"inputs": [{"id": one} for one in split_ids[start : start + PAGE_COUNT]]}
        for result in _asked(client, DEALS_OF, asked):
            deal_ids += [plain(to.get("toObjectId")) for to in records(result.get("to"))]
    return list(dict.fromkeys(deal_ids))


def _asked(client: Client, path: str, asked: object) -> list[Raw]:
    """The results; none where splits count only if they may be read, and may not."""
    wish = mapping_of(client.connection).splits
    if not wish:
        return []
    try:
        answer = client.api.post(path, asked)
    except CrmRefuses as refusal:
        if refusal.status != 403:
            raise
        if wish == "optional":
            return []
        raise CrmRefuses(_NOT_ALLOWED, refusal.status) from None
    return records(answer.get("results")) if isinstance(answer, dict) else []
