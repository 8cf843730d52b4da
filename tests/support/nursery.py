"""Start processes of the bot in a fraction of the time: `python -m tests.support.nursery` has imported all and forks.

Each child is a process of its own, with nothing from here but imported modules, and compiled what a bot says to its
database. All workers come to one nursery, which has a nurse for each: a fork that reads one JSON object a line. `start`
gives the pid, `wait` the wait status of a pid that is over in time, else -1.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.commons import Commons

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0  # seconds for anything
_NEEDED = (
    "bot.cli", "bot.app", "bot.daemon", "bot.demo", "bot.doctor", "bot.backup", "bot.platforms.chat",
    "bot.platforms.discord_gateway",
    "bot.platforms.slack_gateway", "apscheduler.schedulers.asyncio", "apscheduler.triggers.interval", "storage.schema",
    "tests.bot.asking", "tests.bot.frozen",
    "tests.kill.clerk", "tests.kill.courier", "tests.kill.migrator", "tests.kill.postman",
    "tests.kill.prober", "tests.kill.scheduler", "tests.kill.victim", "tests.kill.worker",
    "tests.storage.backup.victim", "tests.storage.backup.writer", "tests.storage.claimer",
    "tests.support.compiled", "tests.writers.scribe",
)  # fmt: skip
_IF_THERE = ("psycopg", "psycopg_pool", "procrastinate", "anthropic", "openai")


@dataclass
class Child:
    """A process that was started; what it prints goes into files."""

    nursery: Nursery
    pid: int
    folder: Path
    stdin: int | None  # where it can be told more
    over: int | None = field(default=None, init=False)  # its wait status

    @property
    def out(self) -> str:
        """Return what it has printed until now."""
        return (self.folder / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self.folder / "err").read_text("utf-8")

    def line(self, number: int = 0) -> str:
        """Return the line of this number once it has printed it."""
        end = time.monotonic() + _PATIENCE
        while (found := self.out).count("\n") <= number:
            assert self.poll() is None, self.err
            assert time.monotonic() < end, found
            time.sleep(0.01)
        return found.splitlines()[number]

    def tell(self, line: str) -> None:
        """Type a line."""
        assert self.stdin is not None
        os.write(self.stdin, f"{line}\n".encode())

    def hang_up(self) -> None:
        """Let it read that nobody types any more."""
        if self.stdin is not None:
            os.close(self.stdin)
            self.stdin = None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it is over."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Return its code where it is over: minus the signal that killed it."""
        return self._ended(0)

    def wait(self, seconds: float = _PATIENCE) -> subprocess.CompletedProcess[str]:
        """Wait until it is over; the return code is minus the signal that killed it."""
        code = self._ended(seconds)
        assert code is not None, f"not over after {seconds} s: {self.err}"
        return subprocess.CompletedProcess((), code, self.out, self.err)

    def kill(self) -> None:
        """Have it be over, whatever it does."""
        self.send(signal.SIGKILL)
        self.wait()
        self.hang_up()

    def _ended(self, seconds: float) -> int | None:
        end = time.monotonic() + seconds
        while self.over is None:
            left = max(0.0, end - time.monotonic())
            status = self.nursery.ask({"wait": self.pid, "seconds": min(left, _PATIENCE)})
            if status >= 0:
                self.over = status
            elif left <= _PATIENCE:
                break
        return None if self.over is None else os.waitstatus_to_exitcode(self.over)


