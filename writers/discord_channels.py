"""Discord's channels: what is meant by a name, whose direct messages, and what the bot may do there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from difflib import get_close_matches
from functools import reduce
from typing import Any

from model.clock import Clock
from model.delivery import Address, Channel, Platform
from model.errors import UsageError
from model.language import Message
from writers.discord_rest import NO_ACCESS, UNKNOWN_CHANNEL, Refused, Rest
from writers.discord_rights import Right, lacking, rights_of

_ID = re.compile(r"(?:<#)?([0-9]{15,20})>?")
_TEXT, _NEWS, _THREADS = 0, 5, (10, 11, 12)  # kinds of channel that messages go to
_MOST_DIRECT = 1000  # channels of persons that are kept in mind
_GUILDS = 200  # of one answer


class Channels:
    """What one bot knows of its channels; asked for when it is needed."""

    def __init__(self, rest: Rest, clock: Clock) -> None:
        self._rest, self._clock = rest, clock
        self._me = ""
        self._direct: dict[str, str] = {}  # user → the channel of his direct messages: it stays the same

    async def me(self) -> str:
        """Return the bot's own id. Raises DeliveryError."""
        if not self._me:
            self._me = str((await self._rest.ask("GET", "/users/@me"))["id"])
        return self._me

    async def with_person(self, user: str) -> str:
        """Return the channel of a person's direct messages. Raises DeliveryError."""
        if user not in self._direct:
            made = await self._rest.ask("POST", "/users/@me/channels", {"recipient_id": user}, harmless=True)
            if len(self._direct) >= _MOST_DIRECT:
                self._direct.clear()
            self._direct[user] = str(made["id"])
        return self._direct[user]

    async def rights(self, guild: str, channel: str) -> Right:
        """Return what the bot may do in a channel of a guild. Raises DeliveryError."""
        found = await self._rest.ask("GET", f"/channels/{channel}")
        return await self._rights(guild, found)

    async def guilds(self) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the guilds that the bot is in. Raises DeliveryError."""
        after = "0"
        while True:
            page = await self._rest.ask("GET", f"/users/@me/guilds?limit={_GUILDS}&after={after}")
            for guild in page:
                yield guild
            if len(page) < _GUILDS:
                return
            after = max((str(guild["id"]) for guild in page), key=int)

    async def meant(self, said: str, guild: str | None) -> Channel:
        """Return the channel that is meant by "#eng", a mention or an id; of this guild, else of any the bot is in.

        Raises:
            UsageError: there is none, there are several, or the bot may not post there.
            DeliveryError: there is no answer.
        """
        by_id = _ID.fullmatch(said.strip())
        found = await (self._by_id(by_id[1], guild) if by_id else self._by_name(said, guild))
        name, own = f"#{found['name']}", str(found["guild_id"])
        missing = lacking(await self._rights(own, found), thread=found["type"] in _THREADS)
        if missing:
            raise UsageError(
                "The bot may not post in {channel}: it lacks the right to {rights}.",
                hint=Message("Give it these rights in the channel's settings in Discord, and try again."),
                channel=name,
                rights=in_words(missing),
            )
        return Channel(name, Address(Platform.DISCORD, own, str(found["id"])))

    async def _by_id(self, id: str, guild: str | None) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = await self._rest.ask("GET", f"/channels/{id}")
        except Refused as error:
            if error.code not in (UNKNOWN_CHANNEL, NO_ACCESS):
                raise
            raise _unknown(id) from None
        own = found.get("guild_id")
        if own is None or guild not in (None, str(own)) or found["type"] not in (_TEXT, _NEWS, *_THREADS):
            raise _unknown(id)
        return found

    async def _by_name(self, said: str, guild: str | None) -> Mapping[str, Any]:
        name = said.strip().removeprefix("#").casefold()
        guilds = [guild] if guild is not None else [str(one["id"]) async for one in self.guilds()]
        there = [
            {**channel, "guild_id": one}
            for one in guilds
            for channel in await self._rest.ask("GET", f"/guilds/{one}/channels")
            if channel["type"] in (_TEXT, _NEWS)
        ]
        found = [channel for channel in there if str(channel["name"]).casefold() == name]
        if not found:
            names = dict.fromkeys(str(channel["name"]) for channel in there)
            raise _unknown(f"#{name}", *(f"#{close}" for close in get_close_matches(name, names)))
        if len(found) > 1:
            hint = Message("Give its id: with Discord's developer mode on, a right click on the channel copies it.")
            raise UsageError("There are several channels called {channel}.", hint=hint, channel=f"#{name}")
        return found[0]

    async def _rights(self, guild: str, channel: Mapping[str, Any]) -> Right:
        if channel["type"] in _THREADS:
            channel = await self._rest.ask("GET", f"/channels/{channel['parent_id']}")
        whole = await self._rest.ask("GET", f"/guilds/{guild}")
        member = await self._rest.ask("GET", f"/guilds/{guild}/members/{await self.me()}")
        return rights_of(whole, member, channel, self._clock.now())


def in_words(missing: Sequence[Message]) -> Message:
    """Return rights that are missing, one after the other."""
    return reduce(lambda one, more: Message("{one}, {more}", {"one": one, "more": more}), missing)


def _unknown(channel: str, *close: str) -> UsageError:
    meant = Message("Did you mean {names}?", {"names": ", ".join(close)})
    hint = meant if close else Message("The bot sees no private channel that it was not let into.")
    return UsageError("There is no channel {channel} here that the bot sees.", hint=hint, channel=channel)
