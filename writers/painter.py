"""The painter: a fresh interpreter that draws one chart after the other, for as long as its parent wants pictures.

Vega runs in V8, which starts threads, so nothing can be forked from here as from the zygote; starting costs a second, a
picture a tenth of one. It gets charts only, never a template or a specification of people's. It reads its own font and
nothing else, writes no file and reaches no network. On its socket each request and each reply has its length in front.
"""

from __future__ import annotations

import os
import resource
import socket
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import vl_convert
from pydantic import BaseModel, ConfigDict

from model.card import Chart
from model.language import Code, Language
from writers.charts import spec_of
from writers.lettering import FOLDER
from writers.theme import PATTERNS
from writers.zygote import die_with

SCALE = 2.0
_SMALLER = 1.0  # where a picture of many shapes would be too large
MOST = 150_000  # bytes of a PNG
MOST_MEMORY = 512 << 20  # bytes in use; a painter that has more ends, and the next one begins small
MORE, LAST = b">", b"."  # begins a reply: the painter stays for more, or ends after this one
_LENGTH = struct.Struct(">I")
_SIGNATURE = 8  # bytes that a PNG begins with
_COMPRESSION = 6  # the converter's own is three to ten times larger


class Request(BaseModel):
    """One picture that is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    chart: Chart
    code: Code
    form: Literal["png", "svg"]


def drawn(chart: Chart, code: Code, form: Literal["png", "svg"]) -> bytes:
    """Return the picture of a chart. Raises ValueError where it cannot be made or is too large."""
    svg = vl_convert.vegalite_to_svg(spec_of(chart, Language(code)), vl_version="v6.4", allowed_base_urls=[])
    if "url(#" in svg:
        head = svg.index(">") + 1
        svg = svg[:head] + PATTERNS + svg[head:]
    if form == "svg":
        return svg.encode()
    for scale in (SCALE, _SMALLER):
        png = repacked(vl_convert.svg_to_png(svg, scale=scale))
        if len(png) <= MOST:
            return png
    raise ValueError("the picture is too large")


def repacked(png: bytes) -> bytes:
    """Return a PNG with its pixels packed better: https://www.w3.org/TR/png-3/."""
    out, pixels = [png[:_SIGNATURE]], b""
    for kind, data in _chunks(png):
        if kind == b"IDAT":
            pixels += data
        elif kind == b"IEND":
            out += [_chunk(b"IDAT", zlib.compress(zlib.decompress(pixels), _COMPRESSION)), _chunk(kind, data)]
        else:
            out.append(_chunk(kind, data))
    return b"".join(out)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _SIGNATURE
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + kind + data + _LENGTH.pack(zlib.crc32(kind + data))


def main() -> None:
    """Serve the socket whose number is the second argument; the third is the parent's process id."""
    die_with(int(sys.argv[3]))
    vl_convert.register_font_directory(str(FOLDER))
    for name in ("RLIMIT_FSIZE", "RLIMIT_CORE"):
        with suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (0, 0))
    with socket.socket(fileno=int(sys.argv[2])) as wire:
        while (length := _read(wire, _LENGTH.size)) is not None:
            request = _read(wire, _LENGTH.unpack(length)[0])
            if request is None:
                break
            reply = _answer(request)
            full = _memory() > MOST_MEMORY
            reply = (LAST if full else MORE) + reply
            wire.sendall(_LENGTH.pack(len(reply)) + reply)
            if full:
                break
    os._exit(0)  # V8's threads need no farewell


def _answer(request: bytes) -> bytes:
    """Return "+" and the picture, or "-" and why there is none."""
    try:
        wanted = Request.model_validate_json(request)
        return b"+" + drawn(wanted.chart, wanted.code, wanted.form)
    except (ValueError, ArithmeticError, OSError) as error:
        return b"-" + str(error)[:500].encode("utf-8", "replace")


def _read(wire: socket.socket, count: int) -> bytes | None:
    """Return so many bytes; None where the other end is gone."""
    data = b""
    while len(data) < count:
        more = wire.recv(count - len(data))
        if not more:
            return None
        data += more
    return data


def _memory() -> int:
    """Return the bytes that this process has in use; on Linux not the most it had, which begins as its parent's."""
    with suppress(OSError, ValueError):
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024
