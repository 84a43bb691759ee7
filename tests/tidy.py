"""The rules of the tree, one function each: a module goes in, what is wrong with it comes out."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent

FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400
TEST_NAME_WORDS_MIN = 3

# part of tracker/ -> the parts it may import besides itself
SMALL = {"errors", "clock", "config", "garbage", "logs"}
WORDS_OF_LIVE = {"live.renderers", "live.audiences"}
WORDS_OF_PAGES = {"pages.formatting", "pages.i18n", "pages.plan_advice", "pages.plan_text"}
MAY_IMPORT = {
    "engine": set[str](),
    "store": {"engine"} | SMALL,
    "flow": {"engine", "store", "flow_credits", "flow_figures"} | SMALL,
    "flow_credits": {"engine", "store"} | SMALL,
    "flow_figures": {"engine", "store"} | SMALL,
    "flow_objectives": {"engine", "store", "flow"} | SMALL,
    "flow_teams": {"engine", "store", "flow"} | SMALL,
    "flow_disputes": {"engine", "store", "flow"} | SMALL,
    "flow_calendar": {"engine", "store", "flow"} | SMALL,
    "flow_connections": {"engine", "store", "flow"} | SMALL,
    "flow_exchange": {"engine", "store", "flow"} | SMALL,
    "flow_exceptions": {"engine", "store", "flow"} | SMALL,
    "flow_drafts": {"engine", "store", "flow"} | SMALL,
    "flow_by_hand": {"engine", "store", "flow"} | SMALL,
    "flow_payroll": {"engine", "store", "flow"} | SMALL,
    "flow_imports": {"engine", "store", "flow"} | SMALL,
    "access": {"engine", "store"} | SMALL,
    "contract": {"engine", "ingest", "store"} | SMALL,
    "ingest": {
        *("engine", "flow", "flow_connections", "flow_exchange", "flow_imports", "flow_teams"),
        *("store", "access"),
        *SMALL,
    },
    # of live, pages know only the words they are asked in; live calls them through its registry
    "pages": {
        *(
            "engine",
            "flow",
            "flow_by_hand",
            "flow_connections",
            "flow_disputes",
            "flow_objectives",
            "flow_drafts",
            "flow_imports",
            "flow_payroll",
            "payroll_export",
            "store",
            "access",
            "ingest",
            "contract",
            "passwords",
        ),
        *("trials", "simulating", "importing", "reconciling", "off_the_loop"),
        *WORDS_OF_LIVE,
        *SMALL,
    },
    "live": {"engine", "store", "access"} | SMALL,
    "trials": {"engine", "store"} | SMALL,
    # of pages, commands know only what puts things into the reader's words
    "commands": {
        *("engine", "flow", "flow_drafts", "flow_payroll", "flow_teams", "store", "ingest"),
        "flow_exceptions",
        *("secret_key", "verify", "passwords", "launcher", "trials", "payroll_export"),
        *("flow_calendar", "flow_objectives"),
        *WORDS_OF_PAGES,
        *SMALL,
    },
    "payroll_export": {"engine", "store"} | SMALL,
    "importing": {"engine", "store", "ingest"} | SMALL,
    "reconciling": {"ingest", "store"} | SMALL,
    "simulating": {"engine", "store", "flow_drafts", "trials"} | SMALL,
    "clock": set[str](),
    "garbage": set[str](),
    "logs": {"clock"},
    "errors": set[str](),
}
IMPURE_MODULES = {
    *(
        "asyncio",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
    ),
    *("socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
}
IMPURE_CALLS = {"open", "print", "input"}
INEXACT_COLUMNS = {"Float", "Numeric", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION"}
EMPTY_WORDS = {"data", "info", "util", "utils", "helper", "helpers", "misc"}


@dataclass(frozen=True)
class Module:
    """One Python file: where it is, from the root of the project, and its text."""

    path: str
    source: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.source)))

    @property
    def place(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).with_suffix("").parts

    @property
    def part(self) -> str:
        """`engine` for tracker/engine/money.py, `flow` for tracker/flow.py, "" outside tracker/."""
        return self.place[1] if self.place[0] == "tracker" and len(self.place) > 1 else ""

    @property
    def imports(self) -> list[tuple[str, int]]:
        """Every imported module in full, `from a import b` as `a.b`, with its line."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                found += [(f"{start}.{alias.name}", node.lineno) for alias in node.names]
        return found

    @property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [node for node in self.nodes if isinstance(node, kinds)]

    def at(self, line: int, what: str) -> str:
        return f"{self.path}:{line}: {what}"


