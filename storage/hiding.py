"""Hide a person's names: in text, in JSON, in the compressed JSON lines that a run leaves."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from model.member import ERASED
from model.record import Body, Branch, Commit, Record

_SLUG = ERASED.replace(" ", "-")
_NAMES = frozenset({"name", "template"})  # fields and columns that hold names without spaces
_FIXED = frozenset(
    ["kind", "show", "by", "file", "metric", "unit", "language", "zone", "view", "keep", "state", "style"]
)  # never text
_GZIP = b"\x1f\x8b"


class Hidden:
    """The names and addresses of one person, and what stands instead of them."""

    def __init__(self, names: Iterable[str], instead: str = ERASED) -> None:
        self.instead = instead
        self.names = tuple(sorted({name for name in names if name.strip()}, key=lambda name: (-len(name), name)))
        self._found = re.compile("|".join(map(_whole, self.names)) or r"(?!)")

    def text(self, text: str, field: str = "") -> str:
        """Return a text without the names where they stand as words of their own."""
        return self._found.sub(_SLUG if field in _NAMES else self.instead, text)

    def stored(self, column: str, value: str) -> str:
        """Return the value of a column, plain or JSON, without the names; unchanged where none is in it."""
        if value[:1] in ("{", "["):
            try:
                plain: JsonValue = json.loads(value)
            except ValueError:
                return self.text(value)
            clean = self.json(plain)
            return value if clean == plain else _dumped(clean)
        return self.text(value, column)

    def json(self, value: JsonValue, name: str = "") -> JsonValue:
        """Return a JSON value without the names."""
        match value:
            case str():
                return value if name in _FIXED else self.text(value, name)
            case list():
                return [self.json(one, name) for one in value]
            case dict():
                return {key: self.json(one, key) for key, one in value.items()}
            case _:
                return value

    def lines(self, data: bytes) -> bytes:
        """Return JSON lines, compressed or not, without the names; the same bytes where none is in them."""
        packed = data.startswith(_GZIP)
        plain = gzip.decompress(data) if packed else data
        clean = b"\n".join(self._line(line) for line in plain.split(b"\n"))
        if clean == plain:
            return data
        return gzip.compress(clean, compresslevel=3, mtime=0) if packed else clean

    def _line(self, line: bytes) -> bytes:
        return self.stored("", line.decode("utf-8", "replace")).encode() if self._may_be_in(line) else line

    def _may_be_in(self, line: bytes) -> bool:
        return any(form.encode() in line for name in self.names for form in forms(name))


def forms(name: str) -> Sequence[str]:
    """Return how a name may stand in a stored text: as it is, and escaped in JSON either way."""
    return tuple(dict.fromkeys((name, json.dumps(name, ensure_ascii=False)[1:-1], json.dumps(name)[1:-1])))


def fingerprint(workspace: str, name: str) -> str:
    """Return what stays of an erased name or address: enough to know it again, not to read it."""
    return hashlib.sha256(f"{workspace}\n{name}".encode()).hexdigest()


def written_in(body: Body) -> set[str]:
    """Return the names and addresses of people that a record's body carries."""
    match body:
        case Commit() as commit:
            return {commit.author, commit.address, *commit.co_authors}
        case Branch() as branch:
            return {branch.author}
        case _:
            return set()


def anonymous(record: Record, workspace: str, forgotten: Collection[str]) -> Record:
    """Return a record that was read again, without the erased people who wrote it."""

    def known(name: str) -> bool:
        return fingerprint(workspace, name) in forgotten

    def shown(name: str) -> str:
        return ERASED if known(name) else name

    match record.body:
        case Commit() as commit:
            together = tuple(map(shown, commit.co_authors))
            if known(commit.address) or known(commit.author):
                return replace(record, body=replace(commit, author=ERASED, address="", co_authors=together))
            return replace(record, body=replace(commit, co_authors=together))
        case Branch() as branch:
            return replace(record, body=replace(branch, author=shown(branch.author)))
        case _:
            return record


def _whole(name: str) -> str:
    """Return the pattern of a name that is no part of a longer word; a Korean particle may follow it."""
    before = r"(?<![^\W_])" if name[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if name[-1].isalnum() else ""
    return before + re.escape(name) + after


def _dumped(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
