"""A stand-in for a place on the network: it keeps a ledger of its own, whatever those who post to it believe.

It may be asked, or knows a key again, or neither. Told to, it kills whoever posts: after it has kept the message and
before it answers, or before it has kept it.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Kind = Literal["asked", "knowing", "mute"]
KINDS: tuple[Kind, ...] = ("asked", "knowing", "mute")


@dataclass
class Provider:
    """What was posted, in order: (key, text)."""

    kind: Kind
    port: int = 0
    ledger: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.ledger]

    def take(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = str(asked["key"])
        if asked.get("kill") == "lost":
            os.kill(int(asked["pid"]), signal.SIGKILL)
            return {}
        with self.lock:
            known = [n for n, (one, _) in enumerate(self.ledger) if one == key]
            if not (known and self.kind == "knowing"):
                self.ledger.append((key, str(asked["text"])))
                known = [len(self.ledger) - 1]
        if asked.get("kill") == "kept":
            os.kill(int(asked["pid"]), signal.SIGKILL)
        return {"message": str(known[0])}

    def edit(self, message: str, text: str) -> dict[str, Any]:
        with self.lock:
            self.ledger[int(message)] = (self.ledger[int(message)][0], text)
        return {}

    def find(self, key: str) -> dict[str, Any]:
        with self.lock:
            known = [n for n, (one, _) in enumerate(self.ledger) if one == key]
        return {"message": str(known[0]) if known else None}


@contextmanager
def provider(kind: Kind) -> Iterator[Provider]:
    """Run a provider on loopback."""
    made = Provider(kind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/edit":
                answer = made.edit(asked["message"], asked["text"])
            else:
                answer = made.find(asked["key"]) if self.path == "/find" else made.take(asked)
            data = json.dumps(answer).encode()
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(data)
            except OSError:  # whoever asked is dead
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


def ask(port: int, path: str, what: dict[str, Any]) -> dict[str, Any]:
    """Ask a provider from another process; blocks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(what), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer
