"""Slack's Web API over a loopback socket: it keeps what was posted, and refuses what Slack refuses.

Told to, it loses its answer, asks to wait, breaks, or kills whoever posts. `Stand.methods` can be added to.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl

from tests.support.slack_limits import problems

Json = dict[str, Any]
Trouble = Literal["", "lost", "500", "ratelimited", "drop", "error"]
SCOPES = (
    "chat:write,channels:read,groups:read,channels:history,groups:history,im:write,im:history,"
    "files:write,files:read,users:read"
)


class SaysNo(Exception):
    """An answer that is no yes."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


@dataclass
class Team:
    """A workspace of Slack."""

    id: str
    token: str
    channels: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, list[Json]] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)
    revoked: str = ""  # with this error
    scopes: str = SCOPES
    older: list[str] = field(default_factory=list)  # tokens that are good besides

    def posted(self, channel: str) -> list[Json]:
        return self.messages.setdefault(channel, [])


@dataclass
class Stand:
    """Slack: its teams, what it was asked, and what goes wrong next."""

    teams: list[Team]
    port: int = 0
    asked: list[tuple[str, Json]] = field(default_factory=list)
    trouble: dict[str, list[tuple[Trouble, str]]] = field(
        default_factory=dict
    )  # method → what happens to the next calls
    kills: Literal["", "kept", "lost"] = ""  # whoever posts next: after it is kept, or instead
    named: threading.Event = field(default_factory=threading.Event)
    victim: int = 0
    looks: int = 1  # of files.info, before an upload has its type
    clock: float = 0.0  # seconds that ours differs
    lock: threading.RLock = field(default_factory=threading.RLock)
    gates: dict[str, threading.Event] = field(default_factory=dict)  # method → what its calls wait for
    methods: dict[str, Callable[[Team, Json], Json]] = field(default_factory=dict)
    of_app: dict[str, Callable[[str, Json], Json]] = field(default_factory=dict)  # methods called with no team's token
    _ts: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def team(self) -> Team:
        return self.teams[0]

    def calls(self, method: str) -> list[Json]:
        return [told for name, told in self.asked if name == method]

    def texts(self, channel: str = "C0ENG00") -> list[str]:
        return [one["text"] for one in self.team.posted(channel)]

    def next(self, method: str, *troubles: Trouble, of: str = "") -> None:
        """Have the next calls of a method go wrong; `of`: the seconds to wait, or the error."""
        self.trouble.setdefault(method, []).extend((one, of) for one in troubles)

    @contextmanager
    def slow(self, method: str) -> Iterator[None]:
        """Have calls of a method wait until the end."""
        gate = self.gates[method] = threading.Event()
        try:
            yield
        finally:
            del self.gates[method]
            gate.set()

    def name(self, pid: int) -> None:
        """Say which process is to be killed."""
        self.victim = pid
        self.named.set()

    def strike(self) -> None:
        """Kill it."""
        self.named.wait(30)
        os.kill(self.victim, signal.SIGKILL)

    def answer(self, method: str, token: str, told: Json) -> Json:
        """Do what a method does. Raises SaysNo."""
        if method in self.of_app:
            return self.of_app[method](token, told)
        team = next((one for one in self.teams if token in (one.token, *one.older)), None)
        if team is None:
            raise SaysNo("invalid_auth")
        if team.revoked:
            raise SaysNo(team.revoked)
        if method not in self.methods:
            raise SaysNo("unknown_method")
        return self.methods[method](team, told)

    def stamp(self) -> str:
        self._ts += 1
        return f"{int(self.now() + self.clock)}.{self._ts:06}"

    @staticmethod
    def now() -> float:
        return time()


def _channel(team: Team, told: Json) -> Json:
    found = team.channels.get(str(told.get("channel")))
    if found is None:
        raise SaysNo("channel_not_found")
    if found.get("is_archived"):
        raise SaysNo("is_archived")
    return found


def _needs(team: Team, scope: str) -> None:
    if scope not in team.scopes.split(","):
        raise SaysNo("missing_scope", needed=scope, provided=team.scopes)


