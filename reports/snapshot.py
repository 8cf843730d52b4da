"""A snapshot as bytes: JSON lines, compressed; the first line says what the run was asked, each other is a record."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import TypeAdapter, ValidationError

from model.errors import ArbError
from model.ids import SourceId
from model.language import Message
from model.record import Coverage, Record
from model.report import Announced, Settings, Snapshot, Target, Template
from model.window import Window


@dataclass(frozen=True, slots=True)
class _Head:
    window: Window
    settings: Settings
    template: Template
    taken: datetime
    metrics: Mapping[str, int]
    coverage: tuple[Coverage, ...]
    firsts: tuple[tuple[SourceId, str, datetime], ...]
    targets: tuple[Target, ...] = ()
    announced: tuple[Announced, ...] = ()
    holidays: tuple[date, ...] = ()


_HEAD: TypeAdapter[_Head] = TypeAdapter(_Head)
_LINE: TypeAdapter[tuple[SourceId, Record]] = TypeAdapter(tuple[SourceId, Record])


def pack(snapshot: Snapshot) -> bytes:
    """Return the snapshot as compressed JSON lines."""
    head = _Head(**{field.name: getattr(snapshot, field.name) for field in fields(_Head)})
    lines = [_HEAD.dump_json(head), *(_LINE.dump_json(line) for line in snapshot.records)]
    return gzip.compress(b"\n".join(lines), compresslevel=3, mtime=0)


def unpack(data: bytes) -> Snapshot:
    """Return the snapshot of `data`; raises ArbError where it is damaged."""
    head_line, *lines = _lines(data)
    try:
        return _snapshot(head_line, tuple(_LINE.validate_json(line) for line in lines))
    except ValidationError as error:
        raise _damaged() from error


def unpack_head(data: bytes) -> Snapshot:
    """Return the snapshot of `data` without its records, which may be many; raises ArbError where it is damaged."""
    try:
        return _snapshot(_lines(data)[0], ())
    except ValidationError as error:
        raise _damaged() from error


def _lines(data: bytes) -> list[bytes]:
    try:
        return gzip.decompress(data).split(b"\n")
    except (OSError, EOFError) as error:
        raise _damaged() from error


def _snapshot(head_line: bytes, records: tuple[tuple[SourceId, Record], ...]) -> Snapshot:
    head = _HEAD.validate_json(head_line)
    return Snapshot(records=records, **{field.name: getattr(head, field.name) for field in fields(_Head)})


def _damaged() -> ArbError:
    return ArbError("The snapshot of this run cannot be read: it is damaged.")


def damaged() -> ArbError:
    """Return the error for rows that are no longer what a run wrote."""
    return ArbError("What is stored of this run cannot be read: it is damaged.", hint=Message("Run the report again."))


def content_hash(data: bytes) -> str:
    """Return the SHA-256, in hex, of what a packed snapshot holds."""
    try:
        return hashlib.sha256(gzip.decompress(data)).hexdigest()
    except (OSError, EOFError):
        return hashlib.sha256(data).hexdigest()


def plain_template(template: Template) -> Mapping[str, object]:
    """Return the template as JSON values, for the manifest of an export."""
    plain: Mapping[str, object] = json.loads(template.model_dump_json())
    return plain


def ordered(records: Iterable[tuple[SourceId, Record]]) -> tuple[tuple[SourceId, Record], ...]:
    """Return records in canonical order: by source, kind, instant and key."""
    return tuple(sorted(records, key=lambda r: (r[0], r[1].kind, r[1].at, r[1].key)))
