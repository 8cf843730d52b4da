"""`arb demo`: the main job on the repository in front of a newcomer, through the same door as everything else."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from bot.app import running
from bot.platforms.chat import chat
from bot.platforms.terminal import Said, Terminal, print_card
from bot.settings import load, login
from model.ids import SourceId, WorkspaceId
from model.language import CODES, Language, Message
from model.record import Commit
from model.window import Window, parse_window, week_of

WORKSPACE = "default"


async def demonstrate(repository: str, out: str, lang: str | None) -> bool:
    """Report on a repository, write HTML and Markdown into `out`, say what to try; on a terminal go on as a chat."""
    path = Path(repository).expanduser().resolve()
    settings = load()
    settings = settings.model_copy(update={"git_roots": (*settings.git_roots, path)})
    code = next((known for known in CODES if known == lang), settings.language)
    language = Language(code, settings.time_zone)
    async with running(settings) as app:
        await app.take_up()
        heard: list[Said] = []
        terminal = Terminal(app, login(), WORKSPACE, code, heard.append)
        if not await _demonstrate(terminal, heard, path, Path(out), language):
            print_card(heard[-1])
            return False
        if sys.stdin.isatty() and sys.stdout.isatty():
            await chat(replace(terminal, show=print_card, actions=heard[-1].card.actions), language)
    return True


async def _demonstrate(terminal: Terminal, heard: list[Said], path: Path, out: Path, language: Language) -> bool:
    name = await _source(terminal, path)
    if name is None or not await terminal.say(f"/source sync {name}"):
        return False
    window, usual = await _window(terminal, name, language)
    if not await terminal.say(f"/report run weekly source={name} window={window.typed()}"):
        return False
    report = heard[-1]
    if not usual:
        _print(language.say(Message("Nothing was committed last week; this is the last week in which something was.")))
        _print()
    print_card(report)
    files = [await _write(terminal, heard, form, out) for form in ("html", "md")]
    _print(language.say(Message("The same report as a page and as Markdown:")))
    for file in files:
        _print(f"  {file}")
    _print()
    _print(language.say(Message("Three things to try:")))
    root = (
        ""
        if any(path.is_relative_to(Path(r).resolve()) for r in load().git_roots)
        else f"ARB_GIT_ROOTS={shlex.quote(str(path))} "
    )
    for line in ("/report why last commits", "/report run daily window=yesterday", "/arb help"):
        _print(f"  {root}{sys.argv[0]} say '{line}'")
    _print()
    heard.append(report)
    return True


async def _source(terminal: Terminal, path: Path) -> str | None:
    """Return the name of the source for this path, added where it is not there yet; None where that failed."""
    base = re.sub(r"[^\w.-]+", "-", path.name).strip("-.")[:30] or "demo"
    db = terminal.app.workshop.db
    workspace = await db.entrances.enter(terminal.platform, terminal.workspace)
    async with db.read(workspace) as stores:
        taken = {s.name: (await stores.sources.config(s.id)).get("path") for s in await stores.sources.all()}
    same = next((name for name, where in taken.items() if where == str(path)), None)
    if same is not None:
        return same
    name = next(n for n in (base, *(f"{base}-{k}" for k in range(2, 1000))) if n not in taken)
    quote = next((q for q in ('""', "''", "“”") if not set(q) & set(str(path))), '""')
    return name if await terminal.say(f"/source add git name={name} path={quote[0]}{path}{quote[1]}") else None


async def _window(terminal: Terminal, name: str, language: Language) -> tuple[Window, bool]:
    """Return last week, or the newest week with a commit; and whether it is last week."""
    zone = language.zone.key
    usual = parse_window("last week", terminal.app.workshop.clock.now(), zone)
    db = terminal.app.workshop.db
    workspace = await db.entrances.enter(terminal.platform, terminal.workspace)
    async with db.read(workspace) as stores:
        source = (await stores.sources.named(name)).id
        newest = await stores.records.newest(source)
    if newest is None or await _has_commits(terminal, workspace, source, usual):
        return usual, True
    return week_of(newest.astimezone(language.zone).date(), zone), False


async def _has_commits(terminal: Terminal, workspace: WorkspaceId, source: SourceId, window: Window) -> bool:
    async with terminal.app.workshop.db.read(workspace) as stores:
        async for _, record in stores.records.overlapping((source,), window):
            if isinstance(record.body, Commit):
                return True
    return False


async def _write(terminal: Terminal, heard: list[Said], form: str, out: Path) -> Path:
    """Export the newest run and put the file where the newcomer looks for it."""
    await terminal.say(f"/report export last {form}")
    saved = Path(heard[-1].files[0].path)
    out.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(saved, out / f"weekly.{form}"))


def _print(text: str = "") -> None:
    print(text)  # noqa: T201
