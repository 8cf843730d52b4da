r"""Make records of what `git log` prints: pure, bytes in, records out.

One commit is one block, blocks stand apart by two NULs, fields in a block by one. Git never prints a NUL inside a
field, and FORMAT begins each field with a letter, so none is empty: two NULs in a row can only be a new commit,
whatever subjects, names or paths hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from collectors.git_process import in_known_form
from model.record import Change, Commit, Record

FORMAT = (
    "--format=%x00%H%x00p%P%x00t%ct%x00n%aN%x00a%aE%x00"
    "c%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x0a)%x00s%s"
)
LOG = ("log", "-z", FORMAT, "--no-show-signature", "--no-color", "--no-notes", "--no-decorate", "--stdin")
NUMSTAT = ("--numstat", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-merges=off")

_FIELDS = 7
_MOST_TITLE = 300  # characters
_MOST_NAME = 300  # characters
_MOST_CO_AUTHORS = 100
_MOST_BLOCK = 8 << 20  # bytes of one commit; of a larger one the head is kept and its changes are not known
_HEAD = 64 << 10  # bytes kept of it
_LAST = int(datetime(3000, 1, 1, tzinfo=UTC).timestamp()) - 1
_CONTACT = re.compile(r"([^<>]*)<([^<>]*)>\s*")


class LogParser:
    """Takes the output in any pieces and gives back the commits that are whole."""

    def __init__(self, boundary: Collection[str] = ()) -> None:
        self._boundary = frozenset(boundary)  # commits whose parents a shallow clone lacks
        self._rest = b""
        self._head: bytes | None = None  # of a commit that is too large to hold

    def feed(self, chunk: bytes) -> list[Record]:
        """Return the commits that this chunk completes; raises SourceChanged."""
        *blocks, self._rest = (self._rest + chunk).split(b"\0\0")
        found = []
        with in_known_form():
            if blocks and self._head is not None:
                found.append(self._record(self._head, whole=False))
                self._head = None
                del blocks[0]
            found += [self._record(block) for block in blocks]
        if len(self._rest) > _MOST_BLOCK:
            self._head = self._rest[:_HEAD] if self._head is None else self._head
            self._rest = self._rest[-1:]  # it may be the first of the two NULs
        return found

    def end(self) -> list[Record]:
        """Return the last commit, when git has ended well; raises SourceChanged."""
        block, self._rest = self._rest, b""
        with in_known_form():
            if self._head is not None:
                return [self._record(self._head, whole=False)]
            return [self._record(block)] if block else []

    def _record(self, block: bytes, whole: bool = True) -> Record:
        fields = block.decode("utf-8", "backslashreplace").strip("\0").split("\0")
        if not whole:
            fields = (fields + ["?"] * _FIELDS)[:_FIELDS]
        key, parents, seconds, name, address, contacts, subject = fields[:_FIELDS]
        at = instant(int(seconds[1:]))
        cut = not whole or key in self._boundary
        changes = None if cut else tuple([_change(entry) for entry in fields[_FIELDS:]])
        name, address = name[1:][:_MOST_NAME], address[1:][:_MOST_NAME].lower()
        body = Commit(
            author=name or address,
            address=address,
            bot="[bot]" in address or "[bot]" in name.lower(),
            parents=parents.count(" ") + 1 if len(parents) > 1 else 0,
            changes=changes,
            co_authors=_contacts(contacts[1:]) if len(contacts) > 1 else (),
        )
        return Record(key, at, at, subject[1 : _MOST_TITLE + 1], None, body)


def contacts_of(records: Iterable[Record]) -> Iterator[str]:
    """Yield the co-authors as the parser leaves them: "Name <address>", for .mailmap to be asked."""
    for record in records:
        if isinstance(record.body, Commit):
            yield from record.body.co_authors


def with_names(record: Record, mapped: Mapping[str, str]) -> Record:
    """Return the record with its co-authors' names in place of their contacts, as `mapped` or as they stand."""
    body = record.body
    if not isinstance(body, Commit) or not body.co_authors:
        return record
    names = dict.fromkeys(name_of(mapped.get(contact, contact)) for contact in body.co_authors)
    return replace(record, body=replace(body, co_authors=tuple(names)))


def name_of(contact: str) -> str:
    """Return the name of "Name <address>"; the address where it has none."""
    found = _CONTACT.fullmatch(contact)
    name = (found[1].strip() or found[2].strip()) if found else contact.strip()
    return name[:_MOST_NAME]


def instant(seconds: int) -> datetime:
    """Return the instant, moved into the years that ARB knows, 1970 to 2999."""
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST), UTC)


def _change(entry: str) -> Change:
    """Return one entry of `--numstat -z`; a line break stands before the first one, which int() ignores."""
    added, removed, path = entry.split("\t", 2)
    if removed == "-":  # binary
        return Change(path, 0, 0)
    return Change(path, int(added), int(removed))


def _contacts(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.split("\n")[:_MOST_CO_AUTHORS])
    return tuple(dict.fromkeys(line[: 2 * _MOST_NAME] for line in lines if line))
