"""One process holds the gateway of a token at a time: a lease, a connection, and what to do when either ends."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from contextlib import suppress

import aiohttp
import discord

from bot.app import App
from bot.platforms.discord_answers import Answers
from bot.platforms.discord_client import Client, Hearers, at_address
from bot.platforms.discord_front import Front
from bot.platforms.discord_people import People
from bot.platforms.discord_rest import Replies
from bot.platforms.discord_servers import Servers
from bot.platforms.discord_standing import Absent
from bot.platforms.discord_sync import sync
from bot.settings import Settings
from commands.event import Taken
from model.delivery import Platform
from model.errors import (
    AddressRefused,
    ConfigError,
    DeliveryError,
    DestinationUnavailable,
    LostLease,
    StorageBroken,
    StorageBusy,
)
from model.language import Language, Message
from storage.duties import Duty
from writers.discord import Discord
from writers.discord_rest import Rest

_log = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two looks
_LEASE = 30.0  # seconds that the gateway is ours without another look
_AGAIN = (5.0, 15.0, 60.0, 300.0)  # seconds until the next try after a connection ended at once, and after more of them
_WELL = 600.0  # seconds of connection after which trouble begins anew
_NO_ENTRY = "Discord does not let the bot in: %s See arb doctor, mend it and start again."
_NO_WAY = (
    "ARB_DISCORD_GATEWAY_URL is not connected to: %s Mend it, or open its host with ARB_EGRESS_ALLOW; start again."
)
_NEVER = (4004, 4010, 4011, 4012, 4013, 4014)  # codes of a close that the next try would meet again


class Gateway:
    """Keeps the connection where this process holds the lease; whoever waits takes it when the lease is free."""

    def __init__(self, app: App, rest: Rest) -> None:
        self._app = app
        self._rest = rest
        self._settings: Settings = app.settings
        self._duty: Duty | None = None
        self._client: Client | None = None
        self._front: Front | None = None
        self._connection: asyncio.Task[None] | None = None
        self._began = 0.0
        self._troubles = 0
        self._not_before = 0.0  # monotonic seconds
        self._given_up = False
        at_address(app.settings.discord_api_url, app.settings.discord_gateway_url)
        app.leftovers.finishers[Platform.DISCORD] = self._finish
        app.lookout.askers[Platform.DISCORD] = Absent(rest).ask

    async def look(self) -> None:
        """Hold the lease while the connection stands; take it where it is free. Raises StorageBusy, StorageBroken."""
        if self._connection is not None and self._connection.done():
            await self._ended(self._connection)
        if self._duty is not None:
            await self._hold(self._duty)
        elif not self._given_up and self._app.workshop.clock.monotonic() >= self._not_before:
            await self._begin()

    async def stop(self, grace: float) -> None:
        """Hear nothing more, give what is under way so many seconds, and let another process have the gateway."""
        client, front = self._client, self._front
        self._given_up = True
        if client is not None:
            client.hearers = None
        if front is not None:
            await front.stop(grace)
        await self._close()

    async def _begin(self) -> None:
        clock = self._app.workshop.clock
        duty = await self._app.workshop.db.duties.claim(self._name(), self._app.owner, clock.now(), _LEASE)
        if duty is None:
            return
        self._duty, self._began = duty, clock.monotonic()
        _log.info("the gateway of Discord is ours")
        self._client = client = Client(self._settings.discord_gateway_url, self._rest.egress)
        replies, db = Replies(self._rest), self._app.workshop.db
        language = Language(self._settings.language, self._settings.time_zone)
        people = People(db, client, replies, language)
        self._front = front = Front(self._app, replies, people, self._settings.command_prefix)
        servers = Servers(self._app)
        client.hearers = Hearers(front.hear, servers.there, servers.joined, servers.left)
        self._connection = asyncio.create_task(self._connected(client), name="discord")
        self._connection.add_done_callback(lambda _: self._app.loops.ring("discord"))

    async def _connected(self, client: Client) -> None:
        """Stay connected until the connection cannot be held any more."""
        token = self._settings.discord_token
        if token is None:
            raise AssertionError("there is no gateway without a token")
        await self._rest.ask("GET", "/users/@me")  # by the one way out: it says whether the address may be reached
        if self._settings.discord_gateway_url is not None:
            await self._reachable(self._settings.discord_gateway_url)
        await self._told()
        await client.start(token.get_secret_value())

    async def _reachable(self, gateway: str) -> None:
        """Raise AddressRefused where the token may not be sent to an address: the library would try it for ever."""
        found = await self._rest.egress.check(gateway.replace("ws", "http", 1))
        if not gateway.startswith("wss://") and not found.opened:
            raise AddressRefused("The bot's token is not sent over the internet in the clear.")

    async def _told(self) -> None:
        """Tell Discord of the commands; where it does not take them, the old ones stay."""
        db, clock = self._app.workshop.db, self._app.workshop.clock
        try:
            if await sync(db, self._rest, self._app.owner, clock, self._settings.command_prefix):
                _log.info("Discord knows the commands")
        except (DeliveryError, StorageBusy, LostLease) as error:
            _log.error("Discord was not told of the commands: %s", error)

    async def _hold(self, duty: Duty) -> None:
        try:
            await self._app.workshop.db.duties.renew(duty, _LEASE)
        except LostLease:
            _log.warning("another process has taken over the gateway of Discord")
            self._duty = None
            await self._close()

    async def _ended(self, connection: asyncio.Task[None]) -> None:
        """Note why the connection ended, and when to try again."""
        now = self._app.workshop.clock.monotonic()
        error = None if connection.cancelled() else connection.exception()
        self._troubles = 0 if now - self._began >= _WELL else self._troubles
        self._not_before = now + _AGAIN[min(self._troubles, len(_AGAIN) - 1)]
        self._troubles += 1
        if _is_final(error):
            self._given_up = True
            means = _NO_WAY if isinstance(error, AddressRefused) else _NO_ENTRY
            _log.error("%s", means % error)
        elif error is not None:
            _log.error("the connection to Discord ended: %s", error, exc_info=error)
        await self._close()

    async def _close(self) -> None:
        """End the connection, and let another process have the gateway."""
        client, connection, duty = self._client, self._connection, self._duty
        self._client = self._front = self._connection = self._duty = None
        if client is not None:
            with suppress(discord.DiscordException, aiohttp.ClientError, OSError):
                await client.close()
        if connection is not None:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
        if duty is not None:
            with suppress(LostLease, StorageBusy, StorageBroken):  # then the lease runs out
                await self._app.workshop.db.duties.release(duty)

    async def _finish(self, taken: Taken) -> None:
        """Do what somebody said to a process that is no more, and give him the answer."""
        await Answers(self._app, Replies(self._rest)).tell(taken, await self._app.door.answer(taken))

    def _name(self) -> str:
        """Return the lease's name: of the bot that the token is for, whoever has which token of it."""
        token = self._settings.discord_token
        first = "" if token is None else token.get_secret_value().partition(".")[0]
        try:
            bot = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
        except (binascii.Error, ValueError):
            bot = ""
        return f"discord gateway {bot if bot.isdecimal() else ''}".strip()


def rest_of(app: App) -> Rest:
    """Return the way to Discord; raises ConfigError where no token is set."""
    place = app.workshop.destinations.get(Platform.DISCORD)
    if not isinstance(place, Discord):
        raise ConfigError("ARB_DISCORD_TOKEN is not set.", hint=Message("docs/discord.md says where to get one."))
    return place.rest


def _is_final(error: BaseException | None) -> bool:
    """Tell whether the next try would meet the same."""
    if isinstance(error, discord.LoginFailure | discord.PrivilegedIntentsRequired):
        return True
    if isinstance(error, AddressRefused):
        return True
    if isinstance(error, DeliveryError):
        return error.of_account and not isinstance(error, DestinationUnavailable)
    return isinstance(error, discord.ConnectionClosed) and error.code in _NEVER