def modules(*folders: str) -> list[Module]:
    """All Python files under these folders; a folder that does not exist yet has none."""
    return [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def imports_only_what_its_folder_may(module: Module) -> Iterator[str]:
    allowed = MAY_IMPORT.get(module.part)
    for name, line in module.imports:
        if name.startswith("."):
            yield module.at(line, "a relative import hides which folder it reaches into")
        words = name.split(".")
        if allowed is None or words[0] != "tracker" or words[1] == module.part:
            continue
        if allowed.isdisjoint({words[1], ".".join(words[1:3])}):
            yield module.at(line, f"{module.part} may not import {'.'.join(words[1:3])}")


def only_the_store_knows_sqlalchemy(module: Module) -> Iterator[str]:
    if module.part == "store" or module.place[0] == "migrations":
        return
    for name, line in module.imports:
        if name.split(".")[0] in ("sqlalchemy", "alembic"):
            yield module.at(
                line, "SQLAlchemy belongs in tracker/store; call a function of the store"
            )


def the_engine_is_pure(module: Module) -> Iterator[str]:
    if module.part != "engine":
        return
    for name, line in module.imports:
        top = name.lstrip(".").split(".")[0]
        if top in IMPURE_MODULES or top not in sys.stdlib_module_names | {"tracker"}:
            yield module.at(line, f"the engine may not import {top}")
    for call in module.calls:
        if isinstance(call.func, ast.Name) and call.func.id in IMPURE_CALLS:
            yield module.at(call.lineno, f"the engine may not call {call.func.id}()")


def no_inexact_number_near_money(module: Module) -> Iterator[str]:
    if module.part not in ("engine", "store"):
        return
    for call in module.calls:
        if isinstance(call.func, ast.Name) and call.func.id == "float":
            yield module.at(call.lineno, "float() near money; use int or Fraction")
    for name, line in module.imports:
        if name.split(".")[-1] in INEXACT_COLUMNS:
            yield module.at(line, f"{name} near money; use BigInteger minor units")
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and node.attr in INEXACT_COLUMNS:
            yield module.at(node.lineno, f"{node.attr} near money; use BigInteger minor units")
        if module.part == "engine" and isinstance(node, ast.Constant) and type(node.value) is float:
            yield module.at(node.lineno, f"{node.value} is a float; use Fraction")


def only_the_clock_asks_the_time(module: Module) -> Iterator[str]:
    if module.part in ("clock", ""):
        return
    for call in module.calls:
        if not isinstance(call.func, ast.Attribute):
            continue
        asked, method = ast.unparse(call.func.value), call.func.attr
        asks_a_date = method in ("now", "utcnow", "today") and asked != "clock"
        if asks_a_date or (asked, method) in (("time", "time"), ("time", "time_ns")):
            yield module.at(
                call.lineno, f"{asked}.{method}() asks the time; tracker.clock does that"
            )


def names_say_what_they_are(module: Module) -> Iterator[str]:
    for word in EMPTY_WORDS & set(module.place[-1].split("_")):
        yield module.at(1, f"a module named “{word}” says nothing")
    for node in module.nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", node.name)
            for word in EMPTY_WORDS & {word.lower() for word in words}:
                yield module.at(node.lineno, f"“{word}” in {node.name} says nothing")
            if isinstance(node, ast.ClassDef) and words[-1:] == ["Manager"]:
                yield module.at(
                    node.lineno, f"{node.name}: what does it do? A manager is a person here"
                )
        elif (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and node.id in EMPTY_WORDS
        ):
            yield module.at(node.lineno, f"a variable named “{node.id}” says nothing")


def nothing_is_too_long(module: Module) -> Iterator[str]:
    if module.place[0] == "migrations":  # written by Alembic, never edited again
        return
    lines_count = len(module.source.splitlines())
    if lines_count > MODULE_LINES_MAX:
        yield module.at(
            lines_count, f"longer than {MODULE_LINES_MAX} lines; split it by what it is about"
        )
    for function in module.functions:
        body = function.body[1:] if ast.get_docstring(function) else function.body
        length = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
        if length > FUNCTION_LINES_MAX:
            yield module.at(
                function.lineno,
                f"{function.name} has {length} lines; {FUNCTION_LINES_MAX} at most",
            )


def a_folder_says_at_its_door_what_it_is(module: Module) -> Iterator[str]:
    if module.part and module.place[-1] == "__init__":
        tree = ast.parse(module.source)
        if not ast.get_docstring(tree) or len(tree.body) != 1:
            yield module.at(1, "must be a docstring and nothing else")


def a_page_has_its_template_folder(module: Module, root: Path = ROOT) -> Iterator[str]:
    if module.part != "pages" or not re.search(
        r"^@\w+\.(route|get|post)\(", module.source, re.MULTILINE
    ):
        return
    renders = any(
        ast.unparse(call.func).split(".")[-1] in ("render", "render_template")
        for call in module.calls
    )
    if renders and not (root / "templates" / module.place[-1]).is_dir():
        yield module.at(1, f"shows pages but has no folder templates/{module.place[-1]}/")


def test_names_are_sentences(module: Module) -> Iterator[str]:
    for function in module.functions:
        words = function.name.removeprefix("test_").split("_")
        if (
            function.name.startswith("test_")
            and len([word for word in words if word.isalpha()]) < TEST_NAME_WORDS_MIN
        ):
            yield module.at(
                function.lineno, f"{function.name} is no sentence that can be true or false"
            )
