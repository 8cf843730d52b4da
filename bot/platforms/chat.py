"""`arb chat`: a conversation at the terminal; plain lines where it is none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

from bot.platforms.terminal import Terminal
from commands import COMMANDS
from commands.forms import option_of
from model.language import Language, Message

_LEAVE = frozenset({"exit", "quit", "/exit", "/quit", "끝", "나가기"})
_SHORT = {"help": "/arb help", "?": "/arb help", "도움말": "/arb help"}


async def chat(terminal: Terminal, language: Language) -> None:
    """Talk until the person leaves; a number presses that button of the newest card."""
    serving = asyncio.create_task(terminal.app.runs.serve())
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            await _prompted(terminal, language)
        else:
            await _plain_lines(terminal)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _prompted(terminal: Terminal, language: Language) -> None:
    names = Names(terminal)
    history = FileHistory(str(terminal.app.settings.home / "history"))
    session: PromptSession[str] = PromptSession(completer=_Commands(names, language), history=history)
    print(language.say(Message("Type /arb help to see what there is, a number to press a button, exit to leave.")))  # noqa: T201
    while True:
        await names.refresh()
        try:
            with patch_stdout():
                line = await session.prompt_async("arb> ")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip().lower() in _LEAVE:
            return
        try:
            await _heard(terminal, line.strip())
        except KeyboardInterrupt:
            continue


async def _plain_lines(terminal: Terminal) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip().lower() in _LEAVE:
            return
        await _heard(terminal, line.strip())


async def _heard(terminal: Terminal, line: str) -> None:
    if not line:
        return
    if line.isdigit() and 0 < int(line) <= len(terminal.actions):
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
        from reports.templates import builtin
        from sources.add import kinds

        self.known = {"template": tuple(builtin()), "kind": kinds(), "source": (), "run": ("last",)}
        db = self.terminal.app.workshop.db
        workspace = await db.entrances.workspace(self.terminal.platform, self.terminal.workspace)
        if workspace is None:
            return
        async with db.read(workspace) as stores:
            self.known["source"] = tuple(s.name for s in await stores.sources.all())
            self.known["run"] = ("last", *(r.name for r in await stores.runs.list(20)))


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
