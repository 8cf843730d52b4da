"""The render process: people's templates run in a confined child of a zygote, never in ARB itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from model.card import Chart, Heading, Span, Style, Text
from model.errors import TemplateError
from model.language import Code, Message
from writers.faults import Fault, template_error
from writers.painting import Form, Painting
from writers.safe import MOST_PROSE, inert, web_url

MOST_SOURCE = 64 << 10  # characters of a template
MOST_DATA = 4 << 20  # bytes of its data as JSON
MOST_REPLY = 512 << 10  # bytes; the child stops itself at half of it
_WALL = 2.0  # seconds a render may take, from outside; the zygote kills earlier
_START = 20.0  # seconds until a zygote must be ready, on a machine that is busy
_TRIES = 2  # a render has no effect, so one that lost its zygote is asked for again
_PRIVATE = re.compile("[\U000f0000-\U000f01ff]")  # means something between `writers.prose` and itself

Written = tuple[Text | Heading, ...]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class _Piece(BaseModel):
    model_config = _STRICT
    text: str
    style: Style = Style.PLAIN
    record: str | None = None


class _Block(BaseModel):
    model_config = _STRICT
    heading: str | None = None
    lines: tuple[tuple[_Piece, ...], ...] = ()
    bullets: bool = False


class _Reply(BaseModel):
    model_config = _STRICT
    blocks: tuple[_Block, ...] = ()
    fault: Fault | None = None


class RenderProcess:
    """Renders templates in confined children, at most `at_once` at a time; starts its zygote when first used."""

    def __init__(self, at_once: int = 2, painting: Painting | None = None) -> None:
        self._seats = asyncio.Semaphore(at_once)
        self.trials = asyncio.Semaphore(max(1, at_once - 1))  # previews wait here, so that runs keep a seat
        self._starting = asyncio.Lock()
        self._zygote: _Zygote | None = None
        self._closed = False
        self._painting = painting or Painting()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Start the zygote before it is needed. Raises TemplateError when it does not come up."""
        await self._alive()

    async def close(self) -> None:
        """End the zygote and every render under way."""
        async with self._starting:
            self._closed = True
            zygote, self._zygote = self._zygote, None
            if zygote is not None:
                await zygote.end()
        await self._painting.close()

    async def chart(self, chart: Chart, code: Code, form: Form) -> bytes:
        """Return the picture of a chart: a PNG of at most 150 KB, twice as large as it is shown, or an SVG.

        Raises PictureError.
        """
        return await self._painting.draw(chart, code, form)

    async def template(self, source: str, data: Mapping[str, JsonValue], *, name: str = "text") -> Written:
        """Return what a text section writes about `data`; `name` is what errors call the template.

        A text in `data` never becomes markup; `url` of a mapping that has a `key` is where its `link` leads.

        Raises:
            TemplateError: it is wrong, does something that is not allowed, or takes too much time or space.
        """
        urls: dict[str, str] = {}
        request = json.dumps({"source": source, "data": _cleaned(dict(data), urls)}).encode()
        if len(source) > MOST_SOURCE or len(request) > MOST_DATA:
            raise TemplateError(
                "Template {name} or what it is about is too long.",
                hint=Message("A text section may have {most} characters.", {"most": MOST_SOURCE}),
                name=name,
            )
        async with self._seats:
            reply = await self._asked(request)
        if reply.fault is not None:
            raise template_error(reply.fault, name, source, data)
        return tuple(_block(block, urls) for block in reply.blocks)

    async def _asked(self, request: bytes) -> _Reply:
        for _ in range(_TRIES):
            zygote = await self._alive()
            try:
                async with asyncio.timeout(_WALL):
                    return _read(await zygote.render(request))
            except TimeoutError:
                await self._drop(zygote)
                return _Reply(fault=Fault(kind="time"))
            except OSError:
                await self._drop(zygote)
        return _Reply(fault=Fault(kind="died"))

    async def _alive(self) -> _Zygote:
        async with self._starting:
            if self._closed:
                raise _not_started()
            if self._zygote is None:
                self._zygote = await _Zygote.born()
            return self._zygote

    async def _drop(self, zygote: _Zygote) -> None:
        async with self._starting:
            if self._zygote is zygote:
                self._zygote = None
        await zygote.end()


@dataclass(frozen=True, slots=True)
class _Zygote:
    """The parent's handle on its zygote."""

    process: asyncio.subprocess.Process
    control: socket.socket

    @classmethod
    async def born(cls) -> _Zygote:
        """Start one: nothing of this process's environment or open files goes along."""
        control, theirs = socket.socketpair()
        control.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "writers.zygote", str(theirs.fileno()), str(os.getpid()),
                env={}, cwd="/", pass_fds=(theirs.fileno(),), start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        zygote, ready = cls(process, control), b""
        try:
            async with asyncio.timeout(_START):
                ready = await asyncio.get_running_loop().sock_recv(control, 1)
        except (TimeoutError, OSError) as error:
            raise _not_started() from error
        finally:
            if not ready:
                await zygote.end()
        if not ready:
            raise _not_started()
        return zygote

    async def render(self, request: bytes) -> bytes:
        """Return the reply of a new child; leaving early kills it. Raises OSError when the zygote is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self.control, [b"r"], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            writer.write(request)
            writer.write_eof()
            reply = b""
            while chunk := await reader.read(1 << 16):
                reply += chunk
                if len(reply) > MOST_REPLY:
                    raise ConnectionAbortedError
            return reply
        finally:
            writer.transport.abort()  # the zygote sees it and kills a child that still works

    async def end(self) -> None:
        """Kill it; its children die with it."""
        self.control.close()
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()


def _not_started() -> TemplateError:
    return TemplateError(
        "The render process does not start.", hint=Message("Ask the operator to look at memory and process limits.")
    )


def _read(reply: bytes) -> _Reply:
    """Read a reply; its last line counts, since the zygote adds one when a child dies over its answer."""
    try:
        return _Reply.model_validate_json(reply.rsplit(b"\n", 1)[-1])
    except ValidationError as error:
        raise ConnectionAbortedError from error


def _cleaned(value: JsonValue, urls: dict[str, str]) -> JsonValue:
    """Return `value` with inert texts, and note which key leads where."""
    match value:
        case str():
            return _PRIVATE.sub("\N{REPLACEMENT CHARACTER}", inert(value, MOST_PROSE))
        case list():
            return [_cleaned(entry, urls) for entry in value]
        case dict():
            url, key = value.get("url"), value.get("key")
            if isinstance(key, str) and (web := web_url(url if isinstance(url, str) else None)):
                urls.setdefault(str(_cleaned(key, urls)), web)
            return {str(_cleaned(name, urls)): _cleaned(entry, urls) for name, entry in value.items()}
        case _:
            return value


def _block(block: _Block, urls: Mapping[str, str]) -> Text | Heading:
    if block.heading is not None:
        return Heading(inert(block.heading, MOST_PROSE))
    return Text(tuple(tuple(_span(piece, urls) for piece in line) for line in block.lines), block.bullets)


def _span(piece: _Piece, urls: Mapping[str, str]) -> Span:
    return Span(inert(piece.text, MOST_REPLY), piece.style, urls.get(piece.record) if piece.record else None)
