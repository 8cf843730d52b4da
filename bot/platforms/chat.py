"""`arb chat`: a conversation at the terminal; plain lines where it is none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.platforms.status_line import StatusLine
from bot.platforms.terminal import Said, Terminal, print_card
from commands import COMMANDS
from commands.forms import option_of
from commands.names import names
from model.form import Form
from model.form import Names as Kinds
from model.language import Language, Message

_LEAVE = frozenset({"exit", "quit", "/exit", "/quit", "끝", "나가기"})
_FIRST = "/arb start"
_SHORT = {"help": "/arb help", "?": "/arb help", "도움말": "/arb help"}


async def chat(terminal: Terminal, language: Language) -> None:
    """Talk until the person leaves; a number presses that button of the newest card."""
    serving = asyncio.create_task(terminal.app.serve())
    try:
        await _greet(terminal)
        if sys.stdin.isatty() and sys.stdout.isatty():
            await _prompted(terminal, language)
        else:
            await _plain_lines(terminal)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _greet(terminal: Terminal) -> None:
    """Show what to do first where there is no source yet."""
    db = terminal.app.workshop.db
    async with db.read(await db.entrances.enter(terminal.platform, terminal.workspace)) as stores:
        empty = not await stores.sources.all()
    if empty:
        await terminal.say(_FIRST)


async def _prompted(terminal: Terminal, language: Language) -> None:
    known = Names(terminal)
    terminal.show, terminal.status = _show, StatusLine()
    history = FileHistory(str(terminal.app.settings.home / "history"))
    session: PromptSession[str] = PromptSession(completer=_Commands(known, language), history=history)
    print(language.say(Message("Type /arb help to see what there is, a number to press a button, exit to leave.")))  # noqa: T201
    while True:
        await known.refresh()
        try:
            with patch_stdout():
                line = await session.prompt_async("arb> ")
        except KeyboardInterrupt:
            if session.default_buffer.text:  # Ctrl-C clears a line that was begun
                continue
            return
        except EOFError:
            return
        if line.strip().lower() in _LEAVE:
            return
        await _heard(terminal, line.strip())
        while terminal.form is not None and await _filled_in(terminal, terminal.form, session, known, language):
            pass


def _show(said: Said) -> None:
    """Print a message; of a form only what it is for, as its fields are asked for one by one."""
    if said.form is None:
        print_card(said)
    else:
        print("\n".join(line for line in (said.form.title, said.form.problem) if line))  # noqa: T201


async def _filled_in(
    terminal: Terminal, form: Form, session: PromptSession[str], names: Names, language: Language
) -> bool:
    """Ask for each field and submit; False when the person leaves it (Ctrl-C, Ctrl-D)."""
    values: dict[str, str] = {}
    print(language.say(Message("Fill it in; Ctrl-C leaves it.")))  # noqa: T201
    for field in form.fields:
        if field.error:
            print(f"  {field.error}")  # noqa: T201
        known = (names.known or {}).get(field.names or "", ())
        choices = WordCompleter([value for value, _ in field.choices] or list(known))
        try:
            values[field.name] = await session.prompt_async(
                f"  {field.label}{' *' if field.required else ''}: ",
                default=field.value or "",
                completer=choices,
                is_password=field.control == "secret",
            )
        except (EOFError, KeyboardInterrupt):
            terminal.form = None
            return False
    await terminal.submit(str(form.submit.id), values)
    return True


async def _plain_lines(terminal: Terminal) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip().lower() in _LEAVE:
            return
        await _heard(terminal, line.strip())


async def _heard(terminal: Terminal, line: str) -> None:
    if not line:
        return
    if line.isdecimal() and 0 < int(line) <= len(terminal.actions):
        action = terminal.actions[int(line) - 1]
        await terminal.press(str(action.id))
    else:
        await terminal.say(_SHORT.get(line.lower(), line))


@dataclass
class Names:
    """Names that complete a line, as of the newest look."""

    terminal: Terminal
    known: dict[str, tuple[str, ...]] | None = None

    async def refresh(self) -> None:
        """Look the names up again."""
        db = self.terminal.app.workshop.db
        workspace = await db.entrances.workspace(self.terminal.platform, self.terminal.workspace)
        if workspace is None:
            return
        async with db.read(workspace) as stores:
            me = await stores.members.identified(self.terminal.platform, self.terminal.user)
            self.known = {what: await names(stores, what, me) for what in get_args(Kinds)}


class _Commands(Completer):
    """Completes commands, their arguments and stored names."""

    def __init__(self, names: Names, language: Language) -> None:
        self._names = names
        self._language = language

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        text = document.text_before_cursor.lstrip().removeprefix("/")
        words = text.split(" ")
        if len(words) <= 2:
            yield from self._commands(text)
        else:
            yield from self._arguments(words)

    def _commands(self, text: str) -> Iterable[Completion]:
        for command in COMMANDS:
            if command.name.startswith(text):
                about = self._language.say(command.help)
                yield Completion(command.name, -len(text), display=f"/{command.name}", display_meta=about)

    def _arguments(self, words: list[str]) -> Iterable[Completion]:
        command = next((c for c in COMMANDS if c.name == " ".join(words[:2])), None)
        if command is None or self._names.known is None:
            return
        key, _, value = words[-1].rpartition("=")
        for name, field in command.arguments.model_fields.items():
            option = option_of(field)
            if key == name or (not key and option.positional):
                for found in self._names.known.get(option.names or "", ()):
                    if found.startswith(value):
                        yield Completion(found, -len(value))
            elif not key and name.startswith(value):
                yield Completion(f"{name}=", -len(value))
