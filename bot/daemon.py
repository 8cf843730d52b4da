"""`arb run` and `arb worker`: processes that go on until they are told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bot.app import App, running
from bot.http import Routes, Server, address_of, front, listen
from bot.http_connections import Bounds
from bot.http_slack import listen_to
from bot.http_wire import wire
from bot.loops import Side
from bot.metrics import Metrics
from bot.settings import Settings
from model.errors import ConfigError, StorageBroken, StorageBusy
from model.language import Language, Message
from storage.jobs import What

_log = logging.getLogger(__name__)
_GRACE = 5.0  # seconds in which work in hand may finish by itself once the process is told to stop
_CHATS = 2.0  # in which answers on their way may get there, before that
_LAST = 9.5  # seconds until the process ends, whatever hangs: rows decide, so the next one takes up what it leaves
_WOKEN: Mapping[What, Sequence[str]] = {  # loops that a job wakes
    "page": ["outbox"],
    "run": ["runs", "questions"],
    "sync": ["probes"],
    "housekeeping": ["housekeeping"],
}
_HUNG = 70  # the exit code of that


async def serve(settings: Settings, sides: Sequence[Side], tell: Callable[[str], None]) -> bool:
    """Serve these sides until SIGTERM or SIGINT; raises ConfigError, or what a service broke with."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    metrics, language = Metrics(), Language(settings.language)
    listening = _listening(settings, sides)
    async with running(settings, ended=metrics.ended) as app:
        talks = _talk(app, sides, listening)
        services = _services(app, sides, metrics, listening, talks.routes)
        serving = [asyncio.create_task(service, name=name) for name, service in services.items()]
        stopping = asyncio.create_task(told.wait(), name="told to stop")
        tell(language.say(Message("ARB is running. Ctrl-C stops it.")))
        if listening is not None:
            tell(language.say(Message("How it stands: {address}/ready", {"address": address_of(listening)})))
        _log.info("serving %s as %s", ", ".join(services), app.owner.id)
        over, _ = await asyncio.wait({stopping, *serving}, return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping: %s", ", ".join(task.get_name() for task in over))
        _end_in_any_case()
        await talks.leave()
        for task in (stopping, *serving):
            task.cancel()
        await asyncio.gather(stopping, *serving, return_exceptions=True)
        with suppress(StorageBusy, StorageBroken):  # then the leases run out
            await app.runs.stop(_GRACE)
    for task in over - {stopping}:
        task.result()
    return True


@dataclass(slots=True)
class _Talks:
    """The chats in which this process talks to people."""

    routes: list[Routes] = field(default_factory=list)  # at which chats talk to us
    stops: list[Callable[[float], Awaitable[None]]] = field(default_factory=list)

    async def leave(self) -> None:
        """Hear nothing more; what is under way has a moment."""
        await asyncio.gather(*(stop(_CHATS) for stop in self.stops))


def _talk(app: App, sides: Sequence[Side], listening: socket.socket | None) -> _Talks:
    """Talk to people in chats, where this process does. Raises ConfigError."""
    talks, settings = _Talks(), app.settings
    if "front" not in sides:
        return talks
    if settings.discord_token is not None:
        from bot.platforms import discord_gateway  # half a second to import

        held = discord_gateway.Gateway(app, discord_gateway.rest_of(app))
        app.loops.add("discord", held.look, discord_gateway.EVERY)
        talks.stops.append(held.stop)
    if settings.slack_app_token is not None or settings.slack_signing_secret is not None:
        from bot.platforms import slack_gateway  # it loads aiohttp

        slack = slack_gateway.Gateway(app)
        talks.stops.append(slack.stop)
        if settings.slack_signing_secret is not None:
            if listening is None:
                raise ConfigError(
                    "Slack cannot reach the bot: ARB_SLACK_SIGNING_SECRET is set, and ARB_HTTP_PORT is empty.",
                    hint=Message("Set ARB_HTTP_PORT, or use Socket Mode: ARB_SLACK_APP_TOKEN instead."),
                )
            secret, clock = settings.slack_signing_secret, app.workshop.clock
            talks.routes.append(partial(listen_to, hear=slack.requested, secret=secret, clock=clock))
    if settings.slack_client_id is not None:
        talks.routes.append(_installing(app, listening))
    return talks


def _installing(app: App, listening: socket.socket | None) -> Routes:
    """Let teams install the Slack app by themselves. Raises ConfigError."""
    from bot.http_slack_install import install_at
    from bot.platforms.slack_gateway import api_of
    from bot.platforms.slack_install import Installing

    if listening is None:
        raise ConfigError(
            "Nobody can install the Slack app: ARB_SLACK_CLIENT_ID is set, and ARB_HTTP_PORT is empty.",
            hint=Message("Set ARB_HTTP_PORT, or leave ARB_SLACK_CLIENT_ID and ARB_SLACK_CLIENT_SECRET away."),
        )
    settings = app.settings
    secure = (settings.public_url or "").startswith("https:")
    return partial(install_at, installing=Installing(app, api_of(app)), language=settings.language, secure=secure)


def _listening(settings: Settings, sides: Sequence[Side]) -> socket.socket | None:
    """Return where the HTTP server listens; None where it is not wanted. Several workers may share a machine."""
    wanted = "front" in sides or "http_port" in settings.model_fields_set
    return listen(settings.http_host, settings.http_port) if wanted and settings.http_port is not None else None


def _services(
    app: App,
    sides: Sequence[Side],
    metrics: Metrics,
    listening: socket.socket | None,
    routes: Sequence[Routes],
) -> Mapping[str, Coroutine[Any, Any, object]]:
    """Return what serves until it is cancelled, by name; work that must not be cut short is stopped, not cancelled."""
    services: dict[str, Coroutine[Any, Any, object]] = {}
    if listening is not None:
        routes = [wire(app), *routes]
        bounds = (
            Bounds(per_address=Bounds().in_all) if app.settings.trusted_proxies else None
        )  # all come from the proxy
        answers = front(app, metrics, sides[0], routes=routes)
        services["http"] = Server(answers, bounds).serve_until_cancelled(listening)
    if "worker" in sides:
        services["jobs"] = app.workshop.db.jobs.serve({what: _ringing(app, loops) for what, loops in _WOKEN.items()})
    return services | {"loops": app.serve(sides)}


def _ringing(app: App, loops: Sequence[str]) -> Callable[[str], None]:
    return lambda _: app.loops.ring(*loops)


def _end_in_any_case() -> None:
    """End the process in time even where something hangs; on a thread, as the loop itself may."""
    timer = threading.Timer(_LAST, os._exit, (_HUNG,))
    timer.daemon = True
    timer.start()
