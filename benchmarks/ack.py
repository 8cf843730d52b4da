"""From a slash command to Slack's ack: `python -m benchmarks.ack [COMMITS]` (of the large report; default 50,000).

A real `arb run` is sent signed commands, one after the other, by a client in a process of its own. In between, the
same client sends the same requests to the raw floor: bare FastAPI and uvicorn that check the signature, and the same
with one row written into SQLite as durably as ours. First while nothing else happens: each command follows as soon as
what the one before asked for is answered. Then after rests, in which a machine falls asleep: that shows in the floor,
too. Then while a large report is collected.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.history import make_history
from tests.support.slack_front import CHANNEL, OWNER, SECRET, Interaction, Office, office, signed
from tests.support.typed import environment

_IDLE = 300  # commands to each
_REST, _PAUSE = 0.08, 0.02  # seconds between two requests: in which all is answered; and while it is busy
_ARB = "arb run"
_FLOORS = ("floor", "floor, one row")


def serve_floor(listening: socket.socket, file: str) -> None:
    """Answer signed requests at /, and at /row with a row written."""
    import uvicorn
    from fastapi import FastAPI, Request, Response

    from bot.http_slack import is_genuine

    app, key = FastAPI(), SECRET.encode()
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE inbox (event TEXT PRIMARY KEY, said BLOB)")

    async def bare(request: Request) -> Response:
        body = await request.body()
        genuine = is_genuine(request.scope["headers"], body, key, time.time())
        return Response(status_code=200 if genuine else 401)

    async def row(request: Request) -> Response:
        body = await request.body()
        if not is_genuine(request.scope["headers"], body, key, time.time()):
            return Response(status_code=401)
        db.execute("INSERT INTO inbox VALUES (?, ?)", (str(time.monotonic_ns()), body))
        return Response()

    app.add_route("/", bare, methods=["POST"])
    app.add_route("/row", row, methods=["POST"])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, http="h11"))
    server.run(sockets=[listening])


def client(places: Mapping[str, tuple[int, str]], answers: str, numbers: range, pause: float | None, stop: str) -> None:
    """Send a command to each place in turn until `stop` is there; print how long each waited, as JSON.

    `pause`: seconds between two requests; None: until a line is read, which says that the last was answered.
    """
    took: dict[str, list[float]] = {name: [] for name in places}
    links: dict[str, http.client.HTTPConnection] = {}
    for number in numbers:
        if Path(stop).exists():
            break
        for name, (port, path) in places.items():
            body = command(answers, number)
            headers = {"Content-Type": "application/x-www-form-urlencoded", **signed(body, time.time())}
            link = links.setdefault(name, http.client.HTTPConnection("127.0.0.1", port, timeout=30))
            link.connect() if link.sock is None else None
            began = time.perf_counter()
            link.request("POST", path, body, headers)
            answer = link.getresponse()
            answer.read()
            took[name].append(time.perf_counter() - began)
            if answer.status != 200:
                raise SystemExit(f"{name}: {answer.status}")
            if pause is not None:
                time.sleep(pause)
        if pause is None:
            print(number, flush=True)
            sys.stdin.readline()
    print(json.dumps(took))


def command(answers: str, number: int) -> bytes:
    """Return what Slack sends for /arb status."""
    return urlencode({
        "token": "gone", "team_id": "T0ACME", "team_domain": "acme", "channel_id": CHANNEL, "channel_name": "eng",
        "user_id": OWNER, "user_name": "mina", "command": "/arb", "text": "status", "api_app_id": "A0ARB",
        "is_enterprise_install": "false", "response_url": f"{answers}/bench-{number}", "trigger_id": f"bench.{number}",
    }).encode()  # fmt: skip


@contextmanager
def floors(folder: Path) -> Iterator[dict[str, tuple[int, str]]]:
    """Run the floor."""
    listening = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("spawn").Process(
        target=serve_floor, args=(listening, str(folder / "floor.db")), daemon=True
    )
    process.start()
    port = listening.getsockname()[1]
    try:
        yield {_FLOORS[0]: (port, "/"), _FLOORS[1]: (port, "/row")}
    finally:
        process.kill()
        process.join()


@contextmanager
def bot(there: Office, folder: Path) -> Iterator[int]:
    """Run the bot; return its port."""
    env = environment(folder / "home", folder, ARB_HTTP_PORT="0", **there.env())
    with subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run"], env=env, cwd=folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ARB is running")
        found = re.search(r":(\d+)/ready", process.stdout.readline())
        assert found is not None
        try:
            yield int(found[1])
        finally:
            process.terminate()


class Bench:
    """Slack, the bot, the floor, and a client that times them."""

    def __init__(self, there: Office, places: Mapping[str, tuple[int, str]], folder: Path) -> None:
        self._there, self._places, self._folder = there, places, folder
        self._sent = 0

    def start(self, most: int, pause: float | None) -> subprocess.Popen[str]:
        """Start a client that sends so many commands to each place at most."""
        numbers = range(self._sent, self._sent + most)
        self._sent += most
        for number in numbers:
            self._there.interactions[f"bench-{number}"] = Interaction({}, time.time())
        answers = f"http://127.0.0.1:{self._there.server}/actions"
        asked = json.dumps([self._places, answers, numbers.start, numbers.stop, pause])
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks.ack", "--client", asked, str(self._folder / "stop")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def idle(self, most: int) -> Mapping[str, list[float]]:
        """Return how long each command waited while nothing else happened."""
        sending = self.start(most, None)
        assert sending.stdin is not None
        assert sending.stdout is not None
        for _ in range(most):
            said = self._there.interactions[f"bench-{sending.stdout.readline().strip()}"]
            while not said.shown:
                time.sleep(0.001)
            sending.stdin.write("\n")
            sending.stdin.flush()
        return self._read(sending)

    def rested(self, most: int) -> Mapping[str, list[float]]:
        """Return how long each command waited after a rest."""
        return self._read(self.start(most, _REST))

    def busy(self, commits: int) -> tuple[Mapping[str, list[float]], float]:
        """Return how long each command waited while a large report was collected, and how long that took."""
        make_history(self._folder / "big", commits)
        added = self._there.answered(self._there.command(OWNER, "/source", "add git name=big path=big"))
        assert "added" in added.text(), added.text()
        began, sending = time.perf_counter(), self.start(100_000, _PAUSE)
        self._there.command(OWNER, "/report", "run weekly window=2026-11-02..2026-11-09")
        while not any("big" in str(one) for one in self._there.team.posted(self._there.direct(OWNER)) if _over(one)):
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        (self._folder / "stop").touch()
        return self._read(sending), seconds

    def _read(self, sending: subprocess.Popen[str]) -> Mapping[str, list[float]]:
        out, _ = sending.communicate()
        found: Mapping[str, list[float]] = json.loads(out)
        return found


def _over(message: Mapping[str, object]) -> bool:
    return "Reading" not in str(message)


def told(title: str, took: Mapping[str, list[float]], goals: str) -> None:
    """Print one side beside the floors."""
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        late = statistics.quantiles(times, n=100)[98]
        line = f"{title}  {name:<15} p50 {medians[name] * 1000:6.2f} ms   p99 {late * 1000:6.2f} ms   n {len(times)}"
        if name == _ARB:
            ratios = ", ".join(f"× {medians[name] / medians[floor]:.1f} of {floor}" for floor in _FLOORS)
            line += f"   p50 {ratios}{goals and f'   goal {goals}'}"
        print(line)


def main(commits: int) -> None:
    """Print both sides, idle and busy."""
    with tempfile.TemporaryDirectory() as made, office("http") as there:
        folder = Path(made)
        with floors(folder) as places, bot(there, folder) as port:
            there.port = port
            there.answered(there.command(OWNER, "/arb", "start"))
            bench = Bench(there, {**places, _ARB: (port, "/slack/events")}, folder)
            bench.idle(50)
            told("idle", bench.idle(_IDLE), "p50 ≤ 4 ms, p99 ≤ 10 ms")
            told("rest", bench.rested(_IDLE), "")
            took, seconds = bench.busy(commits)
    told("busy", took, "p99 ≤ 25 ms")
    print(f"busy: from the command to the posted report {seconds:.1f} s, {commits:,} commits")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        where, back, first, end, pause = json.loads(sys.argv[2])
        client(where, back, range(first, end), pause, sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
