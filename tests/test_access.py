"""Every route by every principal; every room; and every byte of every answer searched for other people's figures."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.builders import a_deal, an_event
from tests.cast import FIGURES, NOW, TEAM_OF, Cast, make_cast
from tests.leaks import found_amounts
from tracker import access, clock, flow, importing
from tracker.engine.deals import CreditShare
from tracker.pages import manager, my_earnings, team_board
from tracker.store import outbox, people
from tracker.store.tokens import token_hash

PRINCIPALS = (
    "nobody",
    "anna",
    "mette",
    "sofie",
    "ida",
    "screen of North",
    "key to ingest",
    "key to read",
)

# One line for each address, one column for each principal: nobody, Anna (a rep in North), Mette (manages North),
# Sofie (manages South), Ida (administrator), the wall of North, the key that sends deals, the key that reads.
#   ok  shown    to  done or sent on    in  sent to the sign-in page    pair  sent to show a pairing code
# {words} stand for an id: a team, a rep, a team's screen; 999 is nobody's.
EXPECTED = """
                                                     nobody anna mette sofie ida  wall ingest read
GET  /                                               in     to   to    to    to   to   in     in
GET  /sign-in                                        ok     to   to    to    to   ok   ok     ok
POST /sign-in                                        400    400  400   400   400  400  400    400
POST /sign-out                                       in     in   in    in    in   in   in     in
GET  /link/{link}                                    ok     ok   ok    ok    ok   ok   ok     ok
GET  /link/999                                       404    404  404   404   404  404  404    404
POST /link/{link}                                    to     to   to    to    to   to   to     to
POST /link/999                                       404    404  404   404   404  404  404    404
GET  /setup/999                                      404    404  404   404   404  404  404    404
POST /setup/999                                      404    404  404   404   404  404  404    404
GET  /healthz                                        ok     ok   ok    ok    ok   ok   ok     ok
GET  /readyz                                         ok     ok   ok    ok    ok   ok   ok     ok
GET  /static/tracker.css                             ok     ok   ok    ok    ok   ok   ok     ok
GET  /static/999                                     404    404  404   404   404  404  404    404

GET  /me                                             in     ok   404   404   404  in   in     in
GET  /me/fragment                                    in     ok   404   404   404  in   in     in
GET  /me/why                                         in     ok   404   404   404  in   in     in
GET  /me/why/cast/sales                              in     ok   404   404   404  in   in     in
GET  /me/why/999                                     in     404  404   404   404  in   in     in
GET  /me/next/cast/sales                             in     ok   404   404   404  in   in     in
GET  /me/next/999                                    in     404  404   404   404  in   in     in
GET  /me/plan                                        in     ok   404   404   404  in   in     in
GET  /me/projection                                  in     ok   404   404   404  in   in     in
GET  /me/equity                                      in     404  404   404   404  in   in     in
GET  /me/teams/999/cast/sales                        in     404  404   404   404  in   in     in
GET  /me/deals                                       in     ok   404   404   404  in   in     in
GET  /me/deals/crm:anna                              in     ok   404   404   404  in   in     in
GET  /me/deals/crm:anna-open                         in     ok   404   404   404  in   in     in
GET  /me/deals/crm:bo                                in     404  404   404   404  in   in     in
GET  /me/deals/crm:olaf                              in     404  404   404   404  in   in     in
GET  /me/deals/999                                   in     404  404   404   404  in   in     in

GET  /me/disputes                                    in     ok   404   404   404  in   in     in
GET  /me/disputes/fragment                           in     ok   404   404   404  in   in     in
GET  /me/disputes/new?about=missing                  in     ok   404   404   404  in   in     in
GET  /me/disputes/new?about=deal&key=crm:anna        in     ok   404   404   404  in   in     in
GET  /me/disputes/new?about=deal&key=crm:bo          in     404  404   404   404  in   in     in
GET  /me/disputes/new?about=figure&key=cast/sales    in     ok   404   404   404  in   in     in
GET  /me/disputes/new?about=statement&key={statement of anna} in ok 404 404  404  in   in     in
GET  /me/disputes/new?about=statement&key={statement of bo} in 404  404  404  404  in   in     in
GET  /me/disputes/{dispute of anna}                  in     ok   404   404   404  in   in     in
GET  /me/disputes/{dispute of olaf}                  in     404  404   404   404  in   in     in
GET  /me/disputes/999                                in     404  404   404   404  in   in     in
GET  /me/disputes/{dispute of anna}/fragment         in     ok   404   404   404  in   in     in
GET  /me/disputes/{dispute of olaf}/fragment         in     404  404   404   404  in   in     in
GET  /me/disputes/999/fragment                       in     404  404   404   404  in   in     in
POST /me/disputes?about=deal&key=crm:anna            in     to   404   404   404  in   in     in
POST /me/disputes?about=deal&key=crm:bo              in     404  404   404   404  in   in     in
POST /me/disputes/{dispute of anna}/reply            in     to   404   404   404  in   in     in
POST /me/disputes/{dispute of olaf}/reply            in     404  404   404   404  in   in     in
POST /me/disputes/999/reply                          in     404  404   404   404  in   in     in
POST /me/disputes/{dispute of anna}/withdraw         in     to   404   404   404  in   in     in
POST /me/disputes/{dispute of olaf}/withdraw         in     404  404   404   404  in   in     in
POST /me/disputes/999/withdraw                       in     404  404   404   404  in   in     in
POST /me/disputes/new?about=deal&key=crm:anna        in     ok   404   404   404  in   in     in
POST /me/disputes/new?about=deal&key=crm:bo          in     404  404   404   404  in   in     in
GET  /me/spreadsheet                                 in     ok   404   404   404  in   in     in
POST /me/spreadsheet                                 in     422  404   404   404  in   in     in

