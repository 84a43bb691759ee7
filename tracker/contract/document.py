"""The whole document, put together once."""

from functools import cache
from typing import Any

from tracker.contract import answers, crm_messages, events, routes, webhooks


@cache
def api_document(ways: tuple[str, ...] = tuple(webhooks.WAYS)) -> dict[str, Any]:
    """What GET /api/v1/openapi.json answers. `ways` are the kinds of senders whose webhooks it describes."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tracker",
            "version": "1",
            "summary": "Deals in, earnings out.",
            "description": (
                "Amounts that come back are whole minor units (counts: hundredths), rates and shares exact fractions. "
                "Every other address under /api/ answers 404, and every other method 405, with an Error."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [
            {"name": "sending", "description": "Deals come in."},
            {"name": "reading", "description": "Figures go out, to keys that may read."},
        ],
        "paths": routes.paths(ways),
        "components": {
            "securitySchemes": _security_schemes(),
            "schemas": events.schemas() | crm_messages.schemas() | answers.schemas(),
            "responses": answers.REFUSALS,
        },
    }


def _security_schemes() -> dict[str, Any]:
    return webhooks.schemes() | {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key (`key create`) with the scope that each address names.",
        },
    }
