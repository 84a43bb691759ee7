"""The commands. Each is looked up when it is called, so that `--help` and a start stay fast."""

import atexit
import gc
import importlib
import importlib.util
import sys
from typing import Any

import click

from tracker.errors import TrackerError

# name -> where the command is, and its line in the list (kept here so that listing imports none of them)
COMMANDS = {
    "demo": (
        "tracker.demo.command:demo",
        "Start a complete demo company with a live feed of deals.",
    ),
    "run": ("tracker.serve:run", "Start the tracker for your own company."),
    "import": (
        "tracker.ingest.import_command:import_command",
        "Bring in people, quotas, deals or exchange rates from a CSV or XLSX file; list and undo.",
    ),
    "quarantine": (
        "tracker.ingest.quarantine_command:quarantine_command",
        "Show, replay or discard events that could not be used.",
    ),
    "calc": (
        "tracker.commands.calc:calc",
        "Pay a file of deals under a plan file, without a database.",
    ),
    "plan": ("tracker.commands.plan:plan", "Check, show or activate a plan file."),
    "quota": ("tracker.commands.quota:quota", "Set quotas, for a window or for a year; list them."),
    "calendar": (
        "tracker.commands.calendar:calendar",
        "Let the instalments of residuals fall due; a running tracker does it itself.",
    ),
    "verify": ("tracker.commands.verify:verify", "Recompute everything from scratch and compare."),
    "close": ("tracker.commands.close:close", "Review, close, reopen and export payroll months."),
    "adjust": (
        "tracker.commands.adjust:adjust",
        "Adjust pay by hand: one proposes, another decides.",
    ),
    "trail": ("tracker.commands.trail:trail", "Show or export the trail of acts that change pay."),
    "doctor": (
        "tracker.commands.doctor:doctor",
        "Say whether this installation can be trusted.",
    ),
    "backup": (
        "tracker.commands.backup:backup",
        "Write the whole company into one file, while it works.",
    ),
    "restore": ("tracker.commands.backup:restore", "Fill an empty database from a backup."),
    "sender": (
        "tracker.ingest.webhooks.sender_command:sender",
        "Let systems push signed deal events, or stop them.",
    ),
    "connection": (
        "tracker.ingest.connectors.connection_command:connection",
        "Read the deals of a CRM, and say what its words mean.",
    ),
    "pull": (
        "tracker.ingest.connectors.pull_command:pull",
        "Read what has changed in a connected CRM; a running tracker does it by itself.",
    ),
    "reconcile": (
        "tracker.ingest.reconciling.command:reconcile",
        "Hold a source's own list of its deals against ours, and fetch what is missing.",
    ),
    "key": ("tracker.commands.people:key", "Make, list or revoke API keys."),
    "user": ("tracker.commands.people:user", "Add people who sign in, or help them back in."),
    "team": (
        "tracker.commands.team:team",
        "Say who belongs to a team and who leads it, from which day on.",
    ),
    "objective": (
        "tracker.commands.objective:objective",
        "Score objectives that plans pay for, in percent.",
    ),
    "equity": (
        "tracker.commands.equity:equity",
        "Grant units that vest by a schedule, shown beside the money.",
    ),
    "bench": (
        "tracker.bench.command:bench",
        "Measure the engine, the push and the page weight on this machine.",
    ),
    "test": (
        "tracker.commands.checks:test",
        "Run the tests. Arguments go to pytest, such as -k money.",
    ),
    "lint": ("tracker.commands.checks:lint", "Run ruff and mypy."),
}


class Commands(click.Group):
    """A group whose members are imported one at a time, when asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [name for name, (target, _) in COMMANDS.items() if module_exists(target)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        gc.disable()  # a thousand modules make no garbage; looking for it costs a fifth of the start
        try:
            command: click.Command = getattr(importlib.import_module(module), attribute)
        finally:
            gc.enable()
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(context)])


def module_exists(target: str) -> bool:
    try:
        return importlib.util.find_spec(target.partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="COMMAND --help explains one command. New here? Start with: python3 -m tracker demo",
)
def tracker() -> None:
    """Live sales earnings: exact to the minor unit, explained, private."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code. Errors meant for a person are printed plainly, without a traceback."""
    try:
        result: Any = tracker.main(arguments, prog_name="python3 -m tracker", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except TrackerError as error:
        click.echo(error.message, err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped.", err=True)
        return 130


if __name__ == "__main__":
    # What is left ends with the process; else all of it would be looked through once more.
    atexit.register(gc.freeze)
    sys.exit(main())