GET  /disputes                                       in     403  ok    ok    ok   in   in     in
GET  /disputes/fragment                              in     403  ok    ok    ok   in   in     in
GET  /disputes/waiting                               in     403  ok    ok    ok   in   in     in
GET  /disputes/{dispute of anna}                     in     403  ok    404   ok   in   in     in
GET  /disputes/{dispute of olaf}                     in     403  404   ok    ok   in   in     in
GET  /disputes/999                                   in     403  404   404   404  in   in     in
GET  /disputes/{dispute of anna}/fragment            in     403  ok    404   ok   in   in     in
GET  /disputes/{dispute of olaf}/fragment            in     403  404   ok    ok   in   in     in
GET  /disputes/999/fragment                          in     403  404   404   404  in   in     in
GET  /disputes/{dispute of anna}/correct             in     403  ok    404   ok   in   in     in
GET  /disputes/{dispute of anna}/correct?deal=crm:bo in     403  ok    404   ok   in   in     in
GET  /disputes/{dispute of anna}/correct?deal=crm:olaf in   403  ok    404   ok   in   in     in
GET  /disputes/{dispute of olaf}/correct             in     403  404   ok    ok   in   in     in
GET  /disputes/999/correct                           in     403  404   404   404  in   in     in
GET  /disputes/{dispute of anna}/add                 in     403  ok    404   ok   in   in     in
GET  /disputes/{dispute of olaf}/add                 in     403  404   ok    ok   in   in     in
GET  /disputes/999/add                               in     403  404   404   404  in   in     in
POST /disputes/{dispute of anna}/answer              in     403  to    404   to   in   in     in
POST /disputes/{dispute of olaf}/answer              in     403  404   to    to   in   in     in
POST /disputes/999/answer                            in     403  404   404   404  in   in     in
POST /disputes/{dispute of anna}/decline             in     403  to    404   to   in   in     in
POST /disputes/{dispute of olaf}/decline             in     403  404   to    to   in   in     in
POST /disputes/999/decline                           in     403  404   404   404  in   in     in
POST /disputes/{dispute of anna}/correct             in     403  400   404   400  in   in     in
POST /disputes/{dispute of olaf}/correct             in     403  404   400   400  in   in     in
POST /disputes/999/correct                           in     403  404   404   404  in   in     in
POST /disputes/{dispute of anna}/add                 in     403  400   404   400  in   in     in
POST /disputes/{dispute of olaf}/add                 in     403  404   400   400  in   in     in
POST /disputes/999/add                               in     403  404   404   404  in   in     in

GET  /me/statements                                  in     ok   404   404   404  in   in     in
GET  /statements/{statement of anna}                 in     ok   404   404   ok   in   in     in
GET  /statements/{statement of anna}/pdf             in     ok   404   404   ok   in   in     in
GET  /statements/{statement of anna}/csv             in     ok   404   404   ok   in   in     in
GET  /statements/{statement of bo}                   in     404  404   404   ok   in   in     in
GET  /statements/{statement of bo}/pdf               in     404  404   404   ok   in   in     in
GET  /statements/{statement of bo}/csv               in     404  404   404   ok   in   in     in
GET  /statements/999                                 in     404  404   404   404  in   in     in
GET  /statements/999/pdf                             in     404  404   404   404  in   in     in
GET  /statements/999/csv                             in     404  404   404   404  in   in     in

