"""The parent's end of the painter: pictures are drawn one after the other in a process of their own."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from model.card import CHART, Chart
from model.errors import PictureError
from model.language import Code

Form = Literal["png", "svg"]

_WALL = 10.0  # seconds that a picture may take
_START = 30.0  # seconds for the first one of a painter, on a machine that is busy
_IDLE = 300.0  # seconds without a picture until the painter, which holds some 130 MB, is let go
_MOST = 2 << 20  # bytes of a reply
_MOST_REQUEST = 1 << 20
_ROOT = str(Path(__file__).parents[1])  # this very code, also where another copy is installed
_BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from writers.painter import main; main()"
_LAST = b"."  # begins the reply of a painter that ends after it (writers/painter.py, whose import costs 130 MB)
_LENGTH = struct.Struct(">I")


class Painting:
    """Has charts drawn; starts a painter when one is needed, and another one where it died."""

    def __init__(self, idle: float = _IDLE, wall: float = _WALL) -> None:
        self._idle, self._wall = idle, wall
        self._turn = asyncio.Lock()
        self._painter: _Painter | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Return the process id of the painter; None while there is none."""
        return self._painter.process.pid if self._painter is not None and self._alive() else None

    async def draw(self, chart: Chart, code: Code, form: Form) -> bytes:
        """Return the picture of a chart. Raises PictureError."""
        values = {"chart": CHART.dump_python(chart, mode="json"), "code": code, "form": form}
        request = json.dumps(values).encode()
        if len(request) > _MOST_REQUEST:
            raise PictureError("The chart has too many values to be drawn.")
        async with self._turn:
            self._stay()
            try:
                async with asyncio.timeout(self._wall if self._alive() else _START):
                    reply = await self._asked(request)
            except (TimeoutError, OSError, EOFError) as error:
                await self._drop()
                raise PictureError("The picture process broke off or took too long.") from error
            except asyncio.CancelledError:  # what it would still answer belongs to nobody
                await self._drop()
                raise
            if reply[:1] == _LAST:
                await self._drop()
            self._leave_later()
        reply = reply[1:]
        if reply[:1] != b"+":
            raise PictureError("The chart cannot be drawn ({reason}).", reason=reply[1:].decode("utf-8", "replace"))
        return reply[1:]

    async def close(self) -> None:
        """End the painter and whatever it draws."""
        self._closed = True
        self._stay()
        await self._drop()

    async def _asked(self, request: bytes) -> bytes:
        if self._closed:
            raise EOFError
        if self._painter is None or not self._alive():
            await self._drop()
            self._painter = await _Painter.born()
        return await self._painter.draw(request)

    def _alive(self) -> bool:
        return self._painter is not None and self._painter.process.returncode is None

    async def _drop(self) -> None:
        painter, self._painter = self._painter, None
        if painter is not None:
            await painter.end()

    def _stay(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _leave_later(self) -> None:
        """Let the painter go once it has had nothing to draw for a while: it sees its socket close and ends."""
        painter = self._painter
        if painter is not None:
            self._leaving = asyncio.get_running_loop().call_later(self._idle, painter.let_go)


@dataclass(frozen=True, slots=True)
class _Painter:
    """The handle on one painter."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def born(cls) -> _Painter:
        """Start one: nothing of this process's environment or open files goes along."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-I", "-c", _BEGIN, _ROOT, str(theirs.fileno()), str(os.getpid()),
                    env={}, cwd="/", pass_fds=(theirs.fileno(),), start_new_session=True,
                    stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
                )  # fmt: skip
            reader, writer = await asyncio.open_connection(sock=ours)
        except OSError:
            ours.close()
            raise
        return cls(process, reader, writer)

    async def draw(self, request: bytes) -> bytes:
        """Return the reply to a request. Raises OSError or EOFError when the painter is gone."""
        self.writer.write(_LENGTH.pack(len(request)) + request)
        await self.writer.drain()
        length = _LENGTH.unpack(await self.reader.readexactly(_LENGTH.size))[0]
        if length > _MOST:
            raise EOFError
        return await self.reader.readexactly(length)

    def let_go(self) -> None:
        """Close its socket, at which it ends by itself."""
        self.writer.transport.abort()

    async def end(self) -> None:
        """Kill it."""
        self.let_go()
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()
