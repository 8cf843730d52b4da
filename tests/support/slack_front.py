"""People in front of Slack's stand-in: what they do goes to the bot as signed requests or over its sockets.

Slack gives an answer three seconds, repeats an event that nobody acknowledged, and takes five messages within half an
hour where it said that an answer goes. People act by the methods of `Office`, from the test's thread.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import itertools
import json
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from tests.support.slack import SaysNo, Stand, Team, acme, slack
from tests.support.slack_limits import problems, texts, walk
from tests.support.slack_views import Views
from tests.support.waiting import wait

Mode = Literal["http", "socket"]
SECRET, APP_TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", "xapp-1-A0ARB-CANARY"
OWNER, ME, CHANNEL = "U0MINA", "U0BOT", "C0ENG00"
ACK, LIFE, USES = 3.0, 1800.0, 5


@dataclass
class Interaction:
    """What somebody did, and what he was shown."""

    payload: Mapping[str, Any]
    made: float
    shown: list[dict[str, Any]] = field(default_factory=list)  # where Slack said that answers go
    ack: Any = None

    def text(self) -> str:
        return "\n".join(said(one) for one in self.shown)

    def button(self, label: str) -> str:
        """Return the id of a button."""
        return next(found for one in self.shown if (found := buttons(one).get(label)))


@dataclass
class Socket:
    """One connection of Socket Mode."""

    ws: web.WebSocketResponse
    leaving: bool = False
    acks: dict[str, asyncio.Future[Any]] = field(default_factory=dict)


class Office:
    """One workspace of Slack, with the people in it."""

    def __init__(self, stand: Stand, mode: Mode) -> None:
        self.stand = stand
        self.mode: Mode = mode
        self.port = 0  # of the bot
        self.server = 0  # our own, for sockets and answers
        self.sockets: list[Socket] = []
        self.opened = 0  # connections in all
        self.refuses_app = ""  # with this error
        self.whole = ""  # the organisation that has installed the app for all its teams
        self.interactions: dict[str, Interaction] = {}
        self.acked: list[str] = []  # envelopes
        self.loop = asyncio.new_event_loop()
        self.views = Views(stand)
        self._numbers = itertools.count(1)
        stand.of_app["apps.connections.open"] = self._open
        self.join(OWNER, "mina", "Mina Kim")

    # --- people -------------------------------------------------------------------------------------------------

    @property
    def team(self) -> Team:
        return self.stand.team

    def join(self, user: str, handle: str, name: str = "", **more: Any) -> str:
        """Let somebody into the team; `more` is what users.info says of him."""
        self.team.users[user] = {
            "id": user, "team_id": self.team.id, "name": handle, "locale": "en-US", "tz": "Europe/Berlin",
            "profile": {"display_name": name, "real_name": name or handle}, **more,
        }  # fmt: skip
        return user

    def command(self, user: str, command: str, text: str = "", channel: str = CHANNEL, **more: str) -> Interaction:
        """Say a slash command."""
        known = self.team.users.get(user, {})
        return self.interact({
            "token": "gone", "team_id": self.team.id, "team_domain": "acme", "channel_id": channel,
            "channel_name": "directmessage" if channel.startswith("D") else "eng", "user_id": user,
            "user_name": str(known.get("name", "")), "command": command, "text": text, "api_app_id": "A0ARB",
            **({"enterprise_id": self.whole, "enterprise_name": "Acme Org"} if self.whole else {}),
            "is_enterprise_install": str(bool(self.whole)).lower(), **more,
        })  # fmt: skip

    def press(
        self, user: str, id: str, channel: str = CHANNEL, message: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Press a button, of an ephemeral message where none is given."""
        ts = self.stand.stamp() if message is None else message["ts"]
        thread = {} if message is None or "thread_ts" not in message else {"thread_ts": message["thread_ts"]}
        container = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": message is None}
        shown = {} if message is None else {"message": {"ts": ts, **thread}}
        return self.interact({
            "type": "block_actions", "team": {"id": self.team.id, "domain": "acme"},
            "enterprise": {"id": self.whole, "name": "Acme Org"} if self.whole else None,
            "is_enterprise_install": bool(self.whole), "api_app_id": "A0ARB", "channel": {"id": channel, "name": "eng"},
            "user": {"id": user, "username": self.team.users.get(user, {}).get("name", ""), "team_id": self.team.id},
            "container": {**container, **thread}, **shown,
            "actions": [{"type": "button", "action_id": id, "block_id": "b", "action_ts": self.stand.stamp()}],
        })  # fmt: skip

    def event(self, event: Mapping[str, Any], id: str = "", **more: Any) -> str:
        """Have Slack tell of something that happened; return the id under which it does."""
        id = id or f"Ev{next(self._numbers):08}"
        me = {"team_id": self.team.id, "user_id": ME, "is_bot": True, "is_enterprise_install": bool(self.whole)}
        me["enterprise_id"] = self.whole or None
        self.deliver({
            "type": "event_callback", "team_id": self.team.id, "api_app_id": "A0ARB", "event": {**event},
            "event_id": id, "event_time": int(self.stand.now()), "authorizations": [me], **more,
        })  # fmt: skip
        return id

    def write(self, user: str, text: str, channel: str = CHANNEL, **more: Any) -> None:
        """Write a message; a mention of the bot is told by a second event, as in life."""
        event = {"type": "message", "user": user, "text": text, "channel": channel, "ts": self.stand.stamp(), **more}
        kinds = {"D": "im", "G": "group"}
        self.event({**event, "channel_type": kinds.get(channel[0], "channel")})
        if f"<@{ME}>" in text and not channel.startswith("D"):
            self.event({**event, "type": "app_mention"})

    def direct(self, user: str) -> str:
        """Return the channel in which the bot and somebody are alone."""
        id = f"D{user[1:]}"
        self.team.channels.setdefault(id, {"id": id, "is_im": True, "user": user})
        return id

    def said(self, channel: str) -> list[str]:
        """Return what the bot has posted in a channel."""
        return [said(one) for one in self.team.posted(channel)]

    def answered(self, done: Interaction) -> Interaction:
        """Wait for the answer to something; return it."""
        wait(lambda: done.shown)
        return done

    # --- the ways to the bot ------------------------------------------------------------------------------------

    def interact(self, payload: dict[str, Any]) -> Interaction:
        """Do something that Slack gives a way back and a trigger for."""
        key = f"{next(self._numbers)}.{self.team.id}"
        way = f"http://127.0.0.1:{self.server}/actions/{key}"
        whole = {**payload, "response_url": way, "trigger_id": self.views.trigger()}
        made = self.interactions[key] = Interaction(whole, self.stand.now())
        made.ack = self.deliver(whole)
        return made

    def deliver(self, payload: Mapping[str, Any]) -> Any:
        """Bring something to the bot, an event up to four times until it has arrived; return what it said at once."""
        for retry in range(4):
            arrived, told = self._socket(payload) if self.mode == "socket" else self._request(payload)
            if arrived:
                return told
            assert payload.get("type") == "event_callback", f"no answer in time: {told}"
            threading.Event().wait(0.05 * retry)
        raise AssertionError("an event never arrived")

    def _request(self, payload: Mapping[str, Any]) -> tuple[bool, Any]:
        kind, body = body_of(payload)
        status, told = self.post(body, {"Content-Type": kind, **signed(body, self.stand.now())})
        return 200 <= status < 300, json.loads(told) if told else None

    def post(self, body: bytes, headers: Mapping[str, str] | list[tuple[str, str]]) -> tuple[int, bytes]:
        """Send a request to the bot."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ACK)
        try:
            connection.putrequest("POST", "/slack/events")
            for name, value in headers.items() if isinstance(headers, Mapping) else headers:
                connection.putheader(name, value.encode() if not value.isascii() else value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _socket(self, payload: Mapping[str, Any]) -> tuple[bool, Any]:
        kind = "slash_commands" if "command" in payload else "events_api"
        kind = kind if payload.get("type") in (None, "event_callback") else "interactive"
        wait(lambda: any(not one.ws.closed for one in self.sockets))
        found: tuple[bool, Any] = self._do(self._envelope(kind, payload))
        return found

    async def _envelope(self, kind: str, payload: Mapping[str, Any]) -> tuple[bool, Any]:
        """Send an envelope over one of the connections, which take turns."""
        open_ = [one for one in self.sockets if not one.ws.closed and not one.leaving]
        if not open_:
            return False, "not connected"
        number = next(self._numbers)
        socket, id = open_[number % len(open_)], f"env-{number}"
        acked = socket.acks[id] = self.loop.create_future()
        try:
            await socket.ws.send_json({
                "envelope_id": id, "type": kind, "payload": payload,
                "accepts_response_payload": kind != "events_api",
            })  # fmt: skip
            told = await asyncio.wait_for(acked, ACK)
        except (TimeoutError, ConnectionError):
            socket.acks.pop(id, None)
            return False, "not acknowledged"
        self.acked.append(id)
        return True, told

    # --- Slack --------------------------------------------------------------------------------------------------

    def _open(self, token: str, told: Any) -> dict[str, Any]:
        if self.refuses_app or token != APP_TOKEN:
            raise SaysNo(self.refuses_app or "invalid_auth")
        return {"url": f"ws://127.0.0.1:{self.server}/link?ticket={self.opened}"}

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = Socket(web.WebSocketResponse())
        await socket.ws.prepare(request)
        await socket.ws.send_json({
            "type": "hello", "num_connections": len(self.sockets) + 1, "connection_info": {"app_id": "A0ARB"},
        })  # fmt: skip
        self.opened += 1
        self.sockets.append(socket)
        try:
            async for message in socket.ws:
                if message.type is WSMsgType.TEXT:
                    told = json.loads(message.data)
                    assert set(told) <= {"envelope_id", "payload"}, told
                    waiting = socket.acks.pop(told["envelope_id"], None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(told.get("payload"))
        finally:
            self.sockets.remove(socket)
        return socket.ws

    def disconnect(self, reason: str = "warning") -> None:
        """Ask the bot to leave every connection; close them once it has as many others and all is acknowledged."""
        before, opened = list(self.sockets), self.opened
        for one in before:
            self._do(one.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}}))
        wait(lambda: self.opened >= opened + len(before))
        for one in before:
            one.leaving = True
        wait(lambda: not any(one.acks for one in before))
        self.cut(*before)

    def cut(self, *sockets: Socket) -> None:
        """Close connections at once; all where none are given."""
        for one in sockets or list(self.sockets):
            self._do(one.ws.close())

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(ACK + 10)

    async def _answer(self, request: web.Request) -> web.Response:
        found = self.interactions.get(request.match_info["key"])
        body = await request.json()
        if found is None or self.stand.now() - found.made > LIFE:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if len(found.shown) >= USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        wrong = problems(body.get("blocks", ()), self.team.files)
        assert body["response_type"] == "ephemeral", body
        if wrong or not 0 < len(body["text"]) <= 4000:
            return web.json_response({"ok": False, "error": "invalid_blocks", "why": wrong}, status=400)
        found.shown.append(body)
        return web.json_response({"ok": True})

    def serve(self, ready: threading.Event) -> None:
        """Serve until the loop is stopped."""
        asyncio.set_event_loop(self.loop)
        runner = self.loop.run_until_complete(self._serving())
        ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(runner.cleanup())
        self.loop.close()

    async def _serving(self) -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.get("/link", self._link), web.post("/actions/{key}", self._answer)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.server = runner.addresses[0][1]
        return runner

    def env(self) -> dict[str, str]:
        """Return the settings of a bot that this office talks to."""
        way = {"ARB_SLACK_APP_TOKEN": APP_TOKEN} if self.mode == "socket" else {"ARB_SLACK_SIGNING_SECRET": SECRET}
        here = {"ARB_SLACK_BOT_TOKEN": self.team.token, "ARB_SLACK_API_URL": self.stand.url}
        return {**here, **way, "ARB_EGRESS_ALLOW": "127.0.0.1"}


def body_of(payload: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the media type and the body of a request that says a payload."""
    if payload.get("type") in ("event_callback", "url_verification", "app_rate_limited"):
        return "application/json", json.dumps(payload).encode()
    form = payload if "command" in payload else {"payload": json.dumps(payload)}
    return "application/x-www-form-urlencoded", urlencode(form).encode()


def signed(body: bytes, now: float, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that say that a body is Slack's."""
    stamp = str(int(now))
    made = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"}


def said(message: Mapping[str, Any]) -> str:
    """Return the text of a message: what its blocks show, or its own where it has none."""
    return "\n".join(texts(message["blocks"])) if message.get("blocks") else str(message.get("text", ""))


def buttons(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the buttons of a message: label → id."""
    found = walk(list(message.get("blocks", ())))
    return {one["text"]["text"]: one["action_id"] for one in found if one.get("type") == "button"}


@contextmanager
def office(mode: Mode, *teams: Team) -> Iterator[Office]:
    """Run Slack on loopback, with people in it."""
    with slack(*teams or (acme(),)) as stand:
        made = Office(stand, mode)
        ready = threading.Event()
        thread = threading.Thread(target=made.serve, args=(ready,), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield made
        finally:
            made.loop.call_soon_threadsafe(made.loop.stop)
            thread.join()