GET  /payroll                                        in     403  403   403   to   in   in     in
GET  /payroll/2026-10                                in     403  403   403   ok   in   in     in
GET  /payroll/2026-11                                in     403  403   403   ok   in   in     in
GET  /payroll/999                                    in     403  403   403   404  in   in     in
GET  /payroll/2026-10/export/csv                     in     403  403   403   ok   in   in     in
GET  /payroll/2026-10/export/xlsx                    in     403  403   403   ok   in   in     in
GET  /payroll/2026-11/export/csv                     in     403  403   403   404  in   in     in
GET  /payroll/999/export/csv                         in     403  403   403   404  in   in     in
POST /payroll/2026-11/request                        in     403  403   403   409  in   in     in
POST /payroll/2026-11/approve                        in     403  403   403   409  in   in     in
POST /payroll/2026-11/decline                        in     403  403   403   409  in   in     in
POST /payroll/2026-10/reopen                         in     403  403   403   409  in   in     in
POST /payroll/999/request                            in     403  403   403   404  in   in     in
GET  /payroll/columns                                in     403  403   403   ok   in   in     in
POST /payroll/columns                                in     403  403   403   422  in   in     in
GET  /adjustments                                    in     403  403   403   ok   in   in     in
POST /adjustments                                    in     403  403   403   422  in   in     in
POST /adjustments/1/approved                         in     403  403   403   409  in   in     in
POST /adjustments/999/approved                       in     403  403   403   404  in   in     in

GET  /objectives                                     in     403  ok    ok    ok   in   in     in
POST /objectives/{anna}?score=1                      in     403  404   404   404  in   in     in
POST /objectives/{olaf}?score=1                      in     403  404   404   404  in   in     in
POST /objectives/999                                 in     403  404   404   404  in   in     in

GET  /you                                            in     ok   ok    ok    ok   in   in     in
POST /you/choices                                    in     to   to    to    to   in   in     in
POST /you/password                                   in     400  400   400   400  in   in     in
POST /you/sign-out-everywhere                        in     in   in    in    in   in   in     in

GET  /team                                           in     404  to    to    to   in   in     in
GET  /team/{North}                                   in     404  ok    404   ok   in   in     in
GET  /team/{South}                                   in     404  404   ok    ok   in   in     in
GET  /team/999                                       in     404  404   404   404  in   in     in
GET  /team/{North}/fragment                          in     404  ok    404   ok   in   in     in
GET  /team/{South}/fragment                          in     404  404   ok    ok   in   in     in
GET  /team/999/fragment                              in     404  404   404   404  in   in     in
GET  /team/{North}/reps/{anna}                       in     404  ok    404   ok   in   in     in
GET  /team/{North}/reps/{bo}                         in     404  ok    404   ok   in   in     in
GET  /team/{South}/reps/{olaf}                       in     404  404   ok    ok   in   in     in
GET  /team/{North}/reps/{olaf}                       in     404  404   404   404  in   in     in
GET  /team/{South}/reps/{anna}                       in     404  404   404   404  in   in     in
GET  /team/{North}/reps/999                          in     404  404   404   404  in   in     in
GET  /team/{North}/reps/{anna}/deals/crm:anna        in     404  404   404   ok   in   in     in
GET  /team/{North}/reps/{anna}/deals/crm:bo          in     404  404   404   404  in   in     in
GET  /team/{South}/reps/{olaf}/deals/crm:olaf        in     404  404   404   ok   in   in     in
GET  /team/{North}/reps/{olaf}/deals/crm:olaf        in     404  404   404   404  in   in     in
GET  /team/{North}/reps/{anna}/deals/999             in     404  404   404   404  in   in     in

GET  /screen                                         pair   pair pair  pair  pair ok   pair   pair
GET  /screen/fragment                                pair   pair pair  pair  pair ok   pair   pair
GET  /screen/pairing                                 ok     ok   ok    ok    ok   to   ok     ok
GET  /screen/pairing/code                            ok     ok   ok    ok    ok   to   ok     ok
GET  /screen/link/{screen link}                      to     to   to    to    to   to   to     to
GET  /screen/link/999                                404    404  404   404   404  404  404    404
GET  /screens                                        in     403  ok    ok    ok   in   in     in
GET  /screens/pair                                   in     403  ok    ok    ok   in   in     in
POST /screens/pair?team_id={North}                   in     403  400   404   400  in   in     in
POST /screens/pair?team_id={South}                   in     403  404   400   400  in   in     in
POST /screens/pair?team_id=999                       in     403  404   404   404  in   in     in
POST /screens/{screen of North}                      in     403  to    404   to   in   in     in
POST /screens/{screen of South}                      in     403  404   to    to   in   in     in
POST /screens/999                                    in     403  404   404   404  in   in     in
POST /screens/{screen of North}/revoke               in     403  to    404   to   in   in     in
POST /screens/{screen of South}/revoke               in     403  404   to    to   in   in     in
POST /screens/999/revoke                             in     403  404   404   404  in   in     in

