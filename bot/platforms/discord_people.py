"""Who speaks on Discord, and for which server: what somebody is there is looked at whenever he says something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import discord

from bot.platforms.discord_heard import Heard, Standing, standing_of
from bot.platforms.discord_rest import Replies
from commands.event import Visitor
from commands.secrets import redacted
from model.card import Action, Card, Text, text_line
from model.delivery import Platform
from model.errors import DeliveryError, UnknownName
from model.ids import ActionId
from model.language import Language, Message
from model.member import Role
from storage.database import Database

_log = logging.getLogger(__name__)
_LOOK = 1.0  # seconds to ask what somebody is in a server; then what was known before holds
_FEW = 5  # servers that are looked through for somebody who was never heard before
_BUTTONS = 20  # servers to choose from
_ID = 95  # characters of a button's id that are ours to use
SERVER = "@"  # what the id of a button begins with that chooses a server: no other one does


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be known before anything can be said in direct messages."""

    card: Card


class People:
    """The people of the servers that the bot is in."""

    def __init__(self, db: Database, client: discord.Client, replies: Replies, language: Language) -> None:
        self._db = db
        self._client = client
        self._replies = replies
        self._language = language

    async def place(self, heard: Heard, text: str) -> Visitor | Question:
        """Return who says something where; in direct messages, for which server, or the question which one.

        `text` is said again when the question is answered, where it is short enough to be kept in a button.
        """
        if heard.guild is not None:
            return heard.visitor(heard.guild, heard.standing)
        account = await self.account(heard)
        if account is not None:
            return await self.visitor(heard, account)
        known = await self._db.entrances.known(Platform.DISCORD, heard.user)
        shared = [id for id, _ in known if self._guild(id)] or await self._looked_for(heard)
        if len(shared) == 1:
            return await self.visitor(heard, shared[0])
        return Question(self._question(heard, shared, text))

    async def account(self, heard: Heard) -> str | None:
        """Return which server is meant in direct messages, where that is known without asking anybody."""
        known = [(at, id) for id, at in await self._db.entrances.known(Platform.DISCORD, heard.user) if self._guild(id)]
        chosen = [(at, id) for at, id in known if at is not None]
        return max(chosen)[1] if chosen else known[0][1] if len(known) == 1 else None

    async def visitor(self, heard: Heard, account: str) -> Visitor:
        """Return who stands at the door of a server's workspace, with what he is in the server at this moment."""
        if heard.guild is not None:
            return heard.visitor(heard.guild, heard.standing)
        return heard.visitor(account, await self._standing(account, heard.user))

    async def presser(self, heard: Heard, draft: str) -> Visitor:
        """Return who presses a button or fills a form in: what stands in direct messages is a server's too."""
        account = heard.guild or await self._db.entrances.account_of(Platform.DISCORD, draft)
        if account is None:
            raise UnknownName("There is no such button here.", hint=Message("Say the command again."))
        return await self.visitor(heard, account)

    async def choose(self, heard: Heard, account: str) -> bool:
        """Remember which server somebody means in direct messages from now on; False: he is not known there yet."""
        return await self._db.entrances.choose(Platform.DISCORD, account, heard.user)

    def _guild(self, account: str) -> discord.Guild | None:
        return self._client.get_guild(int(account)) if account.isdecimal() else None

    async def _standing(self, account: str, user: str) -> Standing | None:
        """Return what somebody is in a server; None where Discord does not say it in time."""
        guild = self._guild(account)
        if guild is None:
            return Standing(Role.NOBODY)
        try:
            async with asyncio.timeout(_LOOK):
                member = await self._replies.member(account, user)
        except (DeliveryError, TimeoutError) as error:
            _log.info("what %s is in server %s is not known: %s", user, account, error)
            return None
        return Standing(Role.NOBODY) if member is None else standing_of(guild, int(user), member["roles"])

    async def _looked_for(self, heard: Heard) -> Sequence[str]:
        """Return the servers that somebody is in who was never heard before, where the bot is in few."""
        guilds = self._client.guilds
        if len(guilds) > _FEW:
            return ()
        found = await asyncio.gather(*(self._is_in(str(guild.id), heard.user) for guild in guilds))
        return [str(guild.id) for guild, there in zip(guilds, found, strict=True) if there]

    async def _is_in(self, account: str, user: str) -> bool:
        try:
            async with asyncio.timeout(_LOOK):
                return await self._replies.member(account, user) is not None
        except (DeliveryError, TimeoutError):
            return False

    def _question(self, heard: Heard, accounts: Iterable[str], text: str) -> Card:
        language = Language(heard.locale or self._language.code)
        say = language.say
        guilds = [guild for id in accounts if (guild := self._guild(id)) is not None][:_BUTTONS]
        if not guilds:
            line = say(Message("Say something to me in a server first: then I know you here, too."))
            return Card(
                say(Message("I do not know you yet.")), (Text((text_line(line),)),), language.code, private=True
            )
        kept = text if redacted(text) is None else ""
        actions = tuple(Action(guild.name, "", id=_button(guild, kept)) for guild in guilds)
        line = say(Message("It holds here from now on; press another button to change it."))
        title = say(Message("Which server do you mean?"))
        return Card(title, (Text((text_line(line),)),), language.code, actions, private=True)


def _button(guild: discord.Guild, text: str) -> ActionId:
    whole = f"{SERVER}{guild.id}/{text}"
    return ActionId(whole if len(whole) <= _ID else f"{SERVER}{guild.id}/")
