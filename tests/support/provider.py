"""A stand-in for a place on the network: it keeps a ledger of its own, whatever those who post to it believe.

It may be asked, or knows a key again, or both, or neither. Told to, it kills whoever posts: after it has
kept the message and before it answers, or before it has kept it.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.posts import taking

Kind = Literal["asked", "knowing", "both", "mute"]
KINDS: tuple[Kind, ...] = ("asked", "knowing", "mute")


@dataclass
class Provider:
    """What was posted, in order: (key, text); `again` are the keys of requests that it knew again and did not keep."""

    kind: Kind
    pause: float = 0.0  # seconds between keeping a message and answering
    port: int = 0
    ledger: list[tuple[str, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
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
            if known and self.kind in ("knowing", "both"):
                self.again.append(key)
            else:
                self.ledger.append((key, str(asked["text"])))
                known = [len(self.ledger) - 1]
        if asked.get("kill") == "kept":
            os.kill(int(asked["pid"]), signal.SIGKILL)
        time.sleep(self.pause)
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
def provider(kind: Kind, pause: float = 0.0) -> Iterator[Provider]:
    """Run a provider on loopback."""
    made = Provider(kind, pause)

    def take(path: str, _: Mapping[str, str], body: bytes) -> bytes:
        asked = json.loads(body)
        match path:
            case "/edit":
                answer = made.edit(asked["message"], asked["text"])
            case "/find":
                answer = made.find(asked["key"])
            case _:
                answer = made.take(asked)
        return json.dumps(answer).encode()

    with taking(take) as made.port:
        yield made


def ask(port: int, path: str, what: dict[str, Any]) -> dict[str, Any]:
    """Ask a provider from another process; blocks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(what), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return answer