GET  /sources                                        in     403  ok    ok    ok   in   in     in
POST /sources?source=crm&hours=4                     in     403  403   403   404  in   in     in
POST /sources/compare?source=crm                     in     403  403   403   404  in   in     in
GET  /metrics                                        401    401  401   401   401  401  403    403
GET  /quarantine                                     in     403  403   403   ok   in   in     in
POST /quarantine/replay                              in     403  403   403   to   in   in     in
POST /quarantine/999/replay                          in     403  403   403   404  in   in     in
POST /quarantine/999/discard                         in     403  403   403   404  in   in     in
POST /quarantine/claim?reference=x&payee_id={anna}   in     403  403   403   to   in   in     in
POST /quarantine/claim?reference=x&payee_id=999      in     403  403   403   404  in   in     in
GET  /import                                         in     403  403   403   ok   in   in     in
POST /import                                         in     403  403   403   422  in   in     in
GET  /import/{import}                                in     403  403   403   ok   in   in     in
GET  /import/999                                     in     403  403   403   404  in   in     in
POST /import/{import}/undo                           in     403  403   403   to   in   in     in
POST /import/999/undo                                in     403  403   403   404  in   in     in
GET  /import/files/{staged}                          in     403  403   403   ok   in   in     in
GET  /import/files/999                               in     403  403   403   404  in   in     in
GET  /import/files/{staged}/progress                 in     403  403   403   to   in   in     in
GET  /import/files/999/progress                      in     403  403   403   404  in   in     in
POST /import/files/{staged}/columns                  in     403  403   403   to   in   in     in
POST /import/files/999/columns                       in     403  403   403   404  in   in     in
POST /import/files/{staged}/again                    in     403  403   403   to   in   in     in
POST /import/files/999/again                         in     403  403   403   404  in   in     in
POST /import/files/{staged}/write                    in     403  403   403   to   in   in     in
POST /import/files/999/write                         in     403  403   403   404  in   in     in
POST /import/files/{staged}/discard                  in     403  403   403   to   in   in     in
POST /import/files/999/discard                       in     403  403   403   404  in   in     in
GET  /plans                                          in     403  ok    ok    ok   in   in     in
GET  /plans/cast                                     in     403  ok    ok    ok   in   in     in
GET  /plans/999                                      in     403  404   404   404  in   in     in
POST /plans/cast/people                              in     403  403   403   400  in   in     in
POST /plans/999/people                               in     403  403   403   404  in   in     in
POST /plans/cast/people/end                          in     403  403   403   400  in   in     in
POST /plans/999/people/end                           in     403  403   403   404  in   in     in
POST /plans/drafts                                   in     403  403   403   to   in   in     in
GET  /plans/drafts/{draft}                           in     403  403   403   ok   in   in     in
GET  /plans/drafts/999                               in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}                           in     403  403   403   to   in   in     in
POST /plans/drafts/999                               in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/preview                   in     403  403   403   ok   in   in     in
POST /plans/drafts/999/preview                       in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/rows                      in     403  403   403   ok   in   in     in
POST /plans/drafts/999/rows                          in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/check                     in     403  403   403   to   in   in     in
POST /plans/drafts/999/check                         in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/simulate                  in     403  403   403   400  in   in     in
POST /plans/drafts/999/simulate                      in     403  403   403   404  in   in     in
GET  /plans/drafts/{draft}/simulation                in     403  403   403   ok   in   in     in
GET  /plans/drafts/999/simulation                    in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/pilot                     in     403  403   403   400  in   in     in
POST /plans/drafts/999/pilot                         in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/pilot/end                 in     403  403   403   409  in   in     in
POST /plans/drafts/999/pilot/end                     in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/activate                  in     403  403   403   400  in   in     in
POST /plans/drafts/999/activate                      in     403  403   403   404  in   in     in
POST /plans/drafts/{draft}/discard                   in     403  403   403   to   in   in     in
POST /plans/drafts/999/discard                       in     403  403   403   404  in   in     in

GET  /deals/add                                      in     403  403   403   ok   in   in     in
GET  /deals/change                                   in     403  403   403   ok   in   in     in
GET  /deals/change?deal=crm:anna                     in     403  403   403   ok   in   in     in
GET  /deals/change?deal=999                          in     403  403   403   ok   in   in     in
POST /deals/add                                      in     403  403   403   400  in   in     in
POST /deals/change?deal=crm:anna                     in     403  403   403   400  in   in     in
POST /deals/change?deal=999                          in     403  403   403   404  in   in     in
GET  /company                                        in     403  403   403   ok   in   in     in
POST /company                                        in     403  403   403   to   in   in     in

