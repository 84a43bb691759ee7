"""Who is asking, and what they may see. Pages, the API and the live rooms all ask here, and nowhere else.

| what                        | rep: own | rep: other | manager: own team  | admin | screen    | ingest key | read key |
|-----------------------------|----------|------------|--------------------|-------|-----------|------------|----------|
| pay, rates, quota           | yes      | no         | if the company says| yes   | no        | no         | pay      |
| deals with their amounts    | yes      | no         | yes                | yes   | no        | no         | yes      |
| raise a dispute             | yes      | no         | no                 | no    | no        | no         | no       |
| read and settle a dispute   | read     | no         | yes                | yes   | no        | no         | no       |
| score objectives            | no       | no         | yes                | yes   | no        | no         | no       |
| payroll months, read        | no       | no         | if the company says| yes   | no        | no         | no       |
| close months, adjust pay    | no       | no         | no                 | yes   | no        | no         | no       |
| write deals by hand         | no       | no         | no                 | yes   | no        | no         | no       |
| a team's page               | no       | no         | yes                | yes   | no        | no         | no       |
| a team's pay in all         | no       | no         | the same, from four| yes   | no        | no         | no       |
| a team's wall               | no       | no         | no                 | no    | own team  | no         | no       |
| pair and revoke screens     | no       | no         | yes                | yes   | no        | no         | no       |
| plans of a team, who is on  | no       | no         | yes                | yes   | no        | no         | no       |
| what such a plan pays       | no       | no         | if the company says| yes   | no        | no         | no       |
| import files, undo imports  | no       | no         | no                 | yes   | no        | no         | no       |
| people, keys, plan drafts   | no       | no         | no                 | yes   | no        | no         | no       |
| send deal events            | no       | no         | no                 | no    | no        | yes        | no       |
| what became of an event     | no       | no         | no                 | no    | no        | yes        | yes      |

Nothing here answers "why not": to whoever may not see it, a thing does not exist.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import parse_qs

from werkzeug.http import parse_cookie

from tracker.store import keys, people, screens, sessions
from tracker.store.tokens import token_hash
from tracker.store.types import Connection

SESSION_COOKIE = "tracker_session"
SCREEN_COOKIE = "tracker_screen"
MANAGERS_SEE_PAY = "managers_see_pay"
"""Name of the company's setting; its value "yes" lets managers see the pay of their own teams."""
TEAM_PAY_PEOPLE_MIN = 4
"""A sum over fewer people would tell each of them what the others earn."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks: a signed-in person, a paired screen or an API key.

    `managed_team_ids` are all teams for an admin. `session_key` names the session, screen or key for revocation; it
    is a hash and opens nothing.
    """

    kind: Literal["person", "screen", "api_key"]
    session_key: str
    name: str = ""
    role: str | None = None
    person_id: int | None = None
    payee_id: int | None = None
    team_id: int | None = None
    managed_team_ids: frozenset[int] = frozenset()
    screen_id: int | None = None
    scopes: frozenset[str] = frozenset()
    managers_see_pay: bool = False
    locale: str | None = None
    theme: str = "auto"


class Earner(Protocol):
    """What must be known of a payee to decide about it."""

    @property
    def id(self) -> int: ...

    @property
    def team_id(self) -> int | None: ...


def may_see_pay(principal: Principal, payee: Earner) -> bool:
    """Pay, pay lines and the statement of a payee, and what the pay is made of: plan, rates, quota."""
    if _is_own(principal, payee) or principal.role == "admin" or "read" in principal.scopes:
        return True
    return principal.managers_see_pay and _manages(principal, payee.team_id)


def may_see_deals(principal: Principal, payee: Earner) -> bool:
    """The deals of a payee with their amounts."""
    return may_see_pay(principal, payee) or _manages(principal, payee.team_id)


def may_dispute(principal: Principal, payee: Earner) -> bool:
    """Raise and follow disputes about a payee's pay as the rep."""
    return _is_own(principal, payee)


def may_decide_dispute(principal: Principal, payee: Earner) -> bool:
    """Read, answer, correct and decline a payee's disputes. Nobody decides about their own pay."""
    if _is_own(principal, payee):
        return False
    return principal.role == "admin" or _manages(principal, payee.team_id)


def may_record_deals(principal: Principal) -> bool:
    """Write deals down by hand, or change them without a dispute; which, `may_record_deal` says."""
    return principal.role == "admin"


def may_record_deal(principal: Principal, payee: Earner) -> bool:
    """Let a payee be on a deal that is written by hand. Nobody decides about their own pay."""
    return may_record_deals(principal) and not _is_own(principal, payee)


def may_review_payroll(principal: Principal) -> bool:
    """Open the page of payroll months at all; whose lines, `may_see_pay` says. Closing is for administrators."""
    return principal.role == "admin" or (principal.role == "manager" and principal.managers_see_pay)


def may_decide_disputes(principal: Principal) -> bool:
    """Open the page of disputes at all; which of them, `may_decide_dispute` says."""
    return principal.role in ("manager", "admin")


def may_score(principal: Principal, payee: Earner) -> bool:
    """Score a payee's objectives. Nobody scores their own."""
    if _is_own(principal, payee):
        return False
    return principal.role == "admin" or _manages(principal, payee.team_id)


def may_score_objectives(principal: Principal) -> bool:
    """Open the page of objectives at all; whose, `may_score` says."""
    return principal.role in ("manager", "admin")


def may_see_team(principal: Principal, team_id: int) -> bool:
    """The manager's page of a team: attainment, tiers, pace and deals of its people; pay is asked for by person."""
    return _manages(principal, team_id)


def may_see_team_pay(principal: Principal, team_id: int, people_count: int) -> bool:
    """The pay of a team in all."""
    if principal.role == "admin":
        return True
    is_open = principal.managers_see_pay and _manages(principal, team_id)
    return is_open and people_count >= TEAM_PAY_PEOPLE_MIN


def may_see_board(principal: Principal, team_id: int) -> bool:
    """The wall of a team."""
    return principal.kind == "screen" and principal.team_id == team_id


def may_pair_screen(principal: Principal, team_id: int) -> bool:
    """Pair, rename and revoke the walls of a team."""
    return _manages(principal, team_id)


def may_manage_screens(principal: Principal) -> bool:
    """Open the page of screens at all; which of them, `may_pair_screen` says."""
    return principal.role in ("manager", "admin")


def may_open_plans(principal: Principal) -> bool:
    """Open the page of plans at all; which of them, `may_see_plan` says."""
    return principal.role in ("manager", "admin")


def may_see_plan(principal: Principal, team_ids: Collection[int | None]) -> bool:
    """A plan whose people are in these teams: its versions, and those of the people one may see deals of."""
    return principal.role == "admin" or any(_manages(principal, one) for one in team_ids)


def may_see_plan_terms(principal: Principal) -> bool:
    """What a plan pays: rates are pay, so they are as open as pay is."""
    return principal.role == "admin" or (principal.role == "manager" and principal.managers_see_pay)


def may_administer(principal: Principal) -> bool:
    """People, keys, plans and their drafts, and company settings."""
    return principal.role == "admin"


def may_import_files(principal: Principal) -> bool:
    """Import files of deals, and take imports back; also to see whose pay that would change."""
    return principal.role == "admin"


def may_ingest(principal: Principal) -> bool:
    """Send deal events."""
    return "ingest" in principal.scopes


def may_read_figures(principal: Principal) -> bool:
    """The read-only API of the whole company."""
    return "read" in principal.scopes


def may_ask_after_events(principal: Principal) -> bool:
    """Ask what became of an event, by its source and id; no figure of anybody."""
    return may_ingest(principal) or may_read_figures(principal)


def may_read_metrics(principal: Principal) -> bool:
    """How the product is doing; no figure of anybody."""
    return "metrics" in principal.scopes