class Methods:
    """The methods of the Web API that posting needs."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        for name, method in (
            ("auth.test", self._test), ("chat.postMessage", self._post), ("chat.update", self._update),
            ("chat.postEphemeral", self._ephemeral), ("conversations.open", self._open),
            ("conversations.info", self._info), ("conversations.list", self._list),
            ("conversations.history", self._history), ("conversations.replies", self._replies),
            ("users.info", self._user), ("files.getUploadURLExternal", self._upload_url),
            ("files.completeUploadExternal", self._complete), ("files.info", self._file),
        ):  # fmt: skip
            stand.methods[name] = method

    def _test(self, team: Team, told: Json) -> Json:
        return {"team": "Acme", "team_id": team.id, "user_id": "U0BOT", "bot_id": "B0BOT", "user": "arb"}

    def _fit(self, team: Team, told: Json) -> None:
        if not told.get("text") and not told.get("blocks"):
            raise SaysNo("no_text")
        if len(told.get("text", "")) > 4000:
            raise SaysNo("msg_too_long")
        if told.get("blocks"):
            wrong = problems(told["blocks"], team.files, team.users)
            if wrong:
                raise SaysNo("invalid_blocks", response_metadata={"messages": wrong})
        if len(json.dumps(told.get("metadata", {}))) > 1000:
            raise SaysNo("metadata_too_large")

    def _post(self, team: Team, told: Json) -> Json:
        _needs(team, "chat:write")
        channel = _channel(team, told)
        if not channel.get("is_member", True):
            raise SaysNo("not_in_channel")
        self._fit(team, told)
        thread = told.get("thread_ts")
        if thread and thread not in {one["ts"] for one in team.posted(channel["id"])}:
            raise SaysNo("thread_not_found")
        kept = {**told, "ts": self._stand.stamp(), "bot_id": "B0BOT", "type": "message"}
        team.posted(channel["id"]).append(kept)
        return {"channel": channel["id"], "ts": kept["ts"], "message": kept}

    def _update(self, team: Team, told: Json) -> Json:
        channel = _channel(team, told)
        found = next((one for one in team.posted(channel["id"]) if one["ts"] == told["ts"]), None)
        if found is None:
            raise SaysNo("message_not_found")
        self._fit(team, told)
        if "file_ids" not in told and "blocks" not in told:
            found.pop("blocks", None)
        found.update({key: value for key, value in told.items() if key not in ("channel", "ts")})
        return {"channel": channel["id"], "ts": told["ts"], "text": told.get("text", "")}

    def _ephemeral(self, team: Team, told: Json) -> Json:
        channel = _channel(team, told)
        if not channel.get("is_member", True):
            raise SaysNo("not_in_channel")
        if told.get("user") not in team.users or channel.get("is_im"):
            raise SaysNo("user_not_in_channel")
        self._fit(team, told)
        team.ephemerals.append(told)
        return {"message_ts": self._stand.stamp()}

    def _open(self, team: Team, told: Json) -> Json:
        _needs(team, "im:write")
        if told["users"] not in team.users:
            raise SaysNo("user_not_found")
        id = f"D{told['users'][1:]}"
        team.channels.setdefault(id, {"id": id, "is_im": True, "user": told["users"]})
        return {"channel": {"id": id}}

    def _info(self, team: Team, told: Json) -> Json:
        found = team.channels.get(str(told.get("channel")))
        if found is None:
            raise SaysNo("channel_not_found")
        return {"channel": found}

    def _list(self, team: Team, told: Json) -> Json:
        _needs(team, "channels:read")
        if "private_channel" in told.get("types", ""):
            _needs(team, "groups:read")
        kinds = told.get("types", "public_channel")
        found = [one for one in team.channels.values() if _kind(one) in kinds and not one.get("is_archived")]
        return _page(found, told, "channels")

    def _history(self, team: Team, told: Json) -> Json:
        channel = _channel(team, told)
        _needs(team, "im:history" if channel.get("is_im") else "channels:history")
        found = [one for one in team.posted(channel["id"]) if not one.get("thread_ts")]
        return _page([*reversed(_said(found, told))], told, "messages")

    def _replies(self, team: Team, told: Json) -> Json:
        channel = _channel(team, told)
        _needs(team, "channels:history")
        found = [one for one in team.posted(channel["id"]) if told["ts"] in (one["ts"], one.get("thread_ts"))]
        if not found:
            raise SaysNo("thread_not_found")
        return _page(_said(found, told), told, "messages")

    def _user(self, team: Team, told: Json) -> Json:
        if told.get("user") not in team.users:
            raise SaysNo("user_not_found")
        return {"user": team.users[told["user"]]}

    def _upload_url(self, team: Team, told: Json) -> Json:
        _needs(team, "files:write")
        if int(told["length"]) <= 0:
            raise SaysNo("invalid_arguments")
        id = f"F{len(team.files):08}"
        team.files[id] = {"id": id, "name": told["filename"], "length": int(told["length"]), "data": None, "looks": 0}
        return {"upload_url": f"http://127.0.0.1:{self._stand.port}/upload/{team.id}/{id}", "file_id": id}

    def _complete(self, team: Team, told: Json) -> Json:
        for one in told["files"]:
            kept = team.files.get(one["id"])
            if kept is None or kept["data"] is None or kept.get("complete"):
                raise SaysNo("file_not_found")
            kept["complete"] = True
        return {"files": [{"id": one["id"]} for one in told["files"]]}

    def _file(self, team: Team, told: Json) -> Json:
        kept = team.files.get(told["file"])
        if kept is None or not kept.get("complete"):
            raise SaysNo("file_not_found")
        kept["looks"] += 1
        if kept["looks"] > self._stand.looks:
            kept["mimetype"] = "image/png"
        return {"file": {key: value for key, value in kept.items() if key != "data"}}


def _kind(channel: Json) -> str:
    return "im" if channel.get("is_im") else "private_channel" if channel.get("is_private") else "public_channel"


def _said(found: list[Json], told: Json) -> list[Json]:
    """Return messages as they are listed: their metadata only where it is asked for."""
    since = float(told.get("oldest", 0))
    shown = [one for one in found if float(one["ts"]) > since or one["ts"] == told.get("ts")]
    wanted = str(told.get("include_all_metadata")).lower() in ("true", "1")
    return [one if wanted else {key: value for key, value in one.items() if key != "metadata"} for one in shown]


def _page(found: list[Json], told: Json, name: str) -> Json:
    at, limit = int(told.get("cursor") or 0), min(int(told.get("limit", 100)), 999)
    after = str(at + limit) if at + limit < len(found) else ""
    return {name: found[at : at + limit], "has_more": bool(after), "response_metadata": {"next_cursor": after}}


def acme(token: str = "xoxb-CANARY-1", id: str = "T0ACME") -> Team:
    """Return a team with some channels and people."""
    named = {"C0ENG00": "eng", "C0OPS00": "ops", "C0OLD00": "old"}
    channels: dict[str, Json] = {key: {"id": key, "name": name, "is_member": True} for key, name in named.items()}
    channels["C0OLD00"]["is_archived"] = True
    channels["G0SECRET"] = {"id": "G0SECRET", "name": "secret", "is_private": True, "is_member": True}
    return Team(id, token, channels, users={"U0MINA": {"id": "U0MINA", "name": "mina"}})


@contextmanager
def slack(*teams: Team) -> Iterator[Stand]:
    """Run Slack on loopback."""
    stand = Stand([*teams] or [acme()])
    Methods(stand)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stand": stand})) as server:
        server.daemon_threads = True
        stand.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield stand
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    stand: ClassVar[Stand]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if gate := self.stand.gates.get(self.path.removeprefix("/api/")):
            gate.wait(30)
        with self.stand.lock:
            if self.path.startswith("/upload/"):
                _, _, team, id = self.path.split("/")
                kept = next(one for one in self.stand.teams if one.id == team).files[id]
                kept["data"] = data
                self._say(200, b"OK - 1", "text/plain")
                return
            self._method(self.path.removeprefix("/api/"), data)

    def _method(self, method: str, data: bytes) -> None:
        is_json = "json" in (self.headers.get("Content-Type") or "")
        told = json.loads(data) if is_json else dict(parse_qsl(data.decode()))
        if isinstance(told.get("files"), str):
            told["files"] = json.loads(told["files"])
        self.stand.asked.append((method, told))
        waiting = self.stand.trouble.get(method) or []
        trouble, of = waiting.pop(0) if waiting else ("", "")
        if trouble == "ratelimited":
            self._say(429, json.dumps({"ok": False, "error": "ratelimited"}).encode(), wait=of or "7")
            return
        kills = self.stand.kills if method == "chat.postMessage" else ""
        if kills == "lost":
            self.stand.strike()
            self.close_connection = True
            return
        if trouble in ("drop", "500"):
            if trouble == "500":
                self._say(500, b"", "text/html")
            self.close_connection = True
            return
        self._answer(method, told, trouble, of, kills)

    def _answer(self, method: str, told: Json, trouble: str, of: str, kills: str) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        try:
            if trouble == "error":
                raise SaysNo(of)
            answer = {"ok": True, **self.stand.answer(method, token, told)}
        except SaysNo as no:
            answer = {"ok": False, "error": no.code, **no.more}
        if kills == "kept":
            self.stand.strike()
        if trouble == "lost" or kills:
            self.close_connection = True
            return
        self._say(200, json.dumps(answer).encode())

    def _say(self, status: int, data: bytes, kind: str = "application/json", wait: str = "") -> None:
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if status >= 500:
                self.send_header("Connection", "close")
            self.send_header("X-OAuth-Scopes", self.stand.team.scopes)
            if wait:
                self.send_header("Retry-After", wait)
            self.end_headers()
            self.wfile.write(data)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time() + self.stand.clock, usegmt=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