POST /api/v1/deal-events                             401    401  401   401   401  401  415    403
POST /api/v1/webhooks/999                            415    415  415   415   415  415  415    415
GET  /api/v1/deal-events?source=crm&event_id=999     401    401  401   401   401  401  404    404
GET  /api/v1/earnings                                401    401  401   401   401  401  403    ok
GET  /api/v1/deals                                   401    401  401   401   401  401  403    ok
GET  /api/v1/statements?month=2026-10                401    401  401   401   401  401  403    ok
GET  /api/v1/standings                               401    401  401   401   401  401  403    ok
GET  /api/v1/openapi.json                            ok     ok   ok    ok    ok   ok   ok     ok
"""

CLOSED = ("default-src", "object-src", "base-uri", "frame-ancestors")
FORM = {"name": "Kitchen", "theme": "dark", "code": "AAAAAA", "words": "Words."}
OUTCOMES = {"in": "/sign-in", "pair": "/screen/pairing"}


class Line:
    """One line of the table above."""

    def __init__(self, text: str) -> None:
        start, *expected = text.rsplit(maxsplit=len(PRINCIPALS))
        self.method, self.address = start.split(maxsplit=1)
        self.expected = dict(zip(PRINCIPALS, expected, strict=True))

    def __repr__(self) -> str:
        return f"{self.method} {self.address}"

    def path(self, cast: Cast) -> str:
        """The address with the ids of this cast."""
        words = {
            **cast.team_ids,
            **cast.payee_ids,
            **{f"screen of {team}": screen_id for team, screen_id in cast.screen_ids.items()},
            **{f"statement of {who}": number for who, number in cast.statement_ids.items()},
            **{f"dispute of {who}": number for who, number in cast.dispute_ids.items()},
            "draft": cast.draft_id,
            "import": cast.import_id,
            "staged": cast.staged_id,
            "link": cast.secrets["link"],
            "screen link": cast.secrets["screen of South"],
        }
        return re.sub(r"\{([^}]+)\}", lambda found: str(words[found[1]]), self.address)


LINES = [Line(text) for text in EXPECTED.strip().splitlines()[1:] if text]
READS = [line for line in LINES if line.method == "GET"]
CHANGES = [line for line in LINES if line.method == "POST"]


@pytest.fixture(autouse=True)
def the_clock_stands_still() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture(autouse=True)
def no_file_is_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may begin it is asked here; a process for each answer would only take its time."""
    monkeypatch.setattr(importing, "start", lambda *_about: None)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """For tests that only look."""
    with clock.stopped_at(NOW):
        cast = make_cast(tmp_path_factory.mktemp("cast"))
    yield cast
    cast.database.dispose()


def outcome_of(answer: TestResponse) -> str:
    location = answer.headers.get("Location", "").partition("?")[0]
    if answer.status_code in (302, 303):
        return next((name for name, address in OUTCOMES.items() if address == location), "to")
    return "ok" if answer.status_code == 200 else str(answer.status_code)


# --- routes


@pytest.mark.parametrize("line", READS, ids=repr)
def test_a_page_is_shown_to_those_it_is_for_and_to_nobody_else(cast: Cast, line: Line) -> None:
    path = line.path(cast)
    found = {}
    for who in PRINCIPALS:
        with cast.client_of(who).get(path) as answer:
            found[who] = outcome_of(answer)
    assert found == line.expected


@pytest.mark.parametrize("line", CHANGES, ids=repr)
def test_a_change_is_made_by_those_who_may_and_by_nobody_else(tmp_path: Path, line: Line) -> None:
    shared = make_cast(tmp_path / "shared")
    found = {}
    for number, who in enumerate(PRINCIPALS):
        # Who may change something gets a company of their own, or the next would find it changed.
        is_changed = line.expected[who] == "to"
        cast = make_cast(tmp_path / str(number)) if is_changed else shared
        address, _, query = line.path(cast).partition("?")
        form = FORM | dict(pair.split("=") for pair in query.split("&") if pair)
        found[who] = outcome_of(cast.client_of(who).post(address, data=form))
        if is_changed:
            cast.database.dispose()
    shared.database.dispose()
    assert found == line.expected


def rule_of(cast: Cast, line: Line) -> str:
    path = line.path(cast).partition("?")[0]
    rule, _ = cast.app.url_map.bind("localhost").match(path, line.method, return_rule=True)
    return rule.rule


