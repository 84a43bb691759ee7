"""The deal splits of the HubSpot on this machine: as its documentation shows them, and refused without their scope."""

from typing import Any

READ = "/crm/v3/objects/deals/splits/batch/read"
SEARCH = "/crm/v3/objects/deal_split/search"
DEALS_OF = "/crm/v4/associations/deal_split/deal/batch/read"
BATCH_MAX = 100


class FakeSplits:
    """Who shares which deal. A split knows when it changed; the deal itself need not."""

    def __init__(self) -> None:
        self.may_be_read = True
        self._of_deals: dict[str, list[dict[str, Any]]] = {}
        self._count = 0

    def put(self, deal_id: str | int, changed: str, parts: dict[str, str]) -> None:
        """Replace the splits of a deal, as its upsert does; `parts` by the owner's id."""
        self._of_deals[str(deal_id)] = [
            self._split(owner, part, changed) for owner, part in parts.items()
        ]

    def _split(self, owner_id: str, part: str, changed: str) -> dict[str, Any]:
        self._count += 1
        return {
            "id": str(50_000_000_000 + self._count),
            "properties": {"hs_deal_split_percentage": part, "hubspot_owner_id": owner_id},
            "createdAt": changed,
            "updatedAt": changed,
            "archived": False,
        }

    def answer(self, path: str, asked: dict[str, Any], since: str) -> tuple[int, Any]:
        """What one of its three addresses answers; `since` is the moment a search asks for."""
        if not self.may_be_read:
            message = "This app hasn't been granted all required scopes to make this call."
            return 403, {"status": "error", "category": "MISSING_SCOPES", "message": message}
        if path == SEARCH:
            return self._search(asked, since)
        ids = [one["id"] for one in asked["inputs"]]
        if len(ids) > BATCH_MAX:
            return 400, {"status": "error", "message": "too many"}
        results = self._deals_of(ids) if path == DEALS_OF else self._splits_of(ids)
        return 200, {"status": "COMPLETE", "results": results}

    def _splits_of(self, deal_ids: list[str]) -> list[Any]:
        return [
            {"id": deal_id, "splits": self._of_deals[deal_id]}
            for deal_id in deal_ids
            if deal_id in self._of_deals
        ]

    def _deals_of(self, split_ids: list[str]) -> list[Any]:
        kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 314, "label": None}]
        return [
            {
                "from": {"id": split["id"]},
                "to": [{"toObjectId": int(deal_id), "associationTypes": kinds}],
            }
            for deal_id, splits in self._of_deals.items()
            for split in splits
            if split["id"] in split_ids
        ]

    def _search(self, asked: dict[str, Any], since: str) -> tuple[int, Any]:
        every = [split for splits in self._of_deals.values() for split in splits]
        found = sorted(
            (one for one in every if one["updatedAt"] >= since), key=lambda one: one["updatedAt"]
        )
        after = int(asked.get("after") or 0)
        return 200, {"total": len(found), "results": found[after : after + asked["limit"]]}
