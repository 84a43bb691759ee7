"""Pipedrive's API: what has changed, single deals, users, stages, and the list of all deals. Archived deals count too.

https://developers.pipedrive.com/docs/api/v1/Deals
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from tracker import clock
from tracker.ingest.connectors.asking import Answer, CrmAway, retry_after_seconds
from tracker.ingest.connectors.deal_record import at_least, plain, records
from tracker.ingest.connectors.pipedrive_deal import version_of
from tracker.ingest.connectors.shape import Client, Fetched, Listed, Page, Raw
from tracker.ingest.strict_json import JsonValue
from tracker.store.connections import CrmConnection, Wanted

LISTS = ("/api/v2/deals", "/api/v2/deals/archived")
STAGES = "/api/v2/stages"
USERS = "/api/v1/users"
EVERY_STATUS = "open,won,lost,deleted"

PAGE_COUNT = 500
FETCHED_AT_ONCE_COUNT = 100
OVERLAP = timedelta(minutes=5)
"""A deal can be found some time after it has changed; so much is always read again."""
SETTLED_AFTER = timedelta(minutes=1)
LAST_OF_SECOND_MILLISECONDS = 999

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def headers(connection: CrmConnection) -> dict[str, str]:
    return {"x-api-token": connection.token}


def wait_seconds(answer: Answer) -> float | None:
    """What it says to wait; the budget of a day is named in x-ratelimit-reset."""
    reset = answer.headers.get("x-ratelimit-reset", "")
    stated = retry_after_seconds(answer)
    if stated is None and answer.status == 429 and reset.isascii() and reset.isdigit():
        return float(reset[:6])
    return stated


def learn(client: Client) -> str:
    """Users by their id with their e-mail, those who left included; stages with their names and probabilities."""
    users = records(_answer(client, USERS).get("data"))
    owners = {plain(user.get("id")): plain(user.get("email")) for user in users}
    stages = {
        plain(stage.get("id")): {
            "label": plain(stage.get("name")),
            "pipeline": plain(stage.get("pipeline_id")),
            "probability": plain(stage.get("deal_probability")),
        }
        for stage in _all(client, STAGES)
    }
    return json.dumps({"owners": owners, "stages": stages}, sort_keys=False)


def changed_since(client: Client, cursor: str) -> Iterator[Page]:
    """Every deal that changed since the cursor, which holds a moment in milliseconds for each list: "live/archived".

    What changed within the last minutes is read again each time: only when the second it changed in is long over is
    it known to be what it was at the end of that second.
    """
    moments = [int(moment or 0) for moment in (cursor or "/").split("/")]
    settled_before = clock.now() - SETTLED_AFTER
    for place, path in enumerate(LISTS):
        since = max(_EPOCH, _EPOCH + timedelta(milliseconds=moments[place]) - OVERLAP)
        for raws in _changed(client, path, since):
            moments[place] = max([moments[place], *(version_of(raw) or 0 for raw in raws)])
            settled = [_settled(raw, settled_before) for raw in raws]
            yield Page(settled, "/".join(map(str, moments)))


def _settled(raw: Raw, before: datetime) -> Raw:
    """Of a second long over this is the last word, so it counts as its last millisecond."""
    version = version_of(raw)
    if version is None or version >= (before - _EPOCH) // timedelta(milliseconds=1):
        return raw
    return at_least(raw, version, version + LAST_OF_SECOND_MILLISECONDS)


def fetch(client: Client, wanted: Sequence[Wanted]) -> Fetched:
    """Deals as they are, those just deleted and those archived included; what neither list has is gone."""
    version_min = {one.deal_id: one.version_min for one in wanted}
    found: dict[str, Raw] = {}
    for path in LISTS:
        missing = [deal_id for deal_id in version_min if deal_id not in found]
        for start in range(0, len(missing), FETCHED_AT_ONCE_COUNT):
            ids = ",".join(missing[start : start + FETCHED_AT_ONCE_COUNT])
            for raw in _all(client, path, ids=ids, status=EVERY_STATUS):
                found[plain(raw.get("id"))] = raw
    raws = [
        at_least(raw, version_of(raw), version_min.get(deal_id, 0))
        for deal_id, raw in found.items()
    ]
    return Fetched(raws, [deal_id for deal_id in version_min if deal_id not in found])


def listing(client: Client) -> Iterator[Listed]:
    """Every deal that is not deleted, archived ones included."""
    for path in LISTS:
        for raw in _all(client, path, status="open,won,lost", sort_by="id", sort_direction="asc"):
            yield Listed(plain(raw.get("id")), version_of(raw) or 0)


def _changed(client: Client, path: str, since: datetime) -> Iterator[list[Raw]]:
    return _lists(
        client,
        path,
        status=EVERY_STATUS,
        updated_since=since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sort_by="update_time",
        sort_direction="asc",
    )


def _all(client: Client, path: str, **parameters: str) -> Iterator[Raw]:
    for raws in _lists(client, path, **parameters):
        yield from raws


def _lists(client: Client, path: str, **parameters: str) -> Iterator[list[Raw]]:
    """A list, page by page."""
    place = ""
    while True:
        at = {"cursor": place} if place else {}
        answer = _answer(client, path, limit=str(PAGE_COUNT), **parameters, **at)
        yield records(answer.get("data"))
        further = answer.get("additional_data")
        before, place = (
            place,
            plain(further.get("next_cursor")) if isinstance(further, dict) else "",
        )
        if not place or place == before:
            return


def _answer(client: Client, path: str, **parameters: str) -> dict[str, JsonValue]:
    answer = client.api.get(path, **parameters)
    if not isinstance(answer, dict) or plain(answer.get("success")) == "false":
        raise CrmAway("Pipedrive's answer is not of the form that its documentation says.")
    return answer