def test_every_route_has_its_line_and_every_line_its_route(cast: Cast) -> None:
    served = {
        (method, rule.rule)
        for rule in cast.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    listed = {(line.method, rule_of(cast, line)) for line in LINES}
    assert served == listed, "a route without a line here has never been asked who may see it"


def test_every_route_with_an_id_is_asked_for_one_that_does_not_exist(cast: Cast) -> None:
    with_ids = {rule.rule for rule in cast.app.url_map.iter_rules() if "<" in rule.rule}
    asked = {rule_of(cast, line) for line in LINES if "999" in line.address}
    assert with_ids <= asked


OF_ONE_ANSWER = re.compile(r'content="[^"]{60,}"|<code>[a-z]+</code>')
"""The form's token and the letters of the request: different in every answer, whatever it says."""


def test_a_missing_thing_and_anothers_thing_cannot_be_told_apart(cast: Cast) -> None:
    pairs = [
        ("/me/deals/crm:bo", "/me/deals/999"),
        ("/team/{South}", "/team/999"),
        ("/team/{North}/reps/{olaf}", "/team/{North}/reps/999"),
        ("/me/disputes/{dispute of olaf}", "/me/disputes/999"),
        ("/disputes/{dispute of olaf}", "/disputes/999"),
    ]
    for others, missing in pairs:
        for who in ("anna", "mette"):
            client = cast.client_of(who)
            texts = {
                re.sub(
                    OF_ONE_ANSWER,
                    "",
                    client.get(Line(f"GET {path}" + " ok" * 8).path(cast)).text,
                )
                for path in (others, missing)
            }
            assert len(texts) == 1, (others, who)


@pytest.mark.parametrize("line", [*READS, *CHANGES], ids=repr)
def test_every_answer_carries_the_security_headers(cast: Cast, line: Line) -> None:
    client = cast.client_of("nobody")
    for method in (line.method, "DELETE"):
        with client.open(line.path(cast), method=method) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert {
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        } <= set(policy.split("; "))
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        if method == "DELETE" or not line.address.startswith("/static/tracker"):
            assert headers["Cache-Control"] == "no-store"
            assert "Cookie" in headers["Vary"]


def test_an_unknown_host_gets_nothing_but_the_headers(cast: Cast) -> None:
    answer = cast.client_of("anna").get("/me", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
    assert "evil.example" not in answer.text


def test_a_fault_of_ours_is_said_plainly_and_shows_nothing_of_the_inside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cast = make_cast(tmp_path)
    cast.app.testing = False
    cast.app.view_functions["you.you_page"] = lambda: 1 // 0
    answer = cast.client_of("anna", accept_language="da").get("/you")
    assert answer.status_code == 500
    assert "Noget gik galt hos os" in answer.text
    assert "division" not in answer.text
    assert "a fault" in caplog.messages, "the log has it"
    cast.database.dispose()


def test_while_the_database_is_away_every_page_says_so_and_when_to_come_back(
    tmp_path: Path,
) -> None:
    cast = make_cast(tmp_path / "company")
    clients = {who: cast.client_of(who) for who in ("anna", "screen of North", "nobody")}
    cast.database.dispose()
    (tmp_path / "company").rename(tmp_path / "gone")
    for who, address in (("anna", "/me"), ("screen of North", "/screen"), ("nobody", "/readyz")):
        answer = clients[who].get(address, headers={"Accept-Language": "da"})
        assert answer.status_code == 503, who
    answer = clients["anna"].get("/me", headers={"Accept-Language": "da"})
    assert "Tilbage om et øjeblik" in answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert clients["nobody"].get("/healthz").status_code == 200


# --- rooms


def test_each_principal_hears_its_own_rooms_and_no_other(cast: Cast) -> None:
    north, south = cast.team_ids["North"], cast.team_ids["South"]
    screen_id = cast.screen_ids["North"]
    expected = {
        "anna": {f"rep:{cast.payee_ids['anna']}"},
        "mette": {f"manager:{north}"},
        "sofie": {f"manager:{south}"},
        "ida": {f"manager:{north}", f"manager:{south}"},
        "screen of North": {f"team:{north}", f"screen:{screen_id}"},
        "nobody": None,
        "key to ingest": None,
        "key to read": None,
    }
    assert {who: rooms_on_connecting(cast, who) for who in PRINCIPALS} == expected


def rooms_on_connecting(cast: Cast, who: str, query: str = "") -> set[str] | None:
    """The rooms a socket opened by this browser or program is put in; None when it is turned away."""
    client = cast.client_of(who)
    cookies = "; ".join(
        f"{name}={cookie.value}"
        for name in (access.SESSION_COOKIE, access.SCREEN_COOKIE)
        if (cookie := client.get_cookie(name))
    )
    environ = {**client.environ_base, "HTTP_COOKIE": cookies, "QUERY_STRING": query}
    with cast.database.read() as connection:
        found = access.principal_of_environ(connection, environ, NOW, is_secure=False)
    return None if found is None else set(access.rooms_of(found))


@pytest.mark.parametrize(
    "query", ["room=manager:1", "as=manager:1", "as=admin", "rooms[]=rep:2", "as=screen"]
)
def test_no_client_can_name_a_room(cast: Cast, query: str) -> None:
    assert rooms_on_connecting(cast, "anna", query) == rooms_on_connecting(cast, "anna")


def test_a_browser_that_is_a_wall_too_says_which_it_is_now(cast: Cast) -> None:
    wall, anna = cast.client_of("screen of North"), cast.client_of("anna")
    names = (access.SESSION_COOKIE, access.SCREEN_COOKIE)
    cookies = [anna.get_cookie(names[0]), wall.get_cookie(names[1])]
    header = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie)
    kinds = {}
    with cast.database.read() as connection:
        for query in ("", "as=screen"):
            environ = {"HTTP_COOKIE": header, "QUERY_STRING": query}
            found = access.principal_of_environ(connection, environ, NOW, is_secure=False)
            kinds[query] = found and found.kind
    assert kinds == {"": "person", "as=screen": "screen"}


def test_over_tls_a_cookie_without_the_host_prefix_opens_nothing(cast: Cast) -> None:
    token = cast.client_of("anna").get_cookie(access.SESSION_COOKIE)
    assert token
    with cast.database.read() as connection:
        for name, opens in ((access.SESSION_COOKIE, False), ("__Host-tracker_session", True)):
            environ = {"HTTP_COOKIE": f"{name}={token.value}"}
            found = access.principal_of_environ(connection, environ, NOW, is_secure=True)
            assert (found is not None) is opens


# --- decisions


def test_managers_see_the_pay_of_their_own_team_only_when_the_company_says_so(
    tmp_path: Path,
) -> None:
    cast = make_cast(tmp_path)
    with cast.database.read() as connection:
        anna, olaf = (people.payee(connection, cast.payee_ids[who]) for who in ("anna", "olaf"))
    assert anna
    assert olaf
    for chosen in ("no", "yes"):
        with cast.database.write() as connection:
            people.put_setting(connection, access.MANAGERS_SEE_PAY, chosen)
        mette = principal_of(cast, "mette")
        assert access.may_see_pay(mette, anna) is (chosen == "yes")
        assert access.may_see_deals(mette, anna)
        assert not access.may_see_pay(mette, olaf)
        assert not access.may_see_deals(mette, olaf)
    north = cast.team_ids["North"]
    assert access.may_see_team_pay(mette, north, 4)
    assert not access.may_see_team_pay(mette, north, 3), "three people could solve for each other"
    cast.database.dispose()


def principal_of(cast: Cast, who: str) -> access.Principal:
    cookie = cast.client_of(who).get_cookie(access.SESSION_COOKIE)
    assert cookie
    with cast.database.read() as connection:
        found = access.principal_of_session(connection, token_hash(cookie.value), NOW)
    assert found
    return found


# --- every byte


def amounts(kinds: str, reps: list[str] | None = None) -> dict[str, int]:
    """Figures by name, such as "earned of bo"; `kinds` names some of sold, quota, earned, distance."""
    return {
        f"{kind} of {rep}": getattr(FIGURES[rep], f"{kind}_minor")
        for rep in (reps or list(FIGURES))
        for kind in kinds.split()
    }


def of_team(team: str) -> list[str]:
    return [rep for rep in FIGURES if TEAM_OF[rep] == team]


EVERYTHING = amounts("sold quota earned distance adjusted")
OTHERS = amounts("sold quota earned distance adjusted", [rep for rep in FIGURES if rep != "anna"])
TEAM_PAY = "pay of the team"
FORBIDDEN = {
    "nobody": EVERYTHING,
    "anna": OTHERS,
    "mette": amounts("earned adjusted") | amounts("sold quota distance", of_team("South")),
    "sofie": amounts("earned adjusted") | amounts("sold quota distance", of_team("North")),
    "ida": {},
    "screen of North": EVERYTHING,
    "key to ingest": EVERYTHING,
    "key to read": {},
}
PAY_OF_NORTH = sum(FIGURES[rep].earned_minor for rep in of_team("North"))
for _who in ("nobody", "anna", "mette", "sofie", "screen of North", "key to ingest"):
    FORBIDDEN[_who] = FORBIDDEN[_who] | {TEAM_PAY: PAY_OF_NORTH}

VISIBLE = {
    "anna": {"sold of anna", "earned of anna", "distance of anna", "adjusted of anna"},
    "mette": {f"sold of {rep}" for rep in of_team("North")},
    "sofie": {"sold of olaf"},
    "ida": {"earned of anna", "earned of bo", "earned of olaf", "sold of olaf", "adjusted of bo"},
    "key to read": {f"earned of {rep}" for rep in FIGURES},
}

CURIOUS = "?payee_id=2&rep=bo&team_id=1&person_id=2&sort=pay&order=earned&status=&q=&filter=&page=1&limit=999"


def bytes_of(answer: TestResponse) -> str:
    return f"{answer.headers}\n{answer.data.decode('utf-8', 'replace')}"


def crawl(cast: Cast, who: str, locale: str) -> Iterator[tuple[str, str]]:
    """Everything a principal gets to see; in English also as parts, and asked for in other people's names."""
    client = cast.client_of(who, accept_language=locale)
    for line in READS:
        path = line.path(cast)
        if path.startswith(("/static/", "/screen/link/", "/link/")):
            continue
        yield path, bytes_of(client.get(path))
        if locale == "en":
            yield path + CURIOUS, bytes_of(client.get(path + CURIOUS))
            yield path, bytes_of(client.get(path, headers={"HX-Request": "true"}))


def seen_by(cast: Cast, who: str, locale: str) -> dict[str, set[str]]:
    """Where a principal meets which figure of anybody."""
    seen: dict[str, set[str]] = {}
    for address, text in crawl(cast, who, locale):
        for name in found_amounts(text, EVERYTHING | {TEAM_PAY: PAY_OF_NORTH}):
            seen.setdefault(name, set()).add(address)
    return seen


@pytest.mark.parametrize("locale", ["en", "da", "sv"])
@pytest.mark.parametrize("who", PRINCIPALS)
def test_no_byte_holds_a_figure_the_reader_may_not_see(cast: Cast, who: str, locale: str) -> None:
    seen = seen_by(cast, who, locale)
    assert {name: places for name, places in seen.items() if name in FORBIDDEN[who]} == {}
    # What may be seen is found, so a leak would be found as well.
    assert VISIBLE.get(who, set()) <= seen.keys()


def test_pay_opens_to_a_manager_with_the_switch_and_only_for_the_own_team(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
    seen = seen_by(cast, "mette", "da").keys()
    assert {"earned of anna", "earned of bo"} <= seen
    assert not seen & amounts("sold quota earned distance adjusted", of_team("South")).keys()
    cast.database.dispose()


@pytest.mark.parametrize("locale", ["en", "da", "sv"])
def test_what_is_pushed_holds_no_figure_its_room_may_not_see(cast: Cast, locale: str) -> None:
    north = cast.team_ids["North"]
    pushed = {
        "anna": my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], locale).html,
        "mette": manager.render_fragment(cast.app, north, locale).html,
        "screen of North": team_board.render_fragment(cast.app, north, locale).html,
    }
    for who, html in pushed.items():
        assert len(html) > 500, who
        assert found_amounts(html, FORBIDDEN[who]) == set(), who
    assert "earned of anna" in found_amounts(pushed["anna"], EVERYTHING)


