"""Discord's gateway and interactions beside its REST stand-in: sessions that resume, tokens that expire, its rules.

People act by the methods of `Gateway`, from the test's thread; what the bot answers is waited for there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support import discord_shapes as shapes
from tests.support.discord import BOT, GUILD, OWNER, SENT, Discord, Said, discord, numbered
from tests.support.discord_limits import check, walk
from tests.support.discord_modals import check_choices, check_modal, check_tree
from tests.support.waiting import PATIENCE, wait

FIRST, LIFE = 3.0, 900.0  # seconds until the first response, and that a token lives
_TRIP = 0.02  # seconds
EPHEMERAL, V2 = 1 << 6, 1 << 15


@dataclass
class Interaction:
    """What somebody did, and what the bot answered."""

    id: str
    token: str
    type: int
    user: str
    made: float
    kind: int | None = None  # of the first response
    data: Any = None
    original: dict[str, Any] | None = None
    follows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any] | None:
        """Return the newest of what its reader sees."""
        return self.original if self.kind in (4, 5) else self.data

    def text(self) -> str:
        """Return all that its reader reads."""
        return "\n".join(said(one) for one in (self.original, *self.follows) if one)

    def button(self, label: str) -> str:
        """Return the id of a button."""
        return button(self.original or {}, label)


@dataclass
class Session:
    """One session of the gateway; it outlives its connection."""

    id: str
    shard: tuple[int, int]
    sent: list[dict[str, Any]] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None


class Gateway:
    """The gateway of one Discord, and the people in front of it."""

    def __init__(self, there: Discord) -> None:
        self.there = there
        self.people: dict[str, dict[str, list[str]]] = {GUILD: {OWNER: []}}  # guild → user → roles
        self.sessions: dict[str, Session] = {}
        self.interactions: dict[str, Interaction] = {}
        self.commands: Any = []
        self.told = 0  # how often the bot has told its commands
        self.identified: list[Mapping[str, Any]] = []
        self.resumed = 0
        self.allowed_intents = (1 << 0) | (1 << 9) | (1 << 12)
        self.shards = 1
        self._loop: asyncio.AbstractEventLoop | None = None
        there.people = self.people
        there.open.add("/gateway")
        at = "/api/v10"
        there.routes += [
            web.get(f"{at}/gateway", self._gateway),
            web.get(f"{at}/gateway/bot", self._where),
            web.get(f"{at}/oauth2/applications/@me", self._application),
            web.get(f"{at}/applications/{{app}}/commands", self._commands),
            web.put(f"{at}/applications/{{app}}/commands", self._tell),
            web.post(f"{at}/interactions/{{id}}/{{token}}/callback", self._callback),
            web.patch(f"{at}/webhooks/{{app}}/{{token}}/messages/@original", self._edit),
            web.post(f"{at}/webhooks/{{app}}/{{token}}", self._follow),
        ]

    me = BOT

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.there.port}/api/v10/gateway"

    # --- people -------------------------------------------------------------------------------------------------

    def join(self, user: str, *roles: str, guild: str = GUILD) -> str:
        """Let somebody into a guild, with roles by their names, which are made where there are none."""
        known = self.there.guilds[guild]["roles"]
        for name in roles:
            if all(one["name"] != name for one in known):
                known.append({"id": self.there.new_id(), "name": name, "permissions": "0"})
        self.people.setdefault(guild, {})[user] = [one["id"] for one in known if one["name"] in roles]
        return user

    def command(self, user: str, name: str, channel: str | None = None, /, **options: Any) -> Interaction:
        """Say a command; its options must be those that Discord was told of."""
        group, _, verb = name.partition(" ")
        known = next(o for c in self.commands if c["name"] == group for o in c["options"] if o["name"] == verb)
        types = {one["name"]: one["type"] for one in known["options"]}
        given = [{"name": key, "type": types[key], "value": value} for key, value in options.items()]
        data = {"id": "1", "name": group, "type": 1, "options": [{"name": verb, "type": 1, "options": given}]}
        return self.act(2, user, data, channel)

    def typing(self, user: str, name: str, option: str, value: str, channel: str | None = None) -> Interaction:
        """Type an option whose values the bot offers."""
        group, _, verb = name.partition(" ")
        given = [{"name": option, "type": 3, "value": value, "focused": True}]
        data = {"id": "1", "name": group, "type": 1, "options": [{"name": verb, "type": 1, "options": given}]}
        return self.act(4, user, data, channel)

    def press(self, user: str, id: str, channel: str | None = None) -> Interaction:
        """Press a button."""
        return self.act(3, user, {"custom_id": id, "component_type": 2}, channel)

    def submit(self, user: str, modal: Mapping[str, Any], channel: str | None = None, /, **values: str) -> Interaction:
        """Submit a modal; what is not given stays as it was filled in."""
        filled: list[dict[str, Any]] = []
        for label in modal["components"]:
            one = label["component"]
            name, value = one["custom_id"], values.get(one["custom_id"])
            if one["type"] == 3:
                chosen = [o["value"] for o in one["options"] if o.get("default")] if value is None else [value]
                inner = {"type": 3, "custom_id": name, "values": [each for each in chosen if each]}
            else:
                inner = {"type": 4, "custom_id": name, "value": one.get("value", "") if value is None else value}
            filled.append({"type": 18, "id": len(filled) + 1, "component": inner})
        return self.act(5, user, {"custom_id": modal["custom_id"], "components": filled}, channel)

    def act(self, type: int, user: str, data: Mapping[str, Any], channel: str | None = None) -> Interaction:
        """Have the gateway tell of an interaction; `channel`: None for direct messages."""
        made = Interaction(self.there.new_id(), f"token-{self.there.new_id()}", type, user, self.there.now())
        self.interactions[made.token] = made
        self.send("INTERACTION_CREATE", shapes.interaction(self.there, self.people, made, data, channel))
        return made

    def repeat(self, interaction: Interaction, data: Mapping[str, Any], channel: str | None = None) -> None:
        """Tell of an interaction once more."""
        self.send("INTERACTION_CREATE", shapes.interaction(self.there, self.people, interaction, data, channel))

    def write(self, user: str, text: str, channel: str, *, mention: bool = False, reply: str = "") -> str:
        """Write a message: its text comes only with a mention, and in direct messages."""
        message = shapes.message(self.there, self.people, user, text, channel, mention=mention, reply=reply)
        self.there.say(channel, user, **{k: v for k, v in message.items() if k not in ("author", "components")})
        self.send("MESSAGE_CREATE", message)
        return str(message["id"])

    def direct(self, user: str) -> str:
        """Return the channel of the direct messages between somebody and the bot."""
        for channel in self.there.channels.values():
            if channel.get("recipient") == user:
                return str(channel["id"])
        id = self.there.new_id()
        self.there.channels[id] = {"id": id, "type": 1, "recipient": user}
        return id

    # --- the connection -----------------------------------------------------------------------------------------

    def send(self, event: str, data: Mapping[str, Any]) -> None:
        """Have every session told of an event; one that is not connected finds it when it resumes."""
        self._soon(self._send(event, data))

    def cut(self, code: int = 1006, op: int | None = None, data: Any = None) -> None:
        """End the connections: with a code, after an op 7 (reconnect) or 9 (invalid session), or just so."""
        self._soon(self._cut(code, op, data))

    def connected(self, least: int = 1) -> None:
        """Wait until so many sessions are connected and were told of the guilds."""
        wait(lambda: sum(one.socket is not None and len(one.sent) > 1 for one in self.sessions.values()) >= least)

    def answered(self, interaction: Interaction) -> Interaction:
        """Wait for the answer itself, whether it was announced before or not."""
        wait(lambda: interaction.kind is not None and (interaction.kind != 5 or interaction.original is not None))
        return interaction

    def _soon(self, work: Any) -> None:
        assert self._loop is not None, "nobody has connected yet"
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _send(self, event: str, data: Mapping[str, Any]) -> None:
        for session in list(self.sessions.values()):
            await self._dispatch(session, event, data)

    async def _dispatch(self, session: Session, event: str, data: Mapping[str, Any]) -> None:
        frame = {"op": 0, "t": event, "s": len(session.sent) + 1, "d": dict(data)}
        session.sent.append(frame)
        if session.socket is not None and not session.socket.closed:
            await session.socket.send_json(frame)

    async def _cut(self, code: int, op: int | None, data: Any) -> None:
        for session in list(self.sessions.values()):
            socket, session.socket = session.socket, None
            if op == 9 and not data:
                del self.sessions[session.id]
            if socket is None:
                continue
            if op is not None:
                await socket.send_json({"op": op, "d": data})
            elif code == 1006:
                transport = socket._req.transport if socket._req is not None else None
                if transport is not None:
                    transport.abort()
            else:
                await socket.close(code=code)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        self._loop = asyncio.get_running_loop()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 45_000}})
        session: Session | None = None
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            said_ = frame.json()
            if said_["op"] == 1:
                await asyncio.sleep(_TRIP)  # discord.py counts from the end of its own call
                await socket.send_json({"op": 11})
            elif said_["op"] == 2:
                session = await self._identify(socket, said_["d"])
            elif said_["op"] == 6:
                session = await self._resume(socket, said_["d"])
        if session is not None and session.socket is socket:
            session.socket = None
        return socket

    async def _identify(self, socket: web.WebSocketResponse, wish: Mapping[str, Any]) -> Session | None:
        self.identified.append(wish)
        if wish["token"] != self.there.token:
            await socket.close(code=4004)
            return None
        if wish["intents"] & ~self.allowed_intents:
            await socket.close(code=4014)
            return None
        shard = (wish.get("shard") or (0, 1))[0], (wish.get("shard") or (0, 1))[1]
        session = Session(self.there.new_id(), shard, socket=socket)
        self.sessions[session.id] = session
        await self._dispatch(session, "READY", shapes.ready(self.there, session.id, self.url, shard))
        for guild in self.there.guilds.values():
            if (int(guild["id"]) >> 22) % shard[1] == shard[0]:
                await self._dispatch(session, "GUILD_CREATE", shapes.guild(self.there, guild))
        return session

    async def _resume(self, socket: web.WebSocketResponse, wish: Mapping[str, Any]) -> Session | None:
        session = self.sessions.get(wish["session_id"])
        if session is None or wish["token"] != self.there.token:
            await socket.send_json({"op": 9, "d": False})
            return None
        self.resumed += 1
        session.socket = socket
        for frame in session.sent[wish["seq"] :]:
            await socket.send_json(frame)
        await self._dispatch(session, "RESUMED", {})
        return session

    # --- what the bot asks --------------------------------------------------------------------------------------

    async def _where(self, _: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return web.json_response({"url": self.url, "shards": self.shards, "session_start_limit": limit})

    async def _application(self, _: web.Request) -> web.Response:
        return web.json_response(shapes.application(self.there))

    async def _commands(self, _: web.Request) -> web.Response:
        return web.json_response(self.commands)

    async def _tell(self, request: web.Request) -> web.Response:
        told: Any = request[SENT][0]
        check_tree(told)
        self.commands, self.told = told, self.told + 1
        return web.json_response(self.commands)

    async def _callback(self, request: web.Request) -> web.Response:
        found = self.interactions.get(request.match_info["token"])
        if found is None or found.id != request.match_info["id"]:
            raise Said(404, 10062)
        if found.kind is not None:
            raise Said(400, 40060)
        if self.there.now() - found.made > FIRST:
            raise Said(404, 10062)
        body, files = request[SENT]
        kind, data = body["type"], body.get("data") or {}
        if (kind == 8) != (found.type == 4) or (kind == 9 and found.type == 5) or kind not in (4, 5, 8, 9):
            raise Said(400, 50035)
        if kind == 4:
            check(data, files)
            found.original = {**data, "components": numbered(data["components"])}
        elif kind == 5 and set(data) - {"flags"}:
            raise Said(400, 50035)
        elif kind == 8:
            check_choices(data["choices"])
        elif kind == 9:
            check_modal(data)
        self.there.files |= {f"{found.id}/{name}": content for name, content in files.items()}
        found.data, found.kind = data, kind
        return web.Response(status=204)

    async def _edit(self, request: web.Request) -> web.Response:
        found = self._living(request)
        body, files = request[SENT]
        if found.kind not in (4, 5):
            raise Said(404, 10008)
        check(body, files, editing=found.original is not None)
        self.there.files |= {f"{found.id}/{name}": content for name, content in files.items()}
        found.original = {**(found.data or {}), **body, "components": numbered(body["components"])}
        return web.json_response({"id": self.there.new_id()})

    async def _follow(self, request: web.Request) -> web.Response:
        found = self._living(request)
        body, files = request[SENT]
        if found.kind is None:
            raise Said(404, 10015)
        check(body, files)
        found.follows.append(body)
        return web.json_response({"id": self.there.new_id()})

    def _living(self, request: web.Request) -> Interaction:
        found = self.interactions.get(request.match_info["token"])
        if found is None or request.match_info["app"] != BOT:
            raise Said(404, 10015)
        if self.there.now() - found.made > LIFE:
            raise Said(401, 50027)
        return found


@contextmanager
def gateway(**given: Any) -> Iterator[Gateway]:
    """Run Discord with its gateway on loopback."""
    made: list[Gateway] = []
    with discord(prepare=lambda there: made.append(Gateway(there)), **given):
        yield made[0]


def said(message: Mapping[str, Any]) -> str:
    """Return the text of a message."""
    return "\n".join(one["content"] for one in walk(message.get("components", ())) if one["type"] == 10)


def buttons(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the buttons of a message: label → id."""
    return {one["label"]: one["custom_id"] for one in walk(message.get("components", ())) if one["type"] == 2}


def button(message: Mapping[str, Any], label: str) -> str:
    """Return the id of a message's button."""
    return buttons(message)[label]
