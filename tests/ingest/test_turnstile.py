"""Only so many requests with deals are worked on at once; pages are let through always."""

from collections.abc import Iterator
from typing import Any

import pytest

from tracker.ingest import turnstile
from tracker.ingest.turnstile import Turnstile


class Product:
    """An application that asks for more of the same while it works, as so many senders at once do."""

    def __init__(self, depth: int) -> None:
        self.turnstile = Turnstile(self, 5)
        self.depth, self.deepest = depth, 0
        self.statuses: list[str] = []
        self.headers: list[dict[str, str]] = []

    def ask(self, method: str, path: str) -> None:
        def start(status: str, headers: list[tuple[str, str]]) -> None:
            self.statuses.append(status)
            self.headers.append(dict(headers))

        environ = {"REQUEST_METHOD": method, "PATH_INFO": path}
        list(self.turnstile(environ, start))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        self.deepest = max(self.deepest, self.turnstile.deliveries_count())
        if self.depth:
            self.depth -= 1
            self.ask(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        start_response("200 OK", [])
        return iter([b"done"])


@pytest.mark.parametrize("path", ["/api/v1/deal-events", "/api/v1/webhooks/crm"])
def test_more_deals_than_can_be_kept_up_with_are_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(turnstile, "DELIVERIES_MAX", 3)
    product = Product(depth=5)
    product.ask("POST", path)
    assert product.statuses == ["503 Service Unavailable", "200 OK", "200 OK", "200 OK"]
    assert product.headers[0]["Retry-After"] == "5"
    assert product.deepest == 3
    assert product.turnstile.deliveries_count() == 0


def test_pages_are_let_through_whatever_comes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "DELIVERIES_MAX", 0)
    product = Product(depth=3)
    product.ask("GET", "/me")
    assert product.statuses == ["200 OK"] * 4
