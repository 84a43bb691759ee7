"""HubSpot's CRM API, version 3: what has changed, single deals, owners, pipelines, and the list of all deals.

https://developers.hubspot.com/docs/api-reference/crm-deals-v3/guide
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracker.ingest.connectors.asking import Answer, CrmAway, retry_after_seconds
from tracker.ingest.connectors.deal_record import at_least, plain, records, share_of
from tracker.ingest.connectors.hubspot_deal import (
    ALWAYS_READ,
    mapping_of,
    merged_ids,
    version_of,
)
from tracker.ingest.connectors.hubspot_splits import deals_with_changed_splits, with_splits
from tracker.ingest.connectors.shape import Client, Fetched, Listed, Page, Raw
from tracker.ingest.strict_json import JsonValue
from tracker.store.connections import CrmConnection, Wanted

SEARCH = "/crm/v3/objects/deals/search"
BATCH_READ = "/crm/v3/objects/deals/batch/read"
DEALS = "/crm/v3/objects/deals"
OWNERS = "/crm/v3/owners"
PIPELINES = "/crm/v3/pipelines/deals"

PAGE_COUNT = 100
OVERLAP_MILLISECONDS = 300_000
"""A deal can be found some time after it has changed; so much is always read again."""
DAILY_WAIT_SECONDS = 3_600.0

_CHANGED, _ID = "hs_lastmodifieddate", "hs_object_id"


def headers(connection: CrmConnection) -> dict[str, str]:
    return {"Authorization": f"Bearer {connection.token}"}


def wait_seconds(answer: Answer) -> float | None:
    """HubSpot says when to come back only for the limit by the second; the one of the day is named in the body."""
    asked_for = retry_after_seconds(answer)
    is_daily = answer.status == 429 and b'"DAILY"' in answer.body
    return max(asked_for or 0.0, DAILY_WAIT_SECONDS) if is_daily else asked_for


def learn(client: Client) -> str:
    """Owners by their id, those who left included; stages with what HubSpot itself makes of them."""
    owners: dict[str, str] = {}
    for archived in ("true", "false"):
        for owner in _all(client, OWNERS, archived=archived):
            if email := plain(owner.get("email")):
                owners[plain(owner.get("id"))] = email
    stages = {
        f"{plain(pipeline.get('id'))}/{plain(stage.get('id'))}": {
            "pipeline": plain(pipeline.get("label")),
            "label": plain(stage.get("label")),
            "probability": plain(_record(stage.get("metadata")).get("probability")),
            "status": _status(_record(stage.get("metadata"))),
        }
        for pipeline in records(_record(client.api.get(PIPELINES)).get("results"))
        for stage in records(pipeline.get("stages"))
    }
    return json.dumps({"owners": owners, "stages": stages}, sort_keys=False)


def _status(metadata: Mapping[str, JsonValue]) -> str:
    """A closed stage is won at a probability of one and lost at none; between them only the company knows."""
    if plain(metadata.get("isClosed")) != "true":
        return "open"
    probability = share_of(plain(metadata.get("probability")))
    return {share_of("1"): "won", share_of("0"): "lost"}.get(probability, "")


def changed_since(client: Client, cursor: str) -> Iterator[Page]:
    """Every deal that changed since a moment in milliseconds, page by page; also those of which only splits did."""
    for page in _changed_since(client, cursor):
        cursor_behind = page.cursor
        yield replace(page, raws=with_splits(client, page.raws))
    if cursor:
        since = max(0, int(cursor) - OVERLAP_MILLISECONDS)
        resplit = [Wanted(deal_id) for deal_id in deals_with_changed_splits(client, since)]
        for start in range(0, len(resplit), PAGE_COUNT):
            found = fetch(client, resplit[start : start + PAGE_COUNT]).raws
            yield Page(found, cursor_behind, len(resplit) - start - len(found))


def _changed_since(client: Client, cursor: str) -> Iterator[Page]:
    """Each page is a search of its own.

    A page begins at the last moment of the one before, never at a place in a list: a deal that changes meanwhile
    moves to the end of the list, and all behind it would move up, one of them past the place where reading goes on.
    So the 10,000 results of one search are never used up either.
    """
    since = max(0, int(cursor or 0) - OVERLAP_MILLISECONDS)
    properties = _properties(client.connection)
    while True:
        found, total = _search(client, properties, _CHANGED, [_filter(_CHANGED, "GTE", since)])
        last = max((version for raw in found if (version := version_of(raw))), default=since)
        yield Page(found, str(max(last, int(cursor or 0))), max(0, total - len(found)))
        if len(found) < PAGE_COUNT:
            return
        if last > since:
            since = last
        else:
            yield from _changed_at(client, properties, since, str(max(last, int(cursor or 0))))
            since += 1


def _changed_at(
    client: Client, properties: Sequence[str], moment: int, cursor: str
) -> Iterator[Page]:
    """All deals of one and the same moment, where a whole page has no other: by their ids."""
    after_id = 0
    while True:
        filters = [_filter(_CHANGED, "EQ", moment), _filter(_ID, "GT", after_id)]
        found, total = _search(client, properties, _ID, filters)
        yield Page(found, cursor, max(0, total - len(found)))
        if len(found) < PAGE_COUNT:
            return
        after_id = max(int(plain(raw.get("id"))) for raw in found)


def _search(
    client: Client, properties: Sequence[str], sort: str, filters: Sequence[Mapping[str, str]]
) -> tuple[list[Raw], int]:
    asked = {
        "filterGroups": [{"filters": list(filters)}],
        "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": PAGE_COUNT,
    }
    answer = _record(client.api.post(SEARCH, asked))
    return records(answer.get("results")), int(plain(answer.get("total")) or 0)


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def fetch(client: Client, wanted: Sequence[Wanted]) -> Fetched:
    """Deals as they are, those in the bin included; gone is only what HubSpot says it does not have."""
    version_min = {one.deal_id: one.version_min for one in wanted}
    found, missing = _read(client, list(version_min), archived="false")
    in_bin, missing = _read(client, missing, archived="true") if missing else ([], [])
    taken_in = {deal_id for raw in found for deal_id in merged_ids(raw)}
    raws = [
        at_least(raw, version_of(raw), version_min.get(plain(raw.get("id")), 0))
        for raw in (*found, *in_bin)
    ]
    got = {plain(raw.get("id")) for raw in raws} | taken_in | set(missing)
    if not version_min.keys() <= got:
        raise CrmAway("HubSpot answered for some of the deals only.")
    raws = with_splits(client, raws)
    return Fetched(raws, [*missing, *sorted((taken_in & version_min.keys()) - set(missing))])


def _read(client: Client, ids: Sequence[str], archived: str) -> tuple[list[Raw], list[str]]:
    """These deals, and the ids of those that are not there."""
    found: list[Raw] = []
    missing: list[str] = []
    properties = _properties(client.connection)
    for start in range(0, len(ids), PAGE_COUNT):
        inputs = [{"id": deal_id} for deal_id in ids[start : start + PAGE_COUNT]]
        asked = {"properties": properties, "inputs": inputs}
        answer = _record(client.api.post(BATCH_READ, asked, archived=archived))
        found += records(answer.get("results"))
        for error in records(answer.get("errors")):
            if error.get("category") == "OBJECT_NOT_FOUND":
                not_there = _record(error.get("context")).get("ids")
                missing += [plain(one) for one in not_there] if isinstance(not_there, list) else []
    return found, [deal_id for deal_id in missing if deal_id in ids]


def listing(client: Client) -> Iterator[Listed]:
    """Every deal that is not in the bin. By the list, not by a search: it misses nothing that changed just now."""
    for raw in _all(client, DEALS, properties=_CHANGED, archived="false"):
        yield Listed(plain(raw.get("id")), version_of(raw) or 0)


def _all(client: Client, path: str, **parameters: str) -> Iterator[Raw]:
    """Everything of a list, page by page."""
    after = ""
    while True:
        place = {"after": after} if after else {}
        answer = _record(client.api.get(path, limit=str(PAGE_COUNT), **parameters, **place))
        yield from records(answer.get("results"))
        following = _record(_record(answer.get("paging")).get("next"))
        before, after = after, plain(following.get("after"))
        if not after or after == before:
            return


def _properties(connection: CrmConnection) -> list[str]:
    return sorted({*ALWAYS_READ, *mapping_of(connection).names()})


def _record(value: JsonValue) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
