"""Servers that let the bot in, or put it out."""

from __future__ import annotations

import logging
from dataclasses import replace

import discord

from bot.app import App
from delivery.telling import tell
from model.delivery import Address, Platform
from model.language import Message, code_of
from model.member import Role
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
            owners = [one for one in await stores.members.all() if one.role is Role.OWNER]
            users = [(await stores.members.identities(one.id)) for one in owners]
        _log.info("server %s has put the bot out", guild.id)
        for user in {one.user for some in users for one in some if one.platform == Platform.DISCORD}:
            await self._told(user, str(guild.id), reason)

    async def _told(self, user: str, gone: str, reason: Message) -> None:
        """Tell an owner in another server that he shares with the bot: Discord lets it write to nobody else."""
        for account, _ in await self._db.entrances.known(Platform.DISCORD, user):
            workspace = await self._db.entrances.workspace(Platform.DISCORD, account)
            if account == gone or workspace is None:
                continue
            async with self._db.write(workspace) as stores:
                member = await stores.members.identified(Platform.DISCORD, user)
                if member is None or await stores.places.closed(Address(Platform.DISCORD, account, f"@{user}")):
                    continue
                title = Message("The bot was taken out of a server of Discord")
                then = Message("Nothing is sent there until it is let in again.")
                await tell(stores, member.id, title, reason, then)
            return


def _whole(guild: discord.Guild) -> Address:
    return Address(Platform.DISCORD, str(guild.id), WHOLE)
