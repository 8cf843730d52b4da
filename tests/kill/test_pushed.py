"""SIGKILL under a storm of pushes: whatever was acknowledged has its effect, exactly once, whoever is killed when."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from tests.collectors.test_custom import standard
from tests.support.nursery import Child
from tests.support.typed import Arb

_SENDERS, _TIMES = 20, 5
_PATIENCE = 900.0  # seconds for all of it


def _address(child: Child) -> int:
    """Return the port that a process listens on."""
    found = re.search(r":(\d+)/ready", child.line(1))
    assert found
    return int(found[1])


def _counts(home: Path) -> tuple[int, int]:
    """Return how many entries there are, and how many pushes were done."""
    with closing(sqlite3.connect(home / "arb.db", timeout=30)) as db:
        entries = db.execute("select count(*) from records where kind = 'entry'").fetchone()[0]
        return entries, db.execute("select count(*) from pushed where done and not unread").fetchone()[0]


class _Storm:
    """Sends each event several times, from many threads, until it is acknowledged."""

    def __init__(self, path: str, secret: str, events: int) -> None:
        self.path, self.secret = path, secret
        self.port: int | None = None
        self.acknowledged: set[int] = set()
        self.left = [n for n in range(events) for _ in range(_TIMES)]
        Random(7).shuffle(self.left)
        self.statuses: set[int] = set()
        self._lock = threading.Lock()
        self._end = time.monotonic() + _PATIENCE

    def send(self) -> None:
        """Send one delivery after the other until none is left."""
        while time.monotonic() < self._end:
            with self._lock:
                if not self.left:
                    return
                n = self.left.pop()
            while time.monotonic() < self._end:
                status = self._delivered(n)
                if status in (200, 202):
                    with self._lock:
                        self.acknowledged.add(n)
                    break
                time.sleep(0.02)

    def _delivered(self, n: int) -> int | None:
        """Return what was answered; None where nobody has."""
        entry = {"key": str(n), "at": "2026-11-19T10:00:00Z", "of": "sales", "numbers": {"amount": n}}
        push = standard({"entries": [entry]}, self.secret, f"event-{n:08}", str(int(time.time())))
        port = self.port
        if port is None:
            return None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", self.path, push.body, dict(push.headers))
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        with self._lock:
            self.statuses.add(status)
        return status

    def reaches(self, share: float, events: int) -> None:
        """Wait until so large a share of the events is acknowledged."""
        while len(self.acknowledged) < share * events:
            assert time.monotonic() < self._end
            time.sleep(0.005)


def test_a_thousand_events_five_times_by_twenty_senders(arb: Arb, tmp_path: Path, scaled: Callable[[int], int]) -> None:
    """Killed under it and started again; killed once more when all is acknowledged and nothing had an effect yet."""
    home, events, kills = tmp_path / "home", scaled(1000), scaled(50)
    assert arb(home, "say", "/source add custom name=shop").returncode == 0
    said = " ".join(arb(home, "say", "/source hook shop").stdout.split())
    path, secret = re.search(r"/webhooks/custom/[\w-]{22}", said), re.search(r"whsec_[\w+/=]+", said)
    assert path, said
    assert secret, said
    storm = _Storm(path[0], secret[0], events)
    senders = [threading.Thread(target=storm.send, daemon=True) for _ in range(_SENDERS)]
    for kill in range(kills):
        with arb.serving(home, "run", "--no-worker") as front:  # it takes, and does nothing
            storm.port = _address(front)
            for sender in senders if kill == 0 else ():
                sender.start()
            if kill < kills - 1:
                storm.reaches((kill + 1) / kills, events)
            else:
                for sender in senders:
                    sender.join(_PATIENCE)
            storm.port = None
            front.kill()
    assert len(storm.acknowledged) == events
    assert storm.statuses <= {200, 202, 429, 503}
    assert _counts(home) == (0, 0)
    with arb.serving(home, "worker") as worker:
        while _counts(home)[1] < events / 2:
            assert worker.poll() is None, worker.err
            time.sleep(0.01)
        worker.kill()
    with arb.serving(home, "worker") as worker:
        while _counts(home)[1] < events:
            assert worker.poll() is None, worker.err
            time.sleep(0.01)
    assert _counts(home) == (events, events)
    with closing(sqlite3.connect(home / "arb.db")) as db:
        bodies = [json.loads(body) for (body,) in db.execute("select body from records where kind = 'entry'")]
        assert db.execute("select count(*) from pushed").fetchone() == (events,)
    assert sorted(int(dict(body["numbers"])["amount"]) for body in bodies) == list(range(events))
