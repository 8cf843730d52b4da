"""The rules of the house: who may import whom, what stands in one place only, how large things may grow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent

# room → what it may import besides itself, from the top down; siblings never import each other
ROOMS: dict[str, set[str]] = {
    "bot": {"commands", "reports", "alerts", "sources", "delivery", "collectors", "analyzers", "writers", "storage"},
    "commands": {"reports", "alerts", "sources", "delivery", "analyzers", "storage"},
    "reports": {"sources", "delivery", "analyzers", "writers", "storage"},
    "alerts": {"sources", "delivery", "analyzers", "writers", "storage"},
    "sources": {"delivery", "collectors", "storage"},
    "delivery": {"writers", "storage"},
    "collectors": set(),
    "analyzers": set(),
    "writers": set(),
    "storage": set(),
    "egress": set(),
    "model": set(),
}
WITH_EGRESS = {"bot", "alerts", "sources", "delivery", "collectors", "analyzers", "writers"}
ALLOWED = {("commands/command.py", "writers.process")}  # the Context names the render process

# outside name (dotted, with all below it) → the only places that may import or use it
PLACES: dict[str, tuple[str, ...]] = {
    "slack_bolt": ("bot/platforms/slack",),
    "slack_sdk": ("bot/platforms/slack", "writers/slack"),
    "discord": ("bot/platforms/discord", "writers/discord"),
    "sqlalchemy": ("storage/",),
    "alembic aiosqlite procrastinate": ("storage/",),
    "psycopg": ("storage/", "collectors/sql"),
    "anthropic openai": ("analyzers/words/",),
    "httpx2 httpcore2 ijson": ("egress/",),
    "gidgethub jwt": ("collectors/github",),
    "jsonschema": ("collectors/qc.py",),
    "jmespath": ("collectors/json",),
    "babel": ("model/language.py",),
    "apscheduler": ("bot/loops.py",),
    "cronsim holidays": ("reports/",),
    "fastapi starlette uvicorn h11": ("bot/http",),
    "prometheus_client": ("bot/metrics.py",),
    "structlog": ("bot/logs.py",),
    "jinja2 markdown_it": ("writers/",),
    "vl_convert": ("writers/painter.py",),
    "cryptography": ("storage/sealing.py", "storage/archive.py"),
    "pydantic_settings os.environ os.getenv": ("bot/settings.py",),
    "click": ("bot/cli.py",),
    "prompt_toolkit": ("bot/platforms/",),
    "datetime.now datetime.utcnow datetime.today date.today time.time time.time_ns": ("model/clock.py",),
    "secrets random uuid": ("model/ids.py",),
    "os.urandom": ("storage/sealing.py", "storage/archive.py"),
}
# one command, wake-up, source or push to it, delivery, turn of the writer
BROAD = ("commands/door.py", "bot/loops.py", "sources/sync.py", "sources/receive.py", "delivery/", "storage/queue.py")
PLUGINS = ("collectors/", "commands/", "analyzers/words/")
PARTS = ("collectors/git_process.py",)  # what a plug-in stands on, no plug-in itself
NAMELESS = {"utils", "helpers", "common", "core", "manager"}


@cache
def files() -> dict[str, ast.Module]:
    """Return every source file of the rooms by its path."""
    found = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in found}


@cache
def imported() -> dict[str, tuple[str, ...]]:
    return {path: tuple(imports(tree)) for path, tree in files().items()}


@cache
def used_in() -> dict[str, tuple[str, ...]]:
    return {path: tuple(sorted(set(used(tree)))) for path, tree in files().items()}


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def used(tree: ast.Module) -> Iterator[str]:
    """Yield imports, and each attribute as written with the tails of it: `datetime.datetime.now`, `datetime.now`."""
    yield from imports(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            yield f"{owner}.{node.attr}"


def under(name: str, roots: str) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots.split())


def functions() -> Iterator[tuple[str, int]]:
    for path, tree in files().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_rooms_import_downwards_only() -> None:
    for room, below in ROOMS.items():
        may = below | {room} | ({"egress"} if room in WITH_EGRESS else set()) | {"model"}
        wrong = {
            f"{path} imports {name}"
            for path, names in imported().items()
            if path.startswith(f"{room}/")
            for name in names
            if (top := name.partition(".")[0]) in ROOMS
            and top not in may
            and not any(path == p and under(name, n) for p, n in ALLOWED)
        }
        assert not wrong, f"{room}/ may import {', '.join(sorted(may))} (docs/architecture.md)"


def test_outside_names_keep_to_their_places() -> None:
    for names, places in PLACES.items():
        wrong = {
            f"{path} uses {name}"
            for path, found in used_in().items()
            if not path.startswith(places)
            for name in found
            if under(name, names)
        }
        assert not wrong, f"{names} belongs to {', '.join(places)} only"


def test_broad_excepts_stand_only_where_one_must_not_stop_the_others() -> None:
    wrong = {
        f"{path}:{node.lineno}"
        for path, tree in files().items()
        if not path.startswith(BROAD)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    }
    assert not wrong, "a broad except may stand around one command, wake-up, run, source, push, delivery and turn"


def test_nothing_is_called_utils() -> None:
    wrong = {path for path in files() if NAMELESS & set(re.split(r"[/_.]", path))}
    assert not wrong, f"nothing is called {', '.join(sorted(NAMELESS))}: name it by what it does"


def test_files_stay_small() -> None:
    tests = {path.relative_to(ROOT).as_posix(): 400 for path in (ROOT / "tests").rglob("*.py")}
    most = {path: 200 if path.startswith(PLUGINS) and path not in PARTS else 300 for path in files()} | tests
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in most}
    wrong = {path: length for path, length in lengths.items() if length > most[path]}
    assert not wrong, "a plug-in has at most 200 lines, another file 300, a test file 400"


def test_functions_stay_small() -> None:
    lengths = dict(functions())
    assert not {name: length for name, length in lengths.items() if length > 50}, "no function is over 50 lines"
    assert median(lengths.values()) <= 10, "half of the functions have at most 10 lines"
