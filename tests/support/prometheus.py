"""A stand-in for Prometheus on loopback: /api/v1/query and /api/v1/query_range over series that a test writes.

It takes what the real one takes and nothing else: parameters, their forms, methods, the bound of 11,000 points.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit

from tests.support.promql import Database, Vector, Wrong, evaluate

TOKEN = "prom-token-of-the-stand-in"
_PARAMETERS = {
    "query": ({"query"}, {"query", "time", "timeout", "limit", "lookback_delta", "stats"}),
    "query_range": (
        {"query", "start", "end", "step"},
        {"query", "start", "end", "step", "timeout", "limit", "lookback_delta", "stats"},
    ),
}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_MOST_POINTS = 11_000
Fault = Callable[[BaseHTTPRequestHandler], bool]  # answers in its own way; False: nothing happened


@dataclass
class StandIn:
    """What there is, who may see it, and what was asked."""

    series: Database = field(default_factory=Database)
    credentials: set[str] = field(default_factory=lambda: {f"Bearer {TOKEN}"})
    faults: list[Fault] = field(default_factory=list)  # one for each request, from the first on
    wrong: dict[str, tuple[int, str, str]] = field(default_factory=dict)  # part of a query → status, errorType, error
    instead: dict[str, str] = field(default_factory=dict)  # part of a query → the `data` to answer, as JSON
    warnings: list[str] = field(default_factory=list)
    only_get: bool = False
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, parameters
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def basic(self, user: str, password: str) -> None:
        """Let a user in."""
        self.credentials.add("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())

    def counter(
        self, name: str, start: datetime, end: datetime, per_second: float, reset: datetime | None = None, **labels: str
    ) -> None:
        """Add a counter that grows evenly, looked at every twenty minutes; its process may have begun anew."""
        self.series.add(name, _grown(start, end, per_second, reset), **labels)

    def gauge(self, name: str, start: datetime, end: datetime, value: float, **labels: str) -> None:
        """Add a gauge that stays, looked at every four minutes."""
        step = timedelta(minutes=4)
        count = (end - start) // step + 1
        self.series.add(name, [(_ms(start + n * step), value) for n in range(count)], **labels)

    def answer(self, path: str, values: dict[str, str]) -> tuple[int, str]:
        """Return status and body of an answer."""
        try:
            data = self._data(path, values)
        except Wrong as wrong:
            status = 400 if wrong.kind == "bad_data" else 422
            return status, json.dumps({"status": "error", "errorType": wrong.kind, "error": str(wrong)})
        warned = f', "warnings": {json.dumps(self.warnings)}' if self.warnings else ""
        return 200, f'{{"status": "success", "data": {data}{warned}}}'

    def _data(self, path: str, values: dict[str, str]) -> str:
        wanted, known = _PARAMETERS[path]
        if not wanted <= set(values) <= known:
            raise Wrong("bad_data", f"invalid parameters {sorted(values)}")
        query = values["query"]
        for part, data in self.instead.items():
            if part in query:
                return data
        if path == "query":
            at = _time(values.get("time", ""))
            found = evaluate(self.series, query, at)
            if isinstance(found, float):
                return json.dumps({"resultType": "scalar", "result": [at / 1000, _said(found)]})
            limit = int(values.get("limit", "0"))
            kept = dict(list(found.items())[:limit]) if limit else found
            result = [{"metric": dict(labels), "value": [at / 1000, _said(v)]} for labels, v in kept.items()]
            return json.dumps({"resultType": "vector", "result": result})
        return json.dumps({"resultType": "matrix", "result": self._matrix(query, values)})

    def _matrix(self, query: str, values: dict[str, str]) -> list[dict[str, object]]:
        start, end, step = _time(values["start"]), _time(values["end"]), _seconds(values["step"])
        if end < start or step <= 0:
            raise Wrong("bad_data", "invalid parameter: end timestamp must not be before start time")
        if (end - start) // step > _MOST_POINTS:
            raise Wrong("bad_data", "exceeded maximum resolution of 11,000 points per timeseries")
        points: dict[tuple[tuple[str, str], ...], list[list[object]]] = {}
        for at in range(start, end + 1, step):
            found = evaluate(self.series, query, at)
            vector: Vector = {(): found} if isinstance(found, float) else found
            for labels, value in vector.items():
                points.setdefault(labels, []).append([at / 1000, _said(value)])
        return [{"metric": dict(labels), "values": found} for labels, found in points.items()]


def _grown(start: datetime, end: datetime, per_second: float, reset: datetime | None) -> Iterable[tuple[int, float]]:
    step = timedelta(minutes=20)
    for n in range((end - start) // step + 1):
        at = start + n * step
        since = reset if reset is not None and at >= reset else start
        yield _ms(at), per_second * (at - since).total_seconds()


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _time(said: str) -> int:
    if not _NUMBER.fullmatch(said):
        raise Wrong("bad_data", f'invalid parameter "time": cannot parse "{said}" to a valid timestamp')
    return round(float(said) * 1000)


def _seconds(said: str) -> int:
    if not _NUMBER.fullmatch(said):
        raise Wrong("bad_data", f'invalid parameter "step": cannot parse "{said}" to a valid duration')
    return round(float(said) * 1000)


def _said(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value).removesuffix(".0")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    there: StandIn  # set in a class of its own for each server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            body = ""
        self._answer(urlsplit(self.path).path, body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer(parts.path, parts.query)

    def _answer(self, path: str, body: str) -> None:
        there = self.there
        values = {name: found[-1] for name, found in parse_qs(body, keep_blank_values=True).items()}
        with there.lock:
            there.asked.append((self.command, path, values))
            there.headers.append({name.lower(): value for name, value in self.headers.items()})
            fault = there.faults.pop(0) if there.faults else None
        if fault is not None and fault(self):
            return
        name = path.removeprefix("/api/v1/")
        if self.headers.get("Authorization", "") not in there.credentials:
            self._send(401, "Unauthorized")
        elif name not in _PARAMETERS or not path.startswith("/api/v1/"):
            self._send(404, "404 page not found")
        elif self.command == "POST" and there.only_get:
            self._send(405, "Method Not Allowed")
        else:
            told = next((said for part, said in there.wrong.items() if part in values.get("query", "")), None)
            if told is not None:
                self._send(told[0], json.dumps({"status": "error", "errorType": told[1], "error": told[2]}))
            else:
                self._send(*there.answer(name, values))

    def _send(self, status: int, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def prometheus() -> Iterator[StandIn]:
    """Run a stand-in on loopback."""
    made = StandIn()
    handler = type("Handler", (_Handler,), {"there": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
