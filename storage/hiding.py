"""Hide a person's names: in text, in JSON, in the compressed JSON lines that a run leaves."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from model.measured import PERSON, Entry, Measured, Sample, with_texts
from model.member import ERASED
from model.record import Body, Branch, Commit, Forged, Record

_SLUG = ERASED.replace(" ", "-")
_NAMES = frozenset({"name", "template"})  # fields and columns that hold names without spaces
_FIXED = frozenset(
    ["kind", "show", "by", "file", "metric", "unit", "language", "zone", "view", "keep", "state", "style"]
)  # never text
_REF = re.compile(r"refs/(?:heads|remotes/[^/]+)/")
_SEPARATOR = re.compile(r"([/._-])")  # between the words of a branch's name
_WORDS = 4  # of one name at most
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
    if isinstance(body, Forged):
        return {body.author}
    match body:
        case Sample() | Entry():
            sets = [one.labels for one in body.slices] if isinstance(body, Sample) else [body.labels]
            return {group for labels in sets for dimension, group in labels if dimension == PERSON}
        case Commit() as commit:
            return {commit.author, commit.address, *commit.co_authors}
        case Branch() as branch:
            return {branch.author}
        case _:
            return set()


class Forgotten:
    """The erased people of a workspace, of whom fingerprints are left: what is read again stays without them."""

    def __init__(self, workspace: str, fingerprints: Collection[str]) -> None:
        self._workspace = workspace
        self._fingerprints = fingerprints

    def record(self, record: Record) -> Record:
        """Return a record without the people who wrote it, nor a branch's name with theirs in it."""
        if isinstance(record.body, Forged):
            return replace(record, body=replace(record.body, author=self._shown(record.body.author)))
        if isinstance(record.body, Measured):
            shown = with_texts(record.body, lambda dimension, text: self._shown(text) if dimension == PERSON else text)
            return replace(record, body=shown)
        match record.body:
            case Commit() as commit:
                together = tuple(map(self._shown, commit.co_authors))
                if self._known(commit.address) or self._known(commit.author):
                    return replace(record, body=replace(commit, author=ERASED, address="", co_authors=together))
                return replace(record, body=replace(commit, co_authors=together))
            case Branch() as branch:
                stacked = tuple(map(self._branch, branch.stacked))
                body = replace(branch, author=self._shown(branch.author), stacked=stacked)
                return replace(record, key=self._branch(record.key), title=self._branch(record.title), body=body)
            case _:
                return record

    def key(self, kind: str, key: str) -> str:
        """Return the key under which a record is kept."""
        return self._branch(key) if kind == "branch" else key

    def _known(self, name: str) -> bool:
        return fingerprint(self._workspace, name) in self._fingerprints

    def _shown(self, name: str) -> str:
        return ERASED if self._known(name) else name

    def _branch(self, name: str) -> str:
        """Return a branch's name without theirs; what is left of two names stays two, by a mark at the end."""
        ref = _REF.match(name)
        short = name[ref.end() :] if ref else name
        pieces = _SEPARATOR.split(short)
        clean, at = "", 0
        while at < len(pieces):  # words and, between them, separators
            lengths = range(min(_WORDS, (len(pieces) - at + 1) // 2), 0, -1) if at % 2 == 0 and pieces[at] else ()
            taken = next((n for n in lengths if self._named(pieces[at : at + 2 * n - 1])), 0)
            clean += _SLUG if taken else pieces[at]
            at += 2 * taken - 1 if taken else 1
        if clean == short:
            return name
        return f"{name[: len(name) - len(short)]}{clean}-{fingerprint(self._workspace, short)[:8]}"

    def _named(self, pieces: Sequence[str]) -> bool:
        """Tell whether words, as they stand or with spaces between them, are one of the names."""
        return self._known("".join(pieces)) or (len(pieces) > 1 and self._known(" ".join(pieces[::2])))


def _whole(name: str) -> str:
    """Return the pattern of a name that is no part of a longer word; a Korean particle may follow it."""
    before = r"(?<![^\W_])" if name[0].isalnum() else ""
    after = r"(?![A-Za-z0-9])" if name[-1].isalnum() else ""
    return before + re.escape(name) + after


def _dumped(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
