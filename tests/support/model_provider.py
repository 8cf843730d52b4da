"""Language models over a loopback socket: Anthropic's messages, and OpenAI's chat, which Gemini and others speak too.

It refuses what its vendor refuses, streams as its vendor streams, counts tokens, remembers what it was told to keep,
and, told to, fails in any of fourteen ways.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal, get_args

Json = dict[str, Any]
Failure = Literal[
    "timeout", "drip", "429", "529", "500", "refusal", "over-long", "cut", "tool_use", "empty", "not-json",
    "wrong-schema", "wrong-language", "huge",
]  # fmt: skip
FAILURES: tuple[Failure, ...] = get_args(Failure)
KEY = "sk-CANARY-of-the-model-0123456789"
_FOREIGN = "Diese Woche wurde viel gearbeitet, und niemand hat sich beschwert."
_CLAUDE = {"model", "max_tokens", "messages", "system", "output_config", "stream", "metadata"}  # what it takes of us
_CHAT = {
    "model", "messages", "max_tokens", "max_completion_tokens", "reasoning_effort", "response_format", "stream",
    "stream_options",
}  # fmt: skip
_CHUNK = 24  # characters of a piece


@dataclass(frozen=True)
class Asked:
    """One call: which way it came, what it said, with which key."""

    path: str
    body: Json
    key: str
    headers: str

    @property
    def orders(self) -> str:
        system = self.body["system"][0]["text"] if "system" in self.body else self.body["messages"][0]["content"]
        return str(system)

    @property
    def data(self) -> str:
        return str(self.body["messages"][-1]["content"])


def nothing_to_say(_: Asked) -> Json:
    return {"sentences": []}


@dataclass
class Provider:
    """Every vendor at one address, and what goes wrong."""

    says: Callable[[Asked], Json] = nothing_to_say
    always: Failure | None = None  # what goes wrong, until it is taken away
    port: int = 0
    key: str = KEY
    asked: list[Asked] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None  # before anything is answered
    between: Callable[[str], None] = lambda _: None  # before each piece, with all that was said until then
    counts: bool = True  # whether it says how much was used
    unknown: set[str] = field(default_factory=set)  # models that it has not
    stopped: threading.Event = field(default_factory=threading.Event)
    _kept: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def env(self) -> dict[str, str]:
        """Return what a process is told by its environment, so that it has a model called claude."""
        return {"ARB_ANTHROPIC_API_KEY": self.key, "ARB_ANTHROPIC_API_URL": self.url}

    def url_of(self, kind: str) -> str:
        """Return where a vendor stands; Anthropic's SDK adds /v1 by itself."""
        return {"claude": self.url, "gpt": f"{self.url}/v1", "gemini": f"{self.url}/v1beta/openai"}.get(
            kind, f"{self.url}/own/v1"
        )

    def usage(self, asked: Asked, text: str) -> Json:
        """Count as vendors do: what was told to be kept is read once, and costs less from then on."""
        orders, data, said = len(asked.orders) // 4, len(asked.data) // 4, max(1, len(text) // 4)
        mark = hashlib.sha256(asked.orders.encode()).hexdigest()
        known = mark in self._kept
        self._kept.add(mark)
        if "system" in asked.body:
            keep = asked.body["system"][0].get("cache_control") == {"type": "ephemeral"}
            return {
                "input_tokens": data if keep else data + orders,
                "cache_creation_input_tokens": orders if keep and not known else 0,
                "cache_read_input_tokens": orders if keep and known else 0,
                "output_tokens": said,
            }
        return {
            "prompt_tokens": data + orders,
            "completion_tokens": said,
            "total_tokens": data + orders + said,
            "prompt_tokens_details": {"cached_tokens": orders if known else 0, "cache_write_tokens": 0},
        }

    def text(self, asked: Asked) -> str:
        """Return what it says, right or wrong."""
        match self.always:
            case "empty":
                return ""
            case "not-json":
                return "Of course! Here is your report: everything went well."
            case "wrong-schema":
                return json.dumps({"sentences": "all went well", "channel": "C_GENERAL"})
            case "wrong-language":
                return json.dumps({"sentences": [{"text": _FOREIGN, "rests_on": [], "part": "happened"}]})
            case "huge":
                return "x" * (16 << 20)
            case "refusal":
                return "I cannot"
            case _:
                text = json.dumps(self.says(asked), ensure_ascii=False)
                return text[: len(text) // 2] if self.always in ("over-long", "cut") else text


def wrong(asked: Asked) -> str | None:
    """Return what a vendor does not take of a request."""
    body, claude = asked.body, asked.path.endswith("/messages")
    unknown = body.keys() - (_CLAUDE if claude else _CHAT)
    if unknown:
        return f"unknown fields: {sorted(unknown)}"
    if not body.get("stream") or not body.get("messages") or not body.get("model"):
        return "model, messages and stream are needed"
    if claude and not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    shape = body["output_config"]["format"] if claude else body["response_format"]["json_schema"]
    schema = shape["schema"]
    if shape.get("type", "json_schema") != "json_schema" or schema.get("additionalProperties") is not False:
        return "additionalProperties must be false"
    if set(schema.get("required", ())) != set(schema.get("properties", ())):
        return "every property must be required"
    return None


class _Stream:
    """Writes the events of a stream, piece by piece."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def begin(self) -> None:
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()

    def raw(self, data: bytes) -> None:
        self._handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self._handler.wfile.flush()

    def event(self, data: Json | str, name: str = "") -> None:
        head = f"event: {name}\n" if name else ""
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        self.raw(f"{head}data: {text}\n\n".encode())


def _claude(provider: Provider, asked: Asked, out: _Stream) -> None:
    text = provider.text(asked)
    usage = provider.usage(asked, text)
    delta: Json
    reason = {"refusal": "refusal", "over-long": "max_tokens", "tool_use": "tool_use"}.get(provider.always or "", "")
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": asked.body["model"], "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {**usage, "output_tokens": 1},
    }  # fmt: skip
    tool = {"type": "tool_use", "id": "toolu_1", "name": "send_message", "input": {}}
    block = tool if provider.always == "tool_use" else {"type": "text", "text": ""}
    out.event({"type": "message_start", "message": message}, "message_start")
    out.event({"type": "content_block_start", "index": 0, "content_block": block}, "content_block_start")
    out.event({"type": "ping"}, "ping")
    for piece in _pieces(provider, text):
        delta = {"type": "text_delta", "text": piece}
        out.event({"type": "content_block_delta", "index": 0, "delta": delta}, "content_block_delta")
    if provider.always == "cut":
        raise ConnectionError
    out.event({"type": "content_block_stop", "index": 0}, "content_block_stop")
    delta = {"stop_reason": reason or "end_turn", "stop_sequence": None}
    out.event(
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}, "message_delta"
    )
    out.event({"type": "message_stop"}, "message_stop")


def _chat(provider: Provider, asked: Asked, out: _Stream) -> None:
    text = provider.text(asked)
    reason = {"over-long": "length", "tool_use": "tool_calls", "refusal": "content_filter"}.get(
        provider.always or "", ""
    )
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": asked.body["model"]}

    def chunk(delta: Json, finish: str | None = None) -> None:
        out.event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}]})

    chunk({"role": "assistant", "content": ""})
    if provider.always == "tool_use":
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "send_message", "arguments": "{}"}}
        chunk({"tool_calls": [call]})
    for piece in _pieces(provider, text):
        chunk({"content": piece})
    if provider.always == "cut":
        raise ConnectionError
    chunk({}, reason or "stop")
    if provider.counts and asked.body.get("stream_options") == {"include_usage": True}:
        out.event({**head, "choices": [], "usage": provider.usage(asked, text)})
    out.event("[DONE]")


def _pieces(provider: Provider, text: str) -> Iterator[str]:
    if provider.always == "tool_use":
        return
    size = 64 << 10 if provider.always == "huge" else _CHUNK
    for at in range(0, len(text), size):
        provider.between(text[:at])
        yield text[at : at + size]


class _Handler(BaseHTTPRequestHandler):
    provider: ClassVar[Provider]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as vendors do who are asked for one of their models."""
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        model = self.path.rpartition("/models/")[2]
        if (self.headers.get("x-api-key") or bearer) != self.provider.key:
            self._error(401, "authentication_error", "invalid key")
        elif not model or model in self.provider.unknown:
            self._error(404, "not_found_error", f"no model {model}")
        elif self.provider.always in ("429", "529", "500"):
            self._error(int(self.provider.always), "overloaded_error", "later, perhaps")
        else:
            body = json.dumps({"id": model}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        asked = Asked(self.path, body, self.headers.get("x-api-key") or bearer, str(self.headers))
        self.provider.asked.append(asked)
        with suppress(OSError):  # whoever asked is gone
            self.provider.on_call()
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        claude = asked.path == "/v1/messages"
        refused = self._refused(asked, claude=claude)
        if refused is not None:
            self._error(*refused)
        elif self.provider.always == "timeout":
            self.provider.stopped.wait()
            self.close_connection = True
        elif self.provider.always in ("429", "529", "500"):
            self._error(int(self.provider.always), "overloaded_error", "later, perhaps")
        else:
            self._stream(asked, claude=claude)

    def _refused(self, asked: Asked, *, claude: bool) -> tuple[int, str, str] | None:
        dated = re.fullmatch(r"20\d\d-\d\d-\d\d", self.headers.get("anthropic-version", ""))
        if not claude and not asked.path.endswith("/chat/completions"):
            return 404, "not_found_error", "no such path"
        if claude and dated is None:
            return 400, "invalid_request_error", "anthropic-version: header is required"
        if asked.key != self.provider.key and not (asked.path.startswith("/own/") and asked.key == "none"):
            return 401, "authentication_error", f"invalid key {asked.key}"
        why = wrong(asked)
        return None if why is None else (400, "invalid_request_error", why)

    def _stream(self, asked: Asked, *, claude: bool) -> None:
        out = _Stream(self)
        out.begin()
        try:
            while self.provider.always == "drip" and not self.provider.stopped.wait(0.05):
                out.raw(b":\n\n")  # a comment: neither SDK takes it for an event
            (_claude if claude else _chat)(self.provider, asked, out)
        except ConnectionError:
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    def _error(self, status: int, kind: str, text: str) -> None:
        data = json.dumps({"type": "error", "error": {"type": kind, "message": text}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def model_provider() -> Iterator[Provider]:
    """Run every vendor on loopback."""
    made = Provider()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": made})) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.stopped.set()
            server.shutdown()
            thread.join()
