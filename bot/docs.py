"""Pages made from the code: docs/commands.md, docs/settings.md and .env.example. `python -m bot.docs [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.settings import Settings
from commands import COMMANDS
from commands.command import Command
from commands.forms import option_of
from model.language import Language

_ROOT = Path(__file__).parent.parent
_SHOWN = {"home": ".arb", "language": "the machine's", "time_zone": "the machine's", "git_roots": "the current folder"}


def pages() -> Mapping[str, str]:
    """Return each page's text by its path from the project's root."""
    return {"docs/commands.md": _commands(), "docs/settings.md": _settings(), ".env.example": _example()}


def _commands() -> str:
    english, korean = Language("en"), Language("ko")
    lines = [
        "# What you can say", "",
        "Made from the commands themselves by `make docs`. Grammar: `/group verb words key=value --flag`;",
        "words in quotes where they must not be split. `last` names the newest run.",
    ]  # fmt: skip
    for group, members in groupby(COMMANDS, key=lambda c: c.name.split()[0]):
        lines += ["", f"## /{group}", "", "| command | does | 하는 일 | arguments | who | example |", "|" + "---|" * 6]
        for c in members:
            arguments = ", ".join(f"`{name}`" + ("" if needed else "?") for name, _, needed in _said(c))
            cells = (f"`/{c.name}`", english.say(c.help), korean.say(c.help), arguments, c.role.name.lower())
            lines.append(f"| {' | '.join(cells)} | `{c.example}` |")
    labels = {(name, label) for c in COMMANDS for name, label, _ in _said(c)}
    lines += ["", "## Arguments", "", "| name | is |", "|---|---|"]
    lines += [f"| `{name}` | {label} |" for name, label in sorted(labels)]
    return "\n".join(lines) + "\n"


def _said(command: Command[Any]) -> list[tuple[str, str, bool]]:
    """Return name, label and whether it is needed of what people say with a command: forms send what has no label."""
    fields = command.arguments.model_fields.items()
    found = [(name, option_of(field).label.text, field.is_required()) for name, field in fields]
    return [one for one in found if one[1]]


def _settings() -> str:
    lines = [
        "# Settings", "",
        "Made from `bot/settings.py` by `make docs`. Each is an environment variable, or a line in `.env`.",
        "", "| variable | default | what it is |", "|---|---|---|",
    ]  # fmt: skip
    lines += [f"| `{name}` | {default or '–'} | {about} |" for name, default, about in _rows()]
    return "\n".join(lines) + "\n"


def _example() -> str:
    lines = ["# Copy to .env and change what you need; made by `make docs`."]
    for name, default, about in _rows():
        lines += ["", f"# {about}" + (f" Default: {default}." if default else ""), f"# {name}="]
    return "\n".join(lines) + "\n"


def _rows() -> list[tuple[str, str, str]]:
    rows = []
    for name, field in Settings.model_fields.items():
        default = _SHOWN.get(name) or (str(field.default) if isinstance(field.default, str | int) else "")
        rows.append((f"ARB_{name.upper()}", default, field.description or ""))
    return rows


def main() -> int:
    """Write the pages, or with --check tell which are not up to date."""
    stale = []
    for name, text in pages().items():
        path = _ROOT / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"Not up to date: {', '.join(stale)}. Run make docs.", file=sys.stderr)  # noqa: T201
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
