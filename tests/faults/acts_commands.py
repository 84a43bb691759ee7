"""Every command that writes, with one call that does; a command without one fails a test."""

from collections.abc import Callable, Iterator
from datetime import date

import click

from tests.cast import NOW, PLAN
from tests.faults.acts import Act
from tests.faults.cutting import Request
from tests.faults.stage import MBO, Stage
from tracker import cli, clock, flow
from tracker.store import keys, senders
from tracker.store.backup import write_backup

COMMANDS: dict[str, Act] = {}
"""By the words of the command."""

SAID_TWICE = {
    # A key, a link or a secret that nobody saw is made again.
    "key create": {"api_key"},
    "user link": {"one_time_link"},
    "user add": {"one_time_link"},
    # Of what says the same of a day the newest counts.
    "plan except": {"personal_exception", "trail_entry"},
    "equity left": {"equity_leaving", "trail_entry"},
    "connection map": {"trail_entry"},
    # What one try counted: the next takes up where it ended.
    "import undo": {"file_import_end"},
    "import deals": {"file_import", "file_import_end", "trail_entry"},
}
"""Where doing it again may leave more rows in these tables."""

READ_ONLY = {
    *("calc", "plan check", "plan show", "plan schema", "plan simulate", "plan exceptions"),
    *("quarantine list", "quarantine show", "quota list", "close review", "close status"),
    *("close export", "adjust list", "trail head", "trail show", "doctor", "backup"),
    *("sender list", "key list", "user list", "team list", "objective list", "equity list"),
    *("connection list", "connection show", "import list"),
    *("verify",),  # notes only when it looked, and what it found
    *("demo", "run", "bench", "test", "lint"),
}


def of(words: str) -> Callable[[Act], Act]:
    def keep(act: Act) -> Act:
        COMMANDS[words] = act
        return act

    return keep


def all_commands() -> Iterator[str]:
    yield from _under(cli.tracker, "")


