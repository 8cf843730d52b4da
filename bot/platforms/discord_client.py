"""The connection to Discord's gateway: what comes in is handed on as it comes; nothing of the library answers.

Without the intent for message contents: what mentions the bot and what is said to it alone comes with its text anyway.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.platforms.discord_heard import Heard, interaction_heard, message_heard
from egress.client import Egress
from egress.sockets import Connector


@dataclass(frozen=True, slots=True)
class Hearers:
    """Who is told of what comes in."""

    heard: Callable[[Heard], None]
    there: Callable[[discord.Guild], Awaitable[None]]
    joined: Callable[[discord.Guild], Awaitable[None]]
    left: Callable[[discord.Guild], Awaitable[None]]


def at_address(api: str, gateway: str | None) -> None:
    """Have the library reach Discord at these addresses: it keeps them for the whole process."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    Route.BASE = api.rstrip("/")
    if gateway is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


class Client(discord.AutoShardedClient):
    """One bot in all its servers."""

    def __init__(self, gateway: str | None, egress: Egress) -> None:
        wanted = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        super().__init__(
            intents=wanted,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            connector=Connector(egress, limit=0),
        )
        self._gateway = None if gateway is None else yarl.URL(gateway)
        self.hearers: Hearers | None = None

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect one shard; at the address of the settings, where they have one."""
        await super().launch_shard(self._gateway or gateway, shard_id, initial=initial)

    async def on_interaction(self, came: discord.Interaction[Any]) -> None:
        """Hand on a command, a button, a form or the typing of an argument."""
        if self.hearers is not None and came.type is not discord.InteractionType.ping:
            self.hearers.heard(interaction_heard(came))

    async def on_message(self, came: discord.Message) -> None:
        """Hand on what people say to the bot alone, or with a mention of it."""
        me = self.user
        if self.hearers is None or me is None or came.author.bot or came.webhook_id is not None:
            return
        if came.type not in (discord.MessageType.default, discord.MessageType.reply):
            return
        if came.guild is None or any(one.id == me.id for one in came.mentions):
            self.hearers.heard(message_heard(came, me.id))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Hand on that a server has let the bot in."""
        if self.hearers is not None:
            await self.hearers.joined(guild)

    async def on_ready(self) -> None:
        """Hand on the servers that let the bot in while nobody heard it."""
        if self.hearers is not None:
            for guild in self.guilds:
                await self.hearers.there(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Hand on that a server has put the bot out."""
        if self.hearers is not None:
            await self.hearers.left(guild)
