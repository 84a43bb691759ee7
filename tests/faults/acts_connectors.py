"""What CRMs push, and the commands that read them; the CRM is a real server beside the test."""

import json

from tests.faults.acts import Act
from tests.faults.cutting import Request
from tests.faults.stage import Stage
from tests.ingest import signing
from tests.ingest.fake_hubspot import TOKEN, FakeHubSpot, running_hubspot
from tests.ingest.test_salesforce import KEY, MAPPING, ORGANIZATION, WON, message
from tracker.store import connections
from tracker.store.connections import NewConnection

SAID_TWICE = {
    # Noted twice, a deal is still fetched once.
    "api.webhook of HubSpot": {"wanted_deal"},
    # Each comparison that comes to its end is noted; what one fetched that did not agrees by the next.
    "reconcile": {"reconciliation", "deal_gap_end"},
}
"""As in `acts`."""

SECRET = "b2f1c3d4-aaaa-bbbb-cccc-0123456789ab"
HUBSPOT = "/api/v1/webhooks/hubspot"


def connect(stage: Stage, new: NewConnection) -> None:
    with stage.cast.database.write() as connection:
        connections.add(connection, new, stage.at)


def connected_hubspot(stage: Stage) -> FakeHubSpot:
    """With deals of two reps, and one of nobody we know."""
    crm = stage.until_done.enter_context(running_hubspot(stage.at))
    for deal_id, owner in enumerate(["11", "12", "11", "99"], start=1):
        won = {"dealstage": "closedwon", "amount": f"{deal_id}000.50", "hubspot_owner_id": owner}
        crm.put(deal_id, after_ms=-1000, **won)
    connect(stage, NewConnection("hubspot", "hubspot", crm.address, TOKEN, SECRET))
    return crm


def notices(stage: Stage) -> Request:
    """HubSpot says that deals have changed."""
    connect(stage, NewConnection("hubspot", "hubspot", "https://api.hubapi.com", TOKEN, SECRET))
    milliseconds = int(stage.at.timestamp() * 1000)
    changes = [
        {"subscriptionType": "deal.propertyChange", "objectId": deal_id, "occurredAt": milliseconds}
        for deal_id in (4711, 4712)
    ]
    body = json.dumps(changes).encode()
    signed = signing.hubspot(body, milliseconds, SECRET, f"http://localhost{HUBSPOT}")
    return stage.sent(HUBSPOT, body, **signed, **{"Content-Type": "application/json"})


def outbound_message(stage: Stage) -> Request:
    """Salesforce sends a deal that pays, and one whose owner nobody knows."""
    connect(stage, NewConnection("sf", "salesforce", "", ORGANIZATION, KEY, MAPPING))
    won = {**WON, "CloseDate": "2026-11-10", "SystemModstamp": "2026-11-20T09:00:00.000Z"}
    strange = {**won, "Id": "0062400000XyZaCAAV", "Owner_Email__c": "nobody@firma.dk"}
    kind = {"Content-Type": "text/xml; charset=UTF-8"}
    return stage.sent(f"/api/v1/webhooks/sf?key={KEY}", message(won, strange), **kind)


def pull(stage: Stage) -> Request:
    connected_hubspot(stage)
    return stage.command("pull", "hubspot")


def reconcile(stage: Stage) -> Request:
    """Deals that never came are fetched."""
    connected_hubspot(stage)
    return stage.command("reconcile", "hubspot")


PUSHED: dict[str, Act] = {
    "api.webhook of HubSpot": notices,
    "api.webhook of Salesforce": outbound_message,
}
"""By endpoint, with the sender behind it."""

READ: dict[str, Act] = {"pull": pull, "reconcile": reconcile}
"""By the words of the command."""
