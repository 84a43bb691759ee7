"""Every address that writes, with one request that does; an address without one fails a test.

Each is a function that makes the company ready for it and returns the request.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.cast import NOW, PASSWORD
from tests.faults.cutting import Request
from tests.faults.stage import STEEPER, Stage, a_deal_event
from tests.pages.test_deals_by_hand import typed
from tests.pages.test_screens import code_on
from tracker import clock
from tracker.ingest.once import HEADER
from tracker.store import links
from tracker.store.metadata import metadata

Act = Callable[[Stage], Request]

ACTS: dict[str, Act] = {}
"""By endpoint; several of one endpoint have a word behind it."""

SAID_TWICE: dict[str, set[str]] = {
    "plan_drafts.start": {"plan_draft", "plan_draft_text", "trail_entry"},
    "plan_drafts.check": {"plan_draft_step", "trail_entry"},
    "plan_drafts.simulate": {"plan_draft_step", "trail_entry"},
    "plan_drafts.start_pilot": {"plan_pilot", "trail_entry"},
    # Each try to sign in is counted, and each begins a session of its own; a link works once, for whoever had no answer
    # there is another.
    "sign_in.sign_in": {"login_attempt", "session"},
    "sign_in.setup": {"session"},
    "sign_in.use_link": {"session"},
    "you.change_password": {"login_attempt", "session"},
}
"""Where doing it again may leave more rows in these tables: acts that move no figure, and are noted each time."""

WRITE_NOTHING = {
    "my_disputes.new_about_line",
    "plan_drafts.preview",
    "plan_drafts.rows",
    "spreadsheet.compare",
    "sources.compare",  # starts `reconcile`, which is one of the commands
}


def of(endpoint: str) -> Callable[[Act], Act]:
    def keep(act: Act) -> Act:
        ACTS[endpoint] = act
        return act

    return keep


# --- deals come in


@of("api.deal_events")
def one_event(stage: Stage) -> Request:
    return stage.sent("/api/v1/deal-events", a_deal_event("e-1"), **stage.key)


@of("api.deal_events batch")
def a_batch(stage: Stage) -> Request:
    """New deals, another owner of an old one, one that is set aside, and one that ends what was."""
    stage.set_aside("w-1")
    moved = a_deal_event("e-7", source="crm", deal__credits=[{"rep": "bo@firma.dk"}])
    moved |= {"deal_id": "anna", "version": 9}
    events = [a_deal_event(f"e-{number}") for number in range(5)]
    return stage.sent(
        "/api/v1/deal-events",
        [*events, moved, stage.strange_deal("s-1"), a_deal_event("w-1")],
        **stage.key,
    )


@of("api.deal_events under a key")
def a_batch_under_a_key(stage: Stage) -> Request:
    """Whatever was answered the first time is answered the second."""
    batch = a_batch(stage)
    return replace(batch, headers={**batch.headers, HEADER: "batch 1"})


@of("api.webhook")
def a_signed_event(stage: Stage) -> Request:
    secret, seconds = stage.sender_secret(), int(NOW.timestamp())
    body = json.dumps([a_deal_event("e-1"), stage.strange_deal("e-2")]).encode()
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return stage.sent(
        "/api/v1/webhooks/erp",
        body,
        **{
            "Tracker-Signature": f"t={seconds},v1={signed.hexdigest()}",
            "Content-Type": "application/json",
        },
    )


# --- what was set aside


@of("quarantine.replay_one")
def replay_one(stage: Stage) -> Request:
    stage.set_aside("w-1", "w-2")
    return stage.form("ida", "/quarantine/1/replay")


@of("quarantine.replay_all")
def replay_all(stage: Stage) -> Request:
    stage.set_aside("w-1", "w-2", "w-3")
    return stage.form("ida", "/quarantine/replay")


@of("quarantine.discard")
def discard(stage: Stage) -> Request:
    stage.set_aside("w-1")
    return stage.form("ida", "/quarantine/1/discard", reason="A test")


@of("quarantine.claim")
def claim(stage: Stage) -> Request:
    bodies = [stage.strange_deal("s-1"), stage.strange_deal("s-2")]
    with clock.stopped_at(NOW):
        stage.cast.app.test_client().post("/api/v1/deal-events", json=bodies, headers=stage.key)
    anna = str(stage.cast.payee_ids["anna"])
    return stage.form("ida", "/quarantine/claim", reference="nobody@firma.dk", payee_id=anna)


# --- pay


@of("adjustments.propose")
def propose(stage: Stage) -> Request:
    return stage.form("ida", "/adjustments", **stage.proposal())


@of("adjustments.decide")
def decide(stage: Stage) -> Request:
    return stage.form("pia", f"/adjustments/{stage.adjustment()}/approved")


@of("payroll.act_on_month request")
def request_close(stage: Stage) -> Request:
    return stage.in_december().form("ida", "/payroll/2026-11/request")


@of("payroll.act_on_month approve")
def approve_close(stage: Stage) -> Request:
    stage.in_december().post("ida", "/payroll/2026-11/request")
    seen = stage.seen_on("pia", "/payroll/2026-11")
    return stage.form("pia", "/payroll/2026-11/approve", seen=seen)


@of("payroll.act_on_month decline")
def decline_close(stage: Stage) -> Request:
    stage.in_december().post("ida", "/payroll/2026-11/request")
    return stage.form("pia", "/payroll/2026-11/decline", reason="Not yet")


@of("payroll.act_on_month reopen")
def reopen(stage: Stage) -> Request:
    return stage.form("ida", "/payroll/2026-10/reopen", reason="A deal was forgotten")


@of("payroll.save_columns")
def save_columns(stage: Stage) -> Request:
    columns = '[[columns]]\nname = "Pay"\nfield = "paid"\n'
    return stage.form("ida", "/payroll/columns", columns=columns)


@of("objectives.score")
def score(stage: Stage) -> Request:
    stage.objective()
    form = {"objective": "nps", "day": "2026-12-31", "score": "87,5", "version": "0"}
    return stage.form("mette", f"/objectives/{stage.cast.payee_ids['anna']}", **form)


# --- disputes


def dispute_of_anna(stage: Stage, what: str) -> str:
    return f"/disputes/{stage.cast.dispute_ids['anna']}/{what}"


@of("my_disputes.raise_one")
def raise_dispute(stage: Stage) -> Request:
    form = {"about": "deal", "key": "crm:anna", "words": "Not so.", "line": ""}
    return stage.form("anna", "/me/disputes", **form)


@of("my_disputes.reply")
def reply(stage: Stage) -> Request:
    path = "/me" + dispute_of_anna(stage, "reply")
    return stage.form("anna", path, words="And another thing.", read_count="1")


@of("my_disputes.withdraw")
def withdraw(stage: Stage) -> Request:
    path = "/me" + dispute_of_anna(stage, "withdraw")
    return stage.form("anna", path, words="", read_count="1")


@of("disputes.answer")
def answer(stage: Stage) -> Request:
    return stage.form("mette", dispute_of_anna(stage, "answer"), words="See.", read_count="1")


@of("disputes.decline")
def decline(stage: Stage) -> Request:
    return stage.form("mette", dispute_of_anna(stage, "decline"), words="No.", read_count="1")


@of("corrections.correct")
def correct(stage: Stage) -> Request:
    path = dispute_of_anna(stage, "correct")
    form = stage.form_on("mette", path) | {"amount": "1.000.000,00", "words": "As signed."}
    return stage.form("mette", path, **form)


@of("corrections.add")
def add_missing(stage: Stage) -> Request:
    typed = {"about": "missing", "name": "Nordwind", "on": "2026-11-03", "amount": "2.000,00"}
    stage.post("anna", "/me/disputes", **typed, words="Not there.")
    path = f"/disputes/{max(stage.cast.dispute_ids.values()) + 1}/add"
    form = stage.form_on("mette", path) | {"deal_key": "crm:d-77", "words": "Added."}
    return stage.form("mette", path, **form)


# --- by hand


def by_hand(stage: Stage, path: str, form: dict[str, str]) -> Request:
    """The form, after what it would change was looked at."""
    with clock.stopped_at(stage.at):
        looked = stage.client("ida").post(path, data=form).text
    seen = looked.partition('name="seen" value="')[2].partition('"')[0]
    assert seen, looked
    return stage.form("ida", path, **(form | {"step": "keep", "seen": seen}))


@of("deals_by_hand.add")
def add_by_hand(stage: Stage) -> Request:
    return by_hand(stage, "/deals/add", typed(stage.cast))


@of("deals_by_hand.change")
def change_by_hand(stage: Stage) -> Request:
    path = "/deals/change"
    form = stage.form_on("ida", f"{path}?deal=crm:anna")
    return by_hand(stage, path, form | {"amount": "1.000.000,00", "words": "As signed."})


# --- plans


@of("plans.assign")
def assign(stage: Stage) -> Request:
    stage.objective()
    payee_ids = [str(stage.cast.payee_ids[who]) for who in ("bo", "cleo")]
    form = {"payee_id": payee_ids, "starts_on": "2026-10-01"}
    return stage.form("ida", "/plans/mbo/people", **form)


@of("plans.end")
def end_assignment(stage: Stage) -> Request:
    anna = str(stage.cast.payee_ids["anna"])
    form = {"payee_id": anna, "starts_on": "2026-01-01", "ends_on": "2026-10-31"}
    return stage.form("ida", "/plans/cast/people/end", **form)


@of("plan_drafts.start")
def start_draft(stage: Stage) -> Request:
    return stage.form("ida", "/plans/drafts", replaces="cast")


@of("plan_drafts.save")
def save_draft(stage: Stage) -> Request:
    return stage.form("ida", stage.draft(), source_toml=STEEPER)


@of("plan_drafts.check")
def check_draft(stage: Stage) -> Request:
    return stage.form("ida", stage.draft("/check"))


@of("plan_drafts.simulate")
def simulate_draft(stage: Stage) -> Request:
    return stage.form("ida", stage.checked_draft() + "/simulate")


@of("plan_drafts.activate")
def activate_draft(stage: Stage) -> Request:
    path = stage.simulated_draft() + "/activate"
    return stage.form("ida", path, effective_from="2026-10-01")


@of("plan_drafts.discard")
def discard_draft(stage: Stage) -> Request:
    return stage.form("ida", stage.draft("/discard"))


@of("plan_drafts.start_pilot")
def start_pilot(stage: Stage) -> Request:
    path = stage.simulated_draft() + "/pilot"
    payee_ids = [str(stage.cast.payee_ids[who]) for who in ("anna", "bo", "cleo")]
    return stage.form("ida", path, payee_id=payee_ids, span="2026-10-01/2026-12-31")


@of("plan_drafts.end_pilot")
def end_pilot(stage: Stage) -> Request:
    return stage.form("ida", stage.piloted_draft() + "/pilot/end")


# --- the company and its people


@of("company.save_company")
def save_company(stage: Stage) -> Request:
    form = {"managers_see_pay": "yes", "stage_odds": "Proposal = 40%"}
    return stage.form("ida", "/company", **form, priority_segments="smb")


@of("sources.set_patience")
def set_patience(stage: Stage) -> Request:
    stage.cast.app.test_client().post(
        "/api/v1/deal-events", json=a_deal_event("e-1"), headers=stage.key
    )
    return stage.form("ida", "/sources", source="hubspot", hours="9")


@of("screens.pair")
def pair_screen(stage: Stage) -> Request:
    with clock.stopped_at(NOW):
        code = code_on(stage.cast.app.test_client())
    form = {"code": code, "name": "Kitchen", "team_id": str(stage.cast.team_ids["North"])}
    return stage.form("mette", "/screens/pair", **form)


@of("screens.change")
def change_screen(stage: Stage) -> Request:
    path = f"/screens/{stage.cast.screen_ids['North']}"
    return stage.form("mette", path, name="Canteen", theme="dark", is_calm="yes")


@of("screens.revoke")
def revoke_screen(stage: Stage) -> Request:
    return stage.form("mette", f"/screens/{stage.cast.screen_ids['North']}/revoke")


@of("sign_in.sign_in")
def sign_in(stage: Stage) -> Request:
    return stage.form("", "/sign-in", email="anna@firma.dk", password=PASSWORD)


@of("sign_in.sign_out")
def sign_out(stage: Stage) -> Request:
    return stage.form("anna", "/sign-out")


@of("sign_in.use_link")
def use_link(stage: Stage) -> Request:
    return stage.form("", f"/link/{stage.cast.secrets['link']}")


@of("sign_in.setup")
def set_up(stage: Stage) -> Request:
    with stage.cast.database.write() as connection:
        for name in ("session", "one_time_link", "screen", "team_manager", "person"):
            connection.execute(metadata.tables[name].delete())
        token = links.make_setup_link(connection, NOW + timedelta(days=7))
    form = {"name": "Eva First", "email": "eva@firma.dk", "password": "four quite plain words"}
    return stage.form("", f"/setup/{token}", **form)


@of("you.save_choices")
def save_choices(stage: Stage) -> Request:
    return stage.form("anna", "/you/choices", locale="da", theme="dark", is_on_wall="yes")


@of("you.change_password")
def change_password(stage: Stage) -> Request:
    form = {"old_password": PASSWORD, "new_password": "an even better sentence"}
    return stage.form("anna", "/you/password", **form)


@of("you.sign_out_everywhere")
def sign_out_everywhere(stage: Stage) -> Request:
    return stage.form("anna", "/you/sign-out-everywhere")
