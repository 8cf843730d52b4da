"""The zygote: a fresh interpreter that has read what a render needs and forks one confined child for each render.

On its control socket it gets one end of a socket per render. The child reads a request from it to the end, writes the
reply and exits. A child that dies otherwise is answered for: the zygote writes why, on a line of its own. It holds no
request itself. A parent that closes its end no longer wants the reply: the child is killed.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from writers.template import answer

MEMORY = 128 << 20  # bytes above what the zygote itself has
CPU = 1  # seconds
WALL = 1.5  # seconds; the parent gives up at 2
_NOBODY = 65534
_PR_SET_PDEATHSIG = 1
_MOST_FILES = 64


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    wire: socket.socket  # the child's own end: watched for the parent hanging up, and for the last word
    deadline: float


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: list[_Child] = []
        self.base = _address_space()
        self.own = os.getpid()

    def serve(self, wake: int) -> None:
        """Fork children until the parent is gone."""
        self.control.send(b"+")
        while self._heard(wake):
            now = time.monotonic()
            for child in self.children:
                if child.deadline <= now:
                    os.kill(child.pid, signal.SIGKILL)
            self._reap(now)

    def _heard(self, wake: int) -> bool:
        """Wait for the next thing to do, and fork where it is a render; False when the parent is gone."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(wake, select.POLLIN)
        for child in self.children:
            poll.register(child.wire, 0)  # tells of a hang-up only
        left = min((c.deadline for c in self.children), default=None)
        ready = dict(poll.poll(None if left is None else max(1, int((left - time.monotonic()) * 1000) + 1)))
        if wake in ready:
            os.read(wake, 512)
        for child in self.children:
            if child.wire.fileno() in ready:
                os.kill(child.pid, signal.SIGKILL)
        return self.control.fileno() not in ready or self._asked()

    def _asked(self) -> bool:
        data, files, _, _ = socket.recv_fds(self.control, 1, 1)
        for file in files:
            self._bear(socket.socket(fileno=file))
        return bool(data)

    def _bear(self, wire: socket.socket) -> None:
        pid = os.fork()
        if pid == 0:
            _live(wire, self.base, self.own)
        self.children.append(_Child(pid, wire, time.monotonic() + WALL))

    def _reap(self, now: float) -> None:
        for child in tuple(self.children):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self.children.remove(child)
                with child.wire as wire:
                    if status:
                        _last_word(wire, _cause(status, late=child.deadline <= now))

    def end(self) -> None:
        """Kill what is left: nothing outlives the parent, also where the system does not see to it."""
        for child in self.children:
            os.kill(child.pid, signal.SIGKILL)


def _cause(status: int, late: bool) -> str:
    """Return why a child died: "time", "memory" (the system's own killer) or "died"."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if late or number == signal.SIGXCPU:
        return "time"
    return "memory" if number == signal.SIGKILL else "died"


def _last_word(wire: socket.socket, kind: str) -> None:
    with suppress(OSError):  # the parent may be gone, or its socket full
        wire.send(b"\n" + json.dumps({"fault": {"kind": kind}}).encode(), socket.MSG_DONTWAIT)


def _live(wire: socket.socket, base: int, parent: int) -> NoReturn:
    """Be a child: one request, one reply, and out; whatever goes wrong is told by the exit status."""
    try:
        signal.set_wakeup_fd(-1)
        file = os.dup2(wire.fileno(), 3)
        os.closerange(4, _MOST_FILES)
        _drop_root()
        die_with(parent)
        confine(base)
        with socket.socket(fileno=file) as only:
            only.sendall(answer(b"".join(iter(lambda: only.recv(1 << 16), b""))))
        os._exit(0)
    finally:
        os._exit(1)


def confine(base: int) -> None:
    """Take from this process what a template must not have; a limit that the system lacks is left out."""
    wanted = {
        "RLIMIT_AS": (base + MEMORY, base + MEMORY) if base else None,
        "RLIMIT_CPU": (CPU, CPU + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_NPROC": (0, 0),
        "RLIMIT_CORE": (0, 0),
        "RLIMIT_NOFILE": (0, 0),  # what is open stays open; nothing can be opened
    }
    for name, limit in wanted.items():
        number = getattr(resource, name, None)
        if number is not None and limit is not None:
            with suppress(OSError, ValueError):
                resource.setrlimit(number, limit)


def die_with(parent: int) -> None:
    """Ask the system to kill this process when `parent` dies; where it cannot, the closing sockets do."""
    prctl = getattr(_LIBC, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def _drop_root() -> None:
    if os.geteuid() == 0:
        with suppress(OSError):  # a container may not allow it; the limits hold all the same
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)


def _address_space() -> int:
    """Return the bytes of address space in use; 0 where nobody says."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 0


@contextmanager
def _woken() -> Iterator[int]:
    """Give a file that can be read as soon as a child is dead."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    yield reading


def main() -> None:
    """Serve the control socket whose number is the first argument; the second is the parent's process id."""
    die_with(int(sys.argv[2]))
    _warm()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as control, _woken() as wake:
        zygote = _Zygote(control)
        try:
            zygote.serve(wake)
        finally:
            zygote.end()


def _warm() -> None:
    """Render what works and what does not, so that a child has nothing left to import."""
    well = "# {{ a | days }}\n\n- **{{ 'b\\n' | upper | truncate }}** `x` {{ a | link(a) }}"
    each = "{{ [a] | map('number') | join }}"
    for source in (well, each, "{{ b }}", "{% if %}", "{{ b | b }}", "{{ 1/0 }}", "{{ ''.b }}"):
        answer(json.dumps({"source": source, "data": {"a": 1, "language": "ko"}}).encode())


_LIBC = ctypes.CDLL(None)

if __name__ == "__main__":
    main()
