"""What a person gives to a command: days, and files that are read as text."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import click

from tracker.engine.plan_files.plan_file import SIZE_BYTES_MAX
from tracker.engine.plan_files.plan_reader import PlanProblem
from tracker.errors import BadInput, Problem

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Day(click.ParamType[date]):
    """A date such as 2027-01-01."""

    name = "date"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2027-01-01.", param, ctx)


def toml_text_of(file: Path) -> str:
    """The text of a TOML file, or what keeps it from being read; never more of it than a plan can have."""
    try:
        with file.open("rb") as opened:
            written = opened.read(SIZE_BYTES_MAX + 1)
        is_cut = (
            len(written) > SIZE_BYTES_MAX
        )  # maybe inside a character; its size is refused anyway
        return written.decode("utf-8-sig", "replace" if is_cut else "strict")
    except UnicodeDecodeError as error:
        what = f"byte {error.start + 1} is not UTF-8."
        raise BadInput([Problem(str(file), what, "Save the file as UTF-8.")]) from None
    except OSError as error:
        raise BadInput([Problem(str(file), f"it cannot be read: {error.strerror}.")]) from None


def problems_in(file: Path, problems: Iterable[PlanProblem]) -> Iterator[Problem]:
    """The problems of a TOML file, each with the file and the line it is in."""
    for problem in problems:
        where = f"{file}, line {problem.line}" if problem.line else str(file)
        where = f"{where}, {problem.key}" if problem.key else where
        yield Problem(where, problem.what, problem.fix)