def may_see_sources(principal: Principal) -> bool:
    """Where deals come from and how fresh they are; no deal."""
    return principal.role in ("manager", "admin")


def rooms_of(principal: Principal) -> frozenset[str]:
    """The live rooms a socket is put in. A client names none."""
    rooms = {f"manager:{team_id}" for team_id in principal.managed_team_ids}
    if principal.kind == "screen":
        rooms |= {f"screen:{principal.screen_id}", f"team:{principal.team_id}"}
    elif principal.payee_id is not None:
        rooms.add(f"rep:{principal.payee_id}")
    return frozenset(rooms)


def _is_own(principal: Principal, payee: Earner) -> bool:
    return principal.payee_id is not None and principal.payee_id == payee.id


def _manages(principal: Principal, team_id: int | None) -> bool:
    return team_id in principal.managed_team_ids


# --- who is asking -----------------------------------------------------------------------------------------------


def principal_of_session(connection: Connection, key: str, now: datetime) -> Principal | None:
    """The person behind a session, named by its token hash, as they are now: role and teams are never remembered."""
    found = sessions.live_session(connection, key, now)
    person = None if found is None else people.person(connection, found.person_id)
    if person is None or not person.is_active:
        return None
    payee = None if person.payee_id is None else people.payee(connection, person.payee_id)
    return Principal(
        kind="person",
        session_key=key,
        name=person.name,
        role=person.role,
        person_id=person.id,
        payee_id=person.payee_id,
        team_id=None if payee is None else payee.team_id,
        managed_team_ids=_managed_team_ids(connection, person),
        managers_see_pay=people.setting(connection, MANAGERS_SEE_PAY, "no") == "yes",
        locale=person.locale,
        theme=person.theme,
    )


def principal_of_screen(connection: Connection, key: str) -> Principal | None:
    """The paired wall with a token hash."""
    found = screens.live_screen(connection, key)
    if found is None:
        return None
    return Principal(
        kind="screen",
        session_key=key,
        name=found.name,
        team_id=found.team_id,
        screen_id=found.id,
        locale=found.locale,
        theme=found.theme,
    )


def principal_of_key(connection: Connection, presented: str) -> Principal | None:
    """The API key a caller presents."""
    found = keys.live_key(connection, presented)
    if found is None:
        return None
    return Principal(
        kind="api_key", session_key=token_hash(presented), name=found.name, scopes=found.scopes
    )


def principal_of_environ(
    connection: Connection, environ: Mapping[str, object], now: datetime, is_secure: bool
) -> Principal | None:
    """Whose socket a WSGI request wants to open, by its cookies.

    A browser that is both signed in and a paired wall says which it is now with `?as=screen`; that chooses among
    secrets it holds, and no room.
    """
    cookies = parse_cookie(str(environ.get("HTTP_COOKIE", "")))
    person_key, screen_key = (
        _key_in(cookies.get(cookie_name(name, is_secure)))
        for name in (SESSION_COOKIE, SCREEN_COOKIE)
    )
    person = person_key and principal_of_session(connection, person_key, now)
    screen = screen_key and principal_of_screen(connection, screen_key)
    asked_as = parse_qs(str(environ.get("QUERY_STRING", ""))).get("as", [""])[0]
    in_order = (screen, person) if asked_as == "screen" else (person, screen)
    return next((principal for principal in in_order if principal), None)


def cookie_name(name: str, is_secure: bool) -> str:
    """The name a cookie goes by: over TLS with the prefix that keeps other hosts and paths from setting it."""
    return f"__Host-{name}" if is_secure else name


def _key_in(token: str | None) -> str:
    return token_hash(token) if token else ""


def _managed_team_ids(connection: Connection, person: people.Person) -> frozenset[int]:
    if person.role == "admin":
        return frozenset(team.id for team in people.teams(connection))
    if person.role == "manager":
        return frozenset(people.teams_managed_by(connection, person.id))
    return frozenset()
