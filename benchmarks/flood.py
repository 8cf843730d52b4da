"""One workspace's webhook is flooded, another's goes on: `python -m benchmarks.flood [SECONDS]` (of each flood, 10).

A real `arb run --no-worker` takes pushes of a quiet workspace, ten a second, each over a connection of its own: first
while nothing else happens, then while processes beside it send to the other workspace's address as fast as they are
answered: signed pushes, pushes that are not signed, and bodies of 25 MiB. Printed: how long the quiet ones waited, how
many of the flood were answered with which status, and how much memory the process took.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import multiprocessing
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.queues import Queue
from pathlib import Path

from model.clock import SystemClock
from model.delivery import Platform
from storage.database import Database
from storage.sealing import Keyring
from tests.collectors.test_custom import standard
from tests.support.typed import environment

_SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBmbG9vZCwgbG9uZyBlbm91Z2g="
_SENDERS = 4
_QUIET = 0.1  # seconds from one push to the next
_LARGE = 25 << 20  # bytes
_CALM, _LOUD = "192.0.2.1", "192.0.2.2"  # from where they send, as the proxy has it
_FLOODS = ("signed", "not signed", "25 MiB")


async def _hooks(home: Path) -> list[str]:
    """Return the paths of two workspaces' webhooks."""
    db = await Database.open(None, home, Keyring.open(home, None), SystemClock())
    paths = []
    for team in ("T0QUIET", "T0LOUD"):
        workspace = await db.entrances.enter(Platform.SLACK, team)
        async with db.write(workspace) as stores:
            member = await stores.members.meet(Platform.SLACK, "U1", "U1")
            source = await stores.sources.add("shop", "custom", {})
            paths.append(f"/webhooks/custom/{(await stores.hooks.make(source, member.id, _SECRET)).id}")
    await db.close()
    return paths


@contextmanager
def _bot(home: Path) -> Iterator[tuple[int, int]]:
    """Run the bot; yield its port and its process id."""
    told = environment(home, ARB_HTTP_PORT="0", ARB_TRUSTED_PROXIES="127.0.0.1")
    command = (sys.executable, "-m", "bot.cli", "run", "--no-worker")
    with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        port = 0
        while not port:
            found = re.search(r":(\d+)/ready", running.stdout.readline())
            port = int(found[1]) if found else 0
        try:
            yield port, running.pid
        finally:
            running.terminate()


def _sent(connection: http.client.HTTPConnection, path: str, n: int, sender: str, secret: str = _SECRET) -> int:
    entry = {"key": str(n), "at": "2026-11-19T10:00:00Z", "of": "sales"}
    push = standard({"entries": [entry]}, secret, f"event-{n:012}", str(int(time.time())))
    connection.request("POST", path, push.body, {**push.headers, "x-forwarded-for": sender})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def _flood(kind: str, port: int, path: str, first: int, seconds: float, told: Queue[Counter[str]]) -> None:
    """Send as fast as it is answered; tell how many of each status there were."""
    found: Counter[str] = Counter()
    end, n = time.monotonic() + seconds, first
    wrong = "whsec_" + "bm90IHRoZSBzZWNyZXQgb2YgdGhlIGZsb29kIGF0IGFsbA=="
    while time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with suppress(OSError, http.client.HTTPException):
            while time.monotonic() < end:
                n += 1
                if kind == "25 MiB":
                    connection.request("POST", path, bytes(_LARGE), {"content-type": "application/json"})
                    found[str(connection.getresponse().status)] += 1
                    break
                found[str(_sent(connection, path, n, _LOUD, wrong if kind == "not signed" else _SECRET))] += 1
            else:
                break
        connection.close()
        found["connections"] += 1
    told.put(found)


def _quiet(port: int, path: str, first: int, seconds: float) -> list[float]:
    """Return how long each push of the quiet workspace waited to be taken, in milliseconds."""
    waited = []
    for n in range(first, first + int(seconds / _QUIET)):
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        assert _sent(connection, path, n, _CALM) == 202
        connection.close()
        waited.append((time.perf_counter() - began) * 1000)
        time.sleep(_QUIET)
    return waited


def _flooded(kind: str, port: int, paths: list[str], first: int, seconds: float) -> tuple[list[float], Counter[str]]:
    told: Queue[Counter[str]] = multiprocessing.Queue()
    senders = [
        multiprocessing.Process(target=_flood, args=(kind, port, paths[1], first + s * 10**9, seconds + 2, told))
        for s in range(_SENDERS)
    ]
    for sender in senders:
        sender.start()
    time.sleep(1.0)
    waited = _quiet(port, paths[0], first, seconds)
    found = sum((told.get() for _ in senders), Counter[str]())
    for sender in senders:
        sender.join()
    return waited, found


def _told(name: str, waited: list[float], alone: float, more: Mapping[str, int] | None = None) -> None:
    late = statistics.quantiles(waited, n=100)[98]
    ratio = f"   × {late / alone:.1f} of alone" if alone else ""
    answered = f"   {json.dumps(dict(sorted((more or {}).items())))}" if more else ""
    print(f"{name:<12} p50 {statistics.median(waited):6.1f} ms   p99 {late:6.1f} ms{ratio}{answered}")


def main(seconds: float) -> None:
    """Print how the quiet workspace fares alone and under each flood."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        paths = asyncio.run(_hooks(home))
        with _bot(home) as (port, process):
            _quiet(port, paths[0], 0, 2.0)
            alone = _quiet(port, paths[0], 10**6, seconds)
            late = statistics.quantiles(alone, n=100)[98]
            _told("alone", alone, 0.0)
            for at, kind in enumerate(_FLOODS, 2):
                waited, found = _flooded(kind, port, paths, at * 10**6, seconds)
                _told(kind, waited, late, found)
            most = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    if most:
        print(f"most memory  {int(most[1]) / 1024:.0f} MB")
    print("The floods run on the same cores as what they flood.")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
