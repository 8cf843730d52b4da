"""Talk to a whole bot, in process: type words, read cards. The repository it reads is a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import App, running
from bot.platforms.terminal import Said, Terminal
from bot.settings import Settings
from model.clock import SystemClock
from model.language import Code
from tests.support.databases import with_tables
from writers import plain

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class FixedClock(SystemClock):
    """The machine's clock with a wall time that stands still."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Talk:
    """People talking to one bot."""

    app: App

    async def hear(
        self, line: str, user: str = "mina", workspace: str = "acme", lang: Code | None = "en"
    ) -> list[Said]:
        """Say a line; return all messages that come back."""
        heard: list[Said] = []
        await Terminal(self.app, user, workspace, lang, heard.append).say(line)
        return heard

    async def say(self, line: str, user: str = "mina", workspace: str = "acme", lang: Code | None = "en") -> Said:
        """Say a line; return the last message, but for what is told to a source's owner: it comes when it comes."""
        heard = await self.hear(line, user, workspace, lang)
        return next((said for said in reversed(heard) if not said.card.title.endswith(_TOLD)), heard[-1])

    async def press(self, said: Said, label: str, user: str = "mina", workspace: str = "acme") -> list[Said]:
        """Press a message's button; return all messages that come back."""
        found = next(a.id for a in said.card.actions if a.label == label)
        return await self.press_id(str(found), user, workspace)

    async def press_id(self, id: str, user: str = "mina", workspace: str = "acme") -> list[Said]:
        """Press whatever has this id."""
        heard: list[Said] = []
        await Terminal(self.app, user, workspace, "en", heard.append).press(id)
        return heard


_TOLD = ("cannot be read.", "can be read again.", "읽을 수 없습니다.", "다시 읽을 수 있습니다.")


@asynccontextmanager
async def talking(
    home: Path, root: Path, at: datetime = NOW, opened: tuple[str, ...] = (), **further: Any
) -> AsyncIterator[Talk]:
    """Start a bot with its data in `home` that may read repositories under `root` and reach what is `opened`."""
    settings = Settings(
        home=with_tables(home),
        git_roots=(root,),
        language="en",
        time_zone="UTC",
        database_url=None,
        egress_allow=opened,
        **further,
    )
    async with running(settings, FixedClock(at)) as app:
        yield Talk(app)


def text(said: Said) -> str:
    """Return a message as plain text."""
    return plain.render(said.card)


def content(said: Said) -> bytes:
    """Return the bytes of a message's only file."""
    return Path(said.files[0].path).read_bytes()
