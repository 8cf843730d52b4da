"""Discord over a loopback socket: its REST interface with its rules, its limits and its bad days.

It runs in a thread of its own, so that a test may wait for processes meanwhile. What is wrong next is put into
`Discord.troubles`; `routes` is where another file adds further paths.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import BodyPartReader, web

from tests.support.discord_limits import Invalid, check, pinged, walk

VIEW, SEND, HISTORY, ATTACH, THREADS = 1 << 10, 1 << 11, 1 << 16, 1 << 15, 1 << 38
USUAL = VIEW | SEND | HISTORY | ATTACH | THREADS
TOKEN = "a.bots.token"
BOT, OWNER, GUILD = "100000000000000001", "100000000000000002", "200000000000000001"
SENT = web.RequestKey("sent", tuple[dict[str, Any], dict[str, bytes]])
_EPOCH = 1_420_070_400_000
_NONCES = 300.0  # seconds in which a nonce is known: "the past few minutes"


@dataclass
class Trouble:
    """What goes wrong with the next request that fits.

    `when`: instead of doing it, after it was done, or by closing the connection then ("unsent", "lost").
    """

    status: int = 500
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    when: Literal["instead", "after", "unsent", "lost"] = "instead"
    method: str = "POST"
    path: str = "/messages"
    times: int = 1


@dataclass
class Discord:
    """What Discord knows, and what it was asked."""

    port: int = 0
    token: str = TOKEN
    now: Callable[[], float] = time.time
    guilds: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)  # users who take no direct messages
    asked: list[str] = field(default_factory=list)  # "POST /channels/1/messages"
    edits: dict[str, list[float]] = field(default_factory=dict)  # when each message was edited
    pings: list[set[str]] = field(default_factory=list)  # of each message
    files: dict[str, bytes] = field(default_factory=dict)  # by the message's id and the name
    troubles: list[Trouble] = field(default_factory=list)
    limited: bool = False  # five messages in five seconds and channel, as in life
    kills: Literal["", "kept", "lost"] = ""  # whoever posts next: after it is kept, or instead
    routes: list[web.RouteDef] = field(default_factory=list)
    open: set[str] = field(default_factory=set)  # paths that ask for no token
    people: Mapping[str, Mapping[str, list[str]]] = field(
        default_factory=dict
    )  # guild → user → roles, where it matters
    flags: int = 0  # of the application
    locales: dict[str, str] = field(default_factory=dict)  # of the people whose Discord is not in English
    victim: int = 0
    named: threading.Event = field(default_factory=threading.Event)
    _nonces: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _posted: dict[str, list[float]] = field(default_factory=dict)
    _last: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v10"

    def name(self, pid: int) -> None:
        """Say which process is to be killed."""
        self.victim = pid
        self.named.set()

    def add_guild(self, id: str = GUILD, name: str = "Acme") -> str:
        role = {"id": id, "name": "@everyone", "permissions": str(USUAL)}
        self.guilds[id] = {"id": id, "name": name, "owner_id": OWNER, "roles": [role]}
        return id

    def add_channel(self, name: str, guild: str = GUILD, kind: int = 0, parent: str | None = None) -> str:
        id = self.new_id()
        self.channels[id] = {
            "id": id, "type": kind, "guild_id": guild, "name": name, "permission_overwrites": [], "parent_id": parent,
        }  # fmt: skip
        return id

    def deny(self, channel: str, rights: int) -> None:
        """Take rights in a channel from everyone."""
        here = self.channels[channel]
        here["permission_overwrites"] = [{"id": here["guild_id"], "type": 0, "allow": "0", "deny": str(rights)}]

    def say(self, channel: str, author: str = OWNER, **more: Any) -> dict[str, Any]:
        """Have somebody say something."""
        message = {"id": self.new_id(), "channel_id": channel, "author": {"id": author}, "components": [], **more}
        self.messages.setdefault(channel, []).append(message)
        return message

    def posted(self, channel: str) -> list[str]:
        """Return the text of each message of the bot in a channel."""
        return [
            "\n".join(one["content"] for one in walk(message["components"]) if one["type"] == 10)
            for message in self.messages.get(channel, ())
            if message["author"]["id"] == BOT
        ]

    @property
    def latest(self) -> float:
        """Return the time of the newest id, in seconds."""
        return ((self._last >> 22) + _EPOCH) / 1000

    def new_id(self) -> str:
        self._last = max(self._last + 1, (int(self.now() * 1000) - _EPOCH) << 22)
        return str(self._last)

    def rights(self, channel: Mapping[str, Any]) -> int:
        if "recipient" in channel:
            return USUAL
        place = self.channels[channel["parent_id"]] if channel["type"] in (10, 11, 12) else channel
        found = int(self.guilds[channel["guild_id"]]["roles"][0]["permissions"])
        for one in place["permission_overwrites"]:
            found = found & ~int(one["deny"]) | int(one["allow"])
        return found if found & VIEW else 0


class Said(Exception):
    """An answer that is no yes."""

    def __init__(self, status: int, code: int, **more: Any) -> None:
        self.status, self.body = status, {"code": code, "message": "said", **more}


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def discord(prepare: Callable[[Discord], object] = lambda _: None, **given: Any) -> Iterator[Discord]:
    """Run Discord on loopback, with one guild."""
    there = Discord(**given)
    there.add_guild()
    prepare(there)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    runner: list[web.AppRunner] = []

    async def start() -> None:
        made = web.AppRunner(application(there), access_log=None, shutdown_timeout=0.1)
        runner.append(made)
        await made.setup()
        site = web.TCPSite(made, "127.0.0.1", 0)
        await site.start()
        there.port = made.addresses[0][1]
        ready.set()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner[0].cleanup())
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield there
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def application(there: Discord) -> web.Application:
    """Return the server; what goes wrong is decided around each route."""

    @web.middleware
    async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/api/v10")
        there.asked.append(f"{request.method} {path}")
        trouble = _trouble(there, request.method, path)
        body = await _body(request)
        if trouble is not None and trouble.when == "instead":
            return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
        if trouble is not None and trouble.when == "unsent":
            return _broken(request)
        if path not in there.open and request.headers.get("authorization") != f"Bot {there.token}":
            return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
        try:
            request[SENT] = body
            answer = await handler(request)
        except Said as said:
            return web.json_response(said.body, status=said.status, headers={"via": "1.1 google"})
        except Invalid as wrong:
            return web.json_response({"code": 50035, "message": str(wrong)}, status=400)
        if answer.content_type == "application/json":
            answer.headers["content-type"] = "application/json"  # Discord names no charset
        if trouble is not None and trouble.when == "lost":
            return _broken(request)
        if trouble is not None:
            return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
        return answer

    from tests.support.discord_routes import routes_of

    app = web.Application(middlewares=[door], client_max_size=26 << 20)
    app.add_routes([*routes_of(there), *there.routes])
    return app


def _trouble(there: Discord, method: str, path: str) -> Trouble | None:
    for one in there.troubles:
        if one.method == method and path.endswith(one.path):
            one.times -= 1
            if one.times <= 0:
                there.troubles.remove(one)
            return one
    return None


async def _body(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what was sent, and its files by the names that the message gives them."""
    if not request.content_type.startswith("multipart/"):
        return (await request.json() if request.can_read_body else {}), {}
    body: dict[str, Any] = {}
    parts: dict[str, tuple[str, bytes]] = {}
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest
        data = bytes(await part.read(decode=False))
        if part.name == "payload_json":
            body = json.loads(data)
        else:
            parts[str(part.name)] = (str(part.filename), data)
    named = {f"files[{one['id']}]": one["filename"] for one in body.get("attachments", ())}
    if {key: name for key, (name, _) in parts.items()} != named:
        raise web.HTTPBadRequest
    return body, dict(parts.values())