UNLIKE_A_TOKEN_MINOR = 738_519_46
"""An amount whose digits do not come up by chance in a form's token."""


def test_the_wall_names_nobody_who_has_not_agreed(tmp_path: Path) -> None:
    cast = make_cast(tmp_path)
    wins = [
        a_deal(
            f"crm:{who}-today",
            500_00,
            effective_on=NOW.date(),
            name=f"Customer of {who}",
            credit_shares=(CreditShare(cast.payee_ids[who], Fraction(1)),),
        )
        for who in ("anna", "bo")
    ]
    with cast.database.read() as connection:
        before = outbox.last_sequence(connection)
    flow.record_deal_events(cast.database, [an_event(deal) for deal in wins], NOW)
    with cast.database.read() as connection:
        changes = outbox.changes_after(connection, before)
    cheers = [team_board.celebration_for(cast.app, change, "da") for change in changes]
    assert len([cheer for cheer in cheers if cheer]) == 2
    texts = [str(cheers)] + [text for _address, text in crawl(cast, "screen of North", "da")]
    texts.append(team_board.render_fragment(cast.app, cast.team_ids["North"], "da").html)
    for text in texts:
        assert not re.search(r"\bBo\b", text)
        assert "Customer of" not in text, "nor customers, until the company says so"
        assert found_amounts(text, EVERYTHING | {"the win": UNLIKE_A_TOKEN_MINOR}) == set()
    assert "Anna" in texts[-1]
    cast.database.dispose()


def test_an_error_does_not_repeat_what_it_was_asked(cast: Cast) -> None:
    hostile = "/me/deals/<script>alert(1)</script>"
    for who in PRINCIPALS:
        answer = cast.client_of(who).get(hostile)
        assert "<script>alert" not in answer.text


def test_the_door_is_closed_to_a_page_nobody_marked() -> None:
    from tracker.pages import context

    app = Flask(__name__)

    @app.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    with app.test_request_context("/forgotten"):
        assert context._audience() == "person"