class Nursery:
    """The process that forks."""

    def __init__(self, nurse: socket.socket, folder: Path) -> None:
        self._nurse = nurse
        self._heard = nurse.makefile("r")
        self._folder = folder

    def start(
        self, module: str, *arguments: str | Path, env: Mapping[str, str], cwd: Path, typed: str | None = ""
    ) -> Child:
        """Start `module.main` with these arguments in an environment of its own; typed=None: more is told later."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        stdin = None
        for name in ("out", "err"):
            (folder / name).touch()
        if typed is None:
            os.mkfifo(folder / "in")
            stdin = os.open(folder / "in", os.O_RDWR)  # for reading too: so it waits for nobody
        else:
            (folder / "in").write_text(typed, "utf-8")
        asked = {"start": module, "arguments": [*map(str, arguments)], "env": dict(env), "cwd": str(cwd)}
        return Child(self, self.ask(asked | {"folder": str(folder)}), folder, stdin)

    def ask(self, what: Mapping[str, object]) -> int:
        """Send a line and return the number that comes back."""
        self._nurse.sendall(f"{json.dumps(what)}\n".encode())
        return int(self._heard.readline())

    def close(self) -> None:
        """Let go; whatever was started here is killed."""
        self._nurse.shutdown(socket.SHUT_WR)
        self._heard.read()  # until the nurse has gone
        self._heard.close()
        self._nurse.close()


@contextmanager
def _built(note: Path) -> Iterator[None]:
    """Run a nursery, and note where its door is; the nurses of those who came in stay when it is over."""
    with tempfile.TemporaryDirectory(prefix="arb-beds-") as folder:
        door = Path(folder) / "door"
        env = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "tests.support.nursery", str(door)]
        with subprocess.Popen(command, env=env, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline(), "the nursery did not open"
            note.write_text(str(door), "utf-8")
            yield


def _entered(note: Path) -> socket.socket | None:
    """Come in where the door is that was noted, if it still is."""
    nurse = socket.socket(socket.AF_UNIX)
    nurse.settimeout(2 * _PATIENCE)
    with suppress(FileNotFoundError, ConnectionError):
        nurse.connect(note.read_text("utf-8"))
        if nurse.recv(1):
            return nurse
    nurse.close()
    return None


@pytest.fixture(scope="session")
def beds(commons: Commons) -> Iterator[Nursery]:
    """Where processes are born; the worker that needs it first has it built for all."""
    with tempfile.TemporaryDirectory(prefix="arb-nursery-") as folder, ExitStack() as building:
        with commons.alone("nursery") as note:
            nurse = _entered(note)
            if nurse is None:
                building.enter_context(_built(note))
                nurse = _entered(note)
        assert nurse is not None
        with closing(Nursery(nurse, Path(folder))) as found:
            yield found


def _child(asked: Mapping[str, Any]) -> None:
    """Become the process that was asked for; never return."""
    code = 1
    try:
        folder = Path(asked["folder"])
        for number, name, flags in ((0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY)):
            opened = os.open(folder / name, flags | (os.O_APPEND if number else 0))
            os.dup2(opened, number)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = open(0, closefd=False), open(1, "w", closefd=False), _unbuffered(2)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"])
        sys.argv = [asked["start"], *asked["arguments"]]
        try:
            sys.modules[asked["start"]].main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _unbuffered(number: int) -> Any:
    return open(number, "w", buffering=1, closefd=False, errors="backslashreplace")


def _status(pid: int, seconds: float) -> int:
    end, pause = time.monotonic() + seconds, 0.001
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        if time.monotonic() >= end:
            return -1
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


async def _first(folder: Path) -> None:
    """Have a bot do what most of them will, so that its statements are compiled."""
    from tests.support.repository import small_repository
    from tests.support.talk import talking

    small_repository(folder / "shop")
    async with talking(folder / "home", folder) as talk:
        for line in (f"/source add git name=shop path={folder / 'shop'}", "/report run weekly", "/arb status"):
            said = await talk.say(line)
            assert said.kind == "card", said.card
        app = talk.app
        for look in (app.runs.look, app.questions.look, app.schedules.look, app.outbox.drain, app.housekeeping.look):
            await look()


def _serve(visitor: socket.socket) -> None:
    """Do what the lines ask for until there are no more; kill then who is left."""
    living: set[int] = set()
    visitor.sendall(b"!")
    for line in visitor.makefile("r"):
        asked = json.loads(line)
        if "wait" in asked:
            answer = _status(asked["wait"], asked["seconds"])
            if answer >= 0:
                living.discard(asked["wait"])
        else:
            answer = os.fork()
            if answer == 0:
                os.close(visitor.detach())
                _child(asked)
            living.add(answer)
        visitor.sendall(f"{answer}\n".encode())
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _nurse(visitor: socket.socket) -> None:
    """Serve; never return."""
    try:
        _serve(visitor)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(0)


def _open(path: str) -> None:
    """Have a nurse for each who comes to this door, until standard input ends."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        print("open", flush=True)
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            visitor, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _nurse(visitor)
            visitor.close()


if __name__ == "__main__":
    for name in (*_NEEDED, *(name for name in _IF_THERE if find_spec(name))):
        import_module(name)  # all that its children will need
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(_first(Path(made)))
    assert threading.active_count() == 1, "a fork takes no thread along"
    gc.collect()
    gc.freeze()  # what is here stays where it is: the children share these pages
    _open(sys.argv[1])