def _broken(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def post(there: Discord, channel: dict[str, Any], body: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
    """Keep a message, once for each nonce; kill whoever sent it where that is wanted."""
    kills, there.kills = there.kills, ""
    if kills == "lost":
        _kill(there)
    nonce = body.get("nonce")
    known = there._nonces.get(nonce) if nonce and body.get("enforce_nonce") else None
    if known is not None and there.now() - known[0] < _NONCES:
        return known[1]
    check(body, files)
    components = numbered(body["components"])
    message = there.say(channel["id"], BOT, components=components, flags=body["flags"], type=0)
    if "message_reference" in body:
        message |= {"type": 19, "message_reference": {**body["message_reference"], "channel_id": channel["id"]}}
    there.pings.append(pinged(body))
    there.files |= {f"{message['id']}/{name}": data for name, data in files.items()}
    answer = message if nonce is None else {**message, "nonce": nonce}  # history does not have it
    if nonce:
        there._nonces[nonce] = (there.now(), answer)
    if kills == "kept":
        _kill(there)
    return answer


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return components with numbers where they had none, as Discord gives them out."""
    made = deepcopy(components)
    taken = {one["id"] for one in walk(made) if one.get("id")}
    free = (n for n in range(1, 200) if n not in taken)
    for one in walk(made):
        if not one.get("id"):
            one["id"] = next(free)  # type: ignore[index]
    return made


def paced(there: Discord, channel: str) -> dict[str, str]:
    """Return the headers of the bucket of a channel; raise Said where it is empty."""
    if not there.limited:
        return {}
    now = there.now()
    recent = [at for at in there._posted.get(channel, ()) if now - at < 5]
    if len(recent) >= 5:
        raise Said(429, 0, retry_after=round(5 - (now - recent[0]), 3), **{"global": False})
    there._posted[channel] = [*recent, now]
    left, reset = 4 - len(recent), 5 - (now - (recent or [now])[0])
    return {"X-RateLimit-Remaining": str(left), "X-RateLimit-Reset-After": f"{reset:.3f}", "X-RateLimit-Limit": "5"}


def _kill(there: Discord) -> None:
    there.named.wait(60)
    os.kill(there.victim, signal.SIGKILL)
