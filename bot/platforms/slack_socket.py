"""Socket Mode: two connections to Slack, which sends each event to one of them.

One that Slack will close is replaced first and heard until its end, so that nothing is said to nobody.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.platforms.hands import Hands
from model.clock import Clock
from model.errors import DeliveryError, DestinationUnavailable
from writers.slack_api import SlackApi

_log = logging.getLogger(__name__)
EVERY = 1.0  # seconds between two looks
_LINES = 2
_LEAVING = 30.0  # seconds after which a connection that Slack wanted to close is closed by us
_AT_ONCE = 100  # events that are being stored
_GRACE = 1.0  # seconds in which those are stored and told of at the end
_AGAIN = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # seconds until the next try, and after more of them
_WELL = 60.0  # seconds of connection after which trouble begins anew

Hear = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]


@dataclass(eq=False, slots=True)
class _Line:
    """One connection, from before it stands."""

    began: float  # monotonic seconds
    socket: aiohttp.ClientWebSocketResponse | None = None
    leaving: float | None = None  # since when Slack has been wanting to close it
    task: asyncio.Task[None] | None = None


class Sockets:
    """Keeps the connections of this process; other processes have their own."""

    def __init__(
        self, api: SlackApi, token: SecretStr, hear: Hear, clock: Clock, ring: Callable[[], None] = lambda: None
    ) -> None:
        self._api = api
        self._token = token
        self._hear = hear
        self._clock = clock
        self._ring = ring  # called when there is something to look after
        self._lines: set[_Line] = set()
        self._taking = Hands(_AT_ONCE)
        self._troubles = 0
        self._not_before = 0.0  # monotonic seconds
        self._over = False

    async def look(self) -> None:
        """Have two connections that stay."""
        now = self._clock.monotonic()
        for line in [one for one in self._lines if one.leaving is not None and now - one.leaving > _LEAVING]:
            await self._close(line)
        if self._over or now < self._not_before:
            return
        for _ in range(_LINES - sum(line.leaving is None for line in self._lines)):
            line = _Line(now)
            self._lines.add(line)
            line.task = asyncio.create_task(self._keep(line), name="slack socket")

    async def stop(self) -> None:
        """Hear nothing more; what was heard is stored, and Slack told so."""
        self._over = True
        await self._taking.stop(_GRACE)
        lines = list(self._lines)
        for line in lines:
            await self._close(line)
        await asyncio.gather(*(line.task for line in lines if line.task is not None), return_exceptions=True)

    async def _close(self, line: _Line) -> None:
        if line.socket is not None:
            await line.socket.close()
        elif line.task is not None:
            line.task.cancel()

    async def _keep(self, line: _Line) -> None:
        """Open a connection and hear it until it is closed."""
        try:
            line.socket = await self._api.socket(self._token.get_secret_value())
            async for message in line.socket:
                if message.type is aiohttp.WSMsgType.TEXT and not self._over:
                    self._came(line, line.socket, message.data)
        except DeliveryError as error:
            self._failed(error)
        finally:
            self._lines.discard(line)
            if line.socket is not None and not self._over:
                self._ended(line, line.socket.close_code)

    def _came(self, line: _Line, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        try:
            envelope = json.loads(text)
        except (ValueError, RecursionError):
            envelope = None
        if not isinstance(envelope, dict):
            _log.warning("Slack said something that is no envelope")
        elif envelope.get("type") == "disconnect":
            _log.info("Slack will close a connection: %s", envelope.get("reason"))
            line.leaving = self._clock.monotonic()
            if envelope.get("reason") == "link_disabled":
                _log.error("Socket Mode is switched off in the settings of the Slack app: switch it on there.")
                self._rest(_AGAIN[-1])
            self._ring()
        elif isinstance(envelope.get("envelope_id"), str):
            self._taking.begin(self._take(socket, envelope))

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, envelope: Mapping[str, Any]) -> None:
        """Store what an envelope says, then tell Slack that it has arrived."""
        told = await self._hear(envelope)
        if told is None:
            return
        try:
            await socket.send_json(told)
        except (aiohttp.ClientError, ConnectionError):
            _log.info("a connection to Slack ended before an event was acknowledged: it will be known again")

    def _ended(self, line: _Line, code: int | None) -> None:
        """Look for another connection: at once, unless this one was no good."""
        if self._clock.monotonic() - line.began >= _WELL:
            self._troubles = 0
        elif line.leaving is None:
            _log.info("a connection to Slack ended (%s)", code)
            self._rest(_AGAIN[min(self._troubles, len(_AGAIN) - 1)])
            self._troubles += 1
        self._ring()

    def _failed(self, error: DeliveryError) -> None:
        """Note why there is no connection, and when to try again."""
        if self._over:
            return
        if error.of_account and not isinstance(error, DestinationUnavailable):
            self._over = True
            _log.error("Slack does not accept ARB_SLACK_APP_TOKEN: %s See arb doctor, mend it and start again.", error)
            return
        wait = max(_AGAIN[min(self._troubles, len(_AGAIN) - 1)], error.retry_after or 0.0)
        self._troubles += 1
        self._rest(wait)
        _log.warning("no connection to Slack: %s The next try is in %.0f s.", error, wait)

    def _rest(self, seconds: float) -> None:
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)
