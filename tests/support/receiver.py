"""A receiver of webhooks: it keeps a ledger of its own and may know a key again; told to, it kills whoever sends."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.support.posts import taking


@dataclass
class Receiver:
    """What was kept, in order: (Idempotency-Key, whether it says that it may be a repeat)."""

    knows: bool  # a key again
    kills: Literal["", "kept", "lost"] = ""  # the next sender: after its message is kept, or instead
    port: int = 0
    ledger: list[tuple[str, bool]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    named: threading.Event = field(default_factory=threading.Event)
    victim: int = 0

    def name(self, pid: int) -> None:
        """Say which process is to be killed."""
        self.victim = pid
        self.named.set()

    def take(self, key: str, body: bytes) -> None:
        with self.lock:
            kills, self.kills = self.kills, ""
            known = self.knows and key in {one for one, _ in self.ledger}
            if kills != "lost" and not known:
                self.ledger.append((key, json.loads(body)["possible_repeat"] is True))
        if kills:
            self.named.wait(60)
            os.kill(self.victim, signal.SIGKILL)


@contextmanager
def receiver(*, knows: bool) -> Iterator[Receiver]:
    """Run a receiver on loopback."""
    made = Receiver(knows)

    def take(_: str, headers: Mapping[str, str], body: bytes) -> bytes:
        made.take(headers["idempotency-key"], body)
        return b""

    with taking(take, 204) as made.port:
        yield made
