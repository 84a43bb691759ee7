"""What a connector offers, and what passes between it and the rest.

A connector is a module: its functions and constants are those of `Connector`, and of `PulledConnector` where the CRM
can be asked. It knows the CRM's words; it does not know the database.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from tracker.errors import Problem
from tracker.ingest.connectors.asking import Answer, HttpApi
from tracker.ingest.strict_json import JsonValue
from tracker.ingest.webhooks.signed_request import SignedRequest
from tracker.store.connections import CrmConnection, Wanted

Raw = dict[str, JsonValue]
"""A deal as the CRM's own API describes it."""


def event_id(connection: CrmConnection, deal_id: str, version: int, mark: str = "") -> str:
    """The id of what a CRM says of a deal at a version; another once the company understands its words otherwise."""
    revision = f"{connection.revision:04}" if connection.revision else ""
    return "-".join(part for part in (deal_id, str(version), mark, revision) if part)


@dataclass(frozen=True, slots=True)
class Notices:
    """What a message says: deals in hand, deals to be fetched, and what in it could not be read at all."""

    raws: Sequence[Raw] = ()
    wanted: Sequence[Wanted] = ()
    unreadable: Sequence[JsonValue] = ()


@dataclass(frozen=True, slots=True)
class Translated:
    """A deal in our words: the record that `POST /api/v1/deal-events` takes, as far as it could be understood.

    `problems` name what could not; then the record is set aside, and is never recorded. `merged_ids` are deals that
    this one has taken in, so that they are no more.
    """

    record: Raw
    problems: Sequence[Problem] = ()
    merged_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Deals that changed, and the cursor that holds once they are kept. `left_count` is about how many come after."""

    raws: list[Raw]
    cursor: str
    left_count: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """Deals as they are now, and the ids of those that are no more."""

    raws: list[Raw]
    gone_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A deal in the CRM's list of all its deals, and its version there."""

    deal_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What a CRM wants to hear once its message is kept."""

    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Client:
    """The API of one connection, and what is known of it."""

    api: HttpApi
    connection: CrmConnection


@dataclass(frozen=True, slots=True)
class Credential:
    """What a person is asked for when a CRM is connected, and the form it has."""

    name: str
    form: re.Pattern[str]
    hint: str


class Connector(Protocol):
    """What every connector offers."""

    TOKEN: Credential
    """What opens its API, or tells the company's own CRM from every other."""

    SECRET: Credential | None
    """What its messages are proven with; None where it is a key in our address, which we choose."""

    DEFAULT_ADDRESS: str
    """Where its API answers; "" when it differs from company to company, or there is none."""

    CONTENT_TYPES: frozenset[str]
    """The kinds of body its messages come in."""

    ACKNOWLEDGEMENT: Acknowledgement

    HAS_SPLITS: bool
    """Whether its deals can be credited to several, as a company's mapping may ask for."""

    def check(self, request: SignedRequest, connection: CrmConnection) -> None:
        """Raises BadSignature unless the message is from this CRM, now and whole."""

    def notices(self, body: bytes) -> Notices:
        """What a message that was checked says. Raises BadInput for one that cannot be read at all."""

    def translated(self, raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> Translated:
        """A deal in our words. Days are those of the company's zone."""


class PulledConnector(Connector, Protocol):
    """What a connector offers besides, where the CRM can be asked."""

    SEARCH_EVERY_SECONDS: float
    """How often it is asked what has changed, beside what its notices name."""

    def headers(self, connection: CrmConnection) -> dict[str, str]:
        """What opens the API."""

    def wait_seconds(self, answer: Answer) -> float | None:
        """How long an answer that refuses for now says to wait; None when it does not say."""

    def words(self, connection: CrmConnection) -> Iterator[str]:
        """The stages of the CRM and what each means, a line each, for a person."""

    def knows(self, raw: Raw, connection: CrmConnection) -> bool:
        """Whether the owner and the stage of a deal have been learned."""

    def learn(self, client: Client) -> str:
        """What the CRM calls its owners and stages, as JSON for `translated`."""

    def changed_since(self, client: Client, cursor: str) -> Iterator[Page]:
        """Every deal that has changed since a cursor, the one that changed first in front; all of them for ""."""

    def fetch(self, client: Client, wanted: Sequence[Wanted]) -> Fetched:
        """These deals as they are now."""

    def listing(self, client: Client) -> Iterator[Listed]:
        """Every deal the CRM has."""
