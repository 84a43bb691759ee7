"""The whole document, put together once."""

from functools import cache
from typing import Any

from tracker.contract import answers, events, routes


@cache
def api_document() -> dict[str, Any]:
    """What GET /api/v1/openapi.json answers."""
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
        "paths": routes.paths(),
        "components": {
            "securitySchemes": _security_schemes(),
            "schemas": events.schemas() | answers.schemas(),
            "responses": answers.REFUSALS,
        },
    }


def _security_schemes() -> dict[str, Any]:
    return {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key (`key create`) with the scope that each address names.",
        },
        "signature": _signing_header("Tracker-Signature", "t=<seconds>,v1=<hex of HMAC-SHA256>."),
        "webhookId": _signing_header("webhook-id", "As Standard Webhooks says."),
        "webhookTimestamp": _signing_header("webhook-timestamp", "As Standard Webhooks says."),
        "webhookSignature": _signing_header("webhook-signature", "As Standard Webhooks says."),
    }


def _signing_header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}
