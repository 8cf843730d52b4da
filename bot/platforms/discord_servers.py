"""Servers that let the bot in, or put it out."""

from __future__ import annotations

import logging
from dataclasses import replace

import discord

from bot.app import App
from bot.platforms.elsewhere import tell_owners
from model.delivery import Address, Platform
from model.language import Message, code_of
from storage.places import WHOLE

_log = logging.getLogger(__name__)


class Servers:
    """What happens to the workspaces of servers."""

    def __init__(self, app: App) -> None:
        self._db = app.workshop.db

    async def there(self, guild: discord.Guild) -> None:
        """Make a server's workspace where there is none yet."""
        if await self._db.entrances.workspace(Platform.DISCORD, str(guild.id)) is None:
            await self.joined(guild)

    async def joined(self, guild: discord.Guild) -> None:
        """Make a server's workspace, in the language that the server speaks."""
        workspace = await self._db.entrances.enter(Platform.DISCORD, str(guild.id))
        code = code_of(str(guild.preferred_locale))
        async with self._db.write(workspace) as stores:
            settings = await stores.workspaces.settings()
            if settings.language is None and code is not None:
                await stores.workspaces.change(replace(settings, language=code))
            await stores.places.open(_whole(guild))
        _log.info("server %s has let the bot in", guild.id)

    async def left(self, guild: discord.Guild) -> None:
        """Send nothing more to a server that has put the bot out, and tell its owner where he can be reached."""
        workspace = await self._db.entrances.workspace(Platform.DISCORD, str(guild.id))
        if workspace is None:
            return
        reason = Message("The bot is not in the server {name} any more.", {"name": guild.name or str(guild.id)})
        async with self._db.write(workspace) as stores:
            await stores.places.close(_whole(guild), reason, whole=True)
        _log.info("server %s has put the bot out", guild.id)
        await tell_owners(
            self._db, workspace, _whole(guild), Message("The bot was taken out of a server of Discord"), reason
        )


def _whole(guild: discord.Guild) -> Address:
    return Address(Platform.DISCORD, str(guild.id), WHOLE)