def _under(command: click.Command, words: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _under(found, f"{words} {name}".strip())


# --- files

DEALS_MAP = """
source = "crm"
date_format = "YYYY-MM-DD"
[fields]
deal_id = "id"
name = "id"
rep = "rep"
status = { text = "won" }
effective_on = "day"
amount = "amount"
currency = { text = "DKK" }
"""
DEALS_COUNT = 520
"""More than share one transaction."""


@of("import deals")
def import_deals(stage: Stage) -> Request:
    reps = ("anna", "bo", "cleo", "dan", "olaf")
    rows = [
        f"i-{number},{reps[number % 5]}@firma.dk,2026-11-{number % 28 + 1:02},{number}.50"
        for number in range(DEALS_COUNT)
    ]
    deals = stage.file("deals.csv", "\n".join(["id,rep,day,amount", *rows, ""]))
    return stage.command("import", "deals", deals, "--mapping", stage.file("deals.toml", DEALS_MAP))


@of("import undo")
def undo_import(stage: Stage) -> Request:
    stage.run(import_deals(stage))
    return stage.command("import", "undo", "1", "--reason", "The wrong file")


@of("import people")
def import_people(stage: Stage) -> Request:
    people = stage.file(
        "people.csv", "who,name,team\nnew@firma.dk,New,North\nbo@firma.dk,Bo,South\n"
    )
    fields = '[fields]\nreference = "who"\nname = "name"\nteam = "team"\n'
    return stage.command("import", "people", people, "--mapping", stage.file("people.toml", fields))


@of("import quotas")
def import_quotas(stage: Stage) -> Request:
    quotas = stage.file("quotas.csv", "who,window,amount\nanna@firma.dk,2026-Q4,700000\n")
    fields = (
        '[fields]\nrep = "who"\nwindow = "window"\namount = "amount"\ncurrency = {text="DKK"}\n'
    )
    return stage.command("import", "quotas", quotas, "--mapping", stage.file("quotas.toml", fields))


@of("import rates")
def import_rates(stage: Stage) -> Request:
    rates = stage.file("rates.csv", "of,into,day,rate\nEUR,DKK,2026-11-01,7.46\n")
    fields = '[fields]\ncurrency = "of"\ninto = "into"\nday = "day"\nrate = "rate"\n'
    return stage.command("import", "rates", rates, "--mapping", stage.file("rates.toml", fields))


@of("restore")
def restore(stage: Stage) -> Request:
    """Into an empty folder."""
    file = stage.company.folder.parent / "company.backup"
    write_backup(stage.cast.database, file, NOW)
    stage.company = stage.company.emptied("empty")
    return stage.command("restore", str(file))


# --- what was set aside


@of("quarantine claim")
def claim(stage: Stage) -> Request:
    body = stage.strange_deal("s-1")
    with clock.stopped_at(NOW):
        stage.cast.app.test_client().post("/api/v1/deal-events", json=body, headers=stage.key)
    return stage.command("quarantine", "claim", "nobody@firma.dk", "anna@firma.dk")


@of("quarantine replay")
def replay(stage: Stage) -> Request:
    stage.set_aside("w-1", "w-2")
    return stage.command("quarantine", "replay", "--all")


@of("quarantine discard")
def discard(stage: Stage) -> Request:
    stage.set_aside("w-1", "w-2")
    return stage.command("quarantine", "discard", "1", "2", "--reason", "A test")


# --- what is agreed


@of("plan activate")
def activate(stage: Stage) -> Request:
    file = stage.file("plan.toml", PLAN.replace("12%", "20%"))
    return stage.command("plan", "activate", "cast", file, "--from", "2026-10-01")


@of("plan assign")
def assign(stage: Stage) -> Request:
    flow.activate_plan_version(stage.cast.database, "mbo", date(2026, 1, 1), MBO, "test", NOW)
    reps = ("anna@firma.dk", "bo@firma.dk")
    return stage.command("plan", "assign", "mbo", *reps, "--from", "2026-10-01")


@of("plan except")
def make_exception(stage: Stage) -> Request:
    words = ("--add-rate", "1%", "--from", "2026-10-01", "--reason", "Agreed")
    return stage.command("plan", "except", "anna@firma.dk", "cast/sales", *words)


@of("plan withdraw")
def withdraw_exception(stage: Stage) -> Request:
    stage.run(make_exception(stage))
    return stage.command("plan", "withdraw", "1", "--reason", "No longer")


@of("quota set")
def set_quota(stage: Stage) -> Request:
    reps = ("anna@firma.dk", "bo@firma.dk")
    return stage.command("quota", "set", *reps, "2026", "8000000", "--reason", "New district")


@of("calendar")
def roll_calendar(stage: Stage) -> Request:
    return stage.command("calendar")


@of("team member")
def join_team(stage: Stage) -> Request:
    words = ("--weight", "0.5", "--from", "2026-10-01", "--reason", "Helps")
    return stage.command("team", "member", "South", "anna@firma.dk", *words)


@of("team leader")
def lead_team(stage: Stage) -> Request:
    return stage.command("team", "leader", "North", "bo@firma.dk", "--from", "2026-10-01")


@of("objective score")
def score(stage: Stage) -> Request:
    stage.objective()
    return stage.command("objective", "score", "anna@firma.dk", "nps", "87.5%")


@of("equity grant")
def grant(stage: Stage) -> Request:
    words = ("--name", "Options", "--units", "4800", "--from", "2026-01-01", "--over-months", "48")
    return stage.command("equity", "grant", "anna@firma.dk", *words)


@of("equity left")
def left(stage: Stage) -> Request:
    stage.run(grant(stage))
    return stage.command("equity", "left", "anna@firma.dk", "--on", "2026-11-30")


# --- pay


@of("close request")
def request_close(stage: Stage) -> Request:
    return stage.in_december().command("close", "request", "2026-11", "--by", "ida@firma.dk")


@of("close approve")
def approve_close(stage: Stage) -> Request:
    stage.run(request_close(stage))
    return stage.command("close", "approve", "2026-11", "--by", "pia@firma.dk")


@of("close decline")
def decline_close(stage: Stage) -> Request:
    stage.run(request_close(stage))
    words = ("--by", "pia@firma.dk", "--reason", "Not yet")
    return stage.command("close", "decline", "2026-11", *words)


@of("close reopen")
def reopen(stage: Stage) -> Request:
    words = ("--by", "ida@firma.dk", "--reason", "A deal was forgotten")
    return stage.command("close", "reopen", "2026-10", *words)


@of("adjust propose")
def propose(stage: Stage) -> Request:
    words = ("--month", "2026-11", "--by", "ida@firma.dk", "--reason", "Agreed")
    return stage.command("adjust", "propose", "anna@firma.dk", "1250.50", *words)


def decided(stage: Stage, *words: str) -> Request:
    return stage.command("adjust", words[0], str(stage.adjustment()), *words[1:])


@of("adjust approve")
def approve(stage: Stage) -> Request:
    return decided(stage, "approve", "--by", "pia@firma.dk")


@of("adjust decline")
def decline(stage: Stage) -> Request:
    return decided(stage, "decline", "--by", "pia@firma.dk", "--reason", "Too much")


@of("adjust withdraw")
def withdraw(stage: Stage) -> Request:
    return decided(stage, "withdraw", "--by", "ida@firma.dk", "--reason", "A mistake")


# --- who may


def connected(stage: Stage, *words: str) -> Request:
    stage.run(add_connection(stage))
    return stage.command("connection", words[0], "hubspot", *words[1:])


@of("connection add")
def add_connection(stage: Stage) -> Request:
    words = ("--kind", "hubspot", "--token", "pat-very-secret", "--secret", "client-secret")
    return stage.command("connection", "add", "hubspot", *words)


@of("connection token")
def change_token(stage: Stage) -> Request:
    return connected(stage, "token", "--token", "another")


@of("connection secret")
def change_client_secret(stage: Stage) -> Request:
    return connected(stage, "secret", "--secret", "another")


@of("connection map")
def change_mapping(stage: Stage) -> Request:
    mapping = '[stages]\nclosedwon = "won"\n'
    return connected(stage, "map", stage.file("mapping.toml", mapping))


@of("connection remove")
def remove_connection(stage: Stage) -> Request:
    return connected(stage, "remove")


@of("sender create")
def create_sender(stage: Stage) -> Request:
    return stage.command("sender", "create", "erp")


@of("sender secret")
def change_secret(stage: Stage) -> Request:
    stage.sender_secret()
    return stage.command("sender", "secret", "erp")


@of("sender revoke")
def revoke_sender(stage: Stage) -> Request:
    stage.sender_secret()
    with stage.cast.database.read() as connection:
        assert senders.live_sender(connection, "erp")
    return stage.command("sender", "revoke", "erp")


@of("key create")
def create_key(stage: Stage) -> Request:
    return stage.command("key", "create", "Another", "--scope", "ingest")


@of("key revoke")
def revoke_key(stage: Stage) -> Request:
    with stage.cast.database.read() as connection:
        number = keys.all_keys(connection)[0].id
    return stage.command("key", "revoke", str(number))


@of("user add")
def add_user(stage: Stage) -> Request:
    words = ("--name", "Rita", "--email", "rita@firma.dk", "--role", "manager", "--team", "North")
    return stage.command("user", "add", *words)


@of("user deactivate")
def deactivate(stage: Stage) -> Request:
    return stage.command("user", "deactivate", "anna@firma.dk")


@of("user link")
def make_link(stage: Stage) -> Request:
    return stage.command("user", "link", "anna@firma.dk")


@of("user manages")
def manage(stage: Stage) -> Request:
    return stage.command("user", "manages", "mette@firma.dk", "South")


@of("user password")
def set_password(stage: Stage) -> Request:
    return stage.command(
        "user", "password", "anna@firma.dk", "--password", "an even better sentence"
    )


@of("user role")
def change_role(stage: Stage) -> Request:
    return stage.command("user", "role", "anna@firma.dk", "manager")
