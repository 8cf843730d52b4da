"""Read commits page by page: towards a fixed goal, past what is stored, on from where the last read stopped."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing

from collectors.git_cursor import Cursor, pack, unpack
from collectors.git_log import LOG, NUMSTAT, LogParser, contacts_of, with_names
from collectors.git_process import Git, GitFailed, in_known_form
from collectors.git_refs import Refs
from model.record import Commit, Record

MOST_RECORDS = 150  # in a page: it is stored in one go, and whoever says something meanwhile waits that long
MOST_CHANGES = 10_000  # in a page, unless one commit alone has more
_MOST_NAMES = 20_000  # that are remembered
_CONTACT = re.compile(r"[^<>\n]*<[^<>\n]+>")

Read = tuple[tuple[Record, ...], Cursor]


class LostHistory(Exception):
    """What was read before cannot be compared any more with what is there: all must be read again."""


async def plan(git: Git, refs: Refs, before: Cursor, seen: str) -> Cursor:
    """Return where to read on, `seen` being the refs' fingerprint now; raises LostHistory, SourceUnavailable."""
    if before.mailmap != refs.mailmap:
        raise LostHistory
    moved = before.boundary != pack(refs.boundary)
    if not moved and before.seen == seen:
        return before
    if (moved and before.goal) or await _missing(git, {*unpack(before.done), *unpack(before.goal)}):
        raise LostHistory
    if not moved:
        return before
    try:
        return await _deepened(git, refs, before)
    except GitFailed as error:
        raise LostHistory from error


async def _deepened(git: Git, refs: Refs, before: Cursor) -> Cursor:
    """Return a cursor for what lies behind the former boundary of a shallow clone."""
    old = set(unpack(before.boundary))
    added = refs.boundary - old
    git.cut_at(old | refs.boundary)
    unknown = await _reachable(git, added, unpack(before.done))
    git.cut_at(refs.boundary)
    if not added <= set(unknown):  # it became shallower: what lies behind was read and is gone
        raise LostHistory
    opened = old - refs.boundary
    opened -= await _missing(git, opened)
    opened -= set(await _reachable(git, opened, refs.tips))
    return before.model_copy(
        update={"boundary": pack(refs.boundary), "goal": pack(opened), "deepening": bool(opened), "seen": ""}
    )


async def gone(git: Git, old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the commits that only the old tips reach; raises LostHistory when parts of them are no longer there."""
    try:
        return await _reachable(git, old, new)
    except GitFailed as error:
        raise LostHistory from error


async def read_goal(git: Git, cursor: Cursor, names: Names, boundary: Collection[str]) -> AsyncGenerator[Read, None]:
    """Yield pages of what the cursor's goal reaches and is not stored yet; raises SourceError."""
    without = () if cursor.deepening else unpack(cursor.done)
    feed = _feed(unpack(cursor.goal), without)
    if cursor.read and not await _goes_on(git, cursor, feed):
        cursor = cursor.model_copy(update={"read": 0, "last": ""})
    parser, waiting = LogParser(boundary), _Waiting(cursor)
    async with aclosing(git.stream(*LOG, *NUMSTAT, f"--skip={cursor.read}", feed=feed)) as chunks:
        async for chunk in chunks:
            for read in waiting.take(parser.feed(chunk)):
                yield await names.resolved(read)
    for read in (*waiting.take(parser.end()), *waiting.rest()):
        yield await names.resolved(read)


async def _goes_on(git: Git, cursor: Cursor, feed: str) -> bool:
    """Whether the walk still passes the last commit that was read at the same place."""
    out = await git.run("rev-list", "--stdin", f"--skip={cursor.read - 1}", "--max-count=1", feed=feed)
    return out.decode("ascii", "replace").strip() == cursor.last


class _Waiting:
    """Commits that do not fill a page yet."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._records: list[Record] = []
        self._changes = 0

    def take(self, records: Iterable[Record]) -> Iterable[Read]:
        """Yield the pages that these records fill."""
        for record in records:
            self._records.append(record)
            if isinstance(record.body, Commit) and record.body.changes:
                self._changes += len(record.body.changes)
            if len(self._records) >= MOST_RECORDS or self._changes >= MOST_CHANGES:
                yield self._page()

    def rest(self) -> Iterable[Read]:
        """Yield what is left."""
        if self._records:
            yield self._page()

    def _page(self) -> Read:
        records, self._records, self._changes = tuple(self._records), [], 0
        read = self._cursor.read + len(records)
        self._cursor = self._cursor.model_copy(update={"read": read, "last": records[-1].key})
        return records, self._cursor


class Names:
    """Co-authors' names after .mailmap; authors' own git maps while it prints."""

    def __init__(self, git: Git, mailmap: str) -> None:
        self._git = git
        self._mailmap = bool(mailmap)
        self._known: dict[str, str] = {}

    async def resolved(self, read: Read) -> Read:
        """Return the page with names in place of contacts; raises SourceError."""
        records, cursor = read
        contacts = dict.fromkeys(contacts_of(records))
        if not contacts:
            return read
        if self._mailmap:
            await self._ask([c for c in contacts if c not in self._known and _CONTACT.fullmatch(c)])
        return tuple(with_names(record, self._known) for record in records), cursor

    async def _ask(self, contacts: Sequence[str]) -> None:
        if not contacts:
            return
        if len(self._known) > _MOST_NAMES:
            self._known.clear()
        out = await self._git.run("check-mailmap", "--stdin", feed="".join(f"{contact}\n" for contact in contacts))
        with in_known_form():
            mapped = out.decode("utf-8", "backslashreplace").split("\n")[:-1]
            self._known.update(zip(contacts, mapped, strict=True))


async def _reachable(git: Git, names: Collection[str], without: Collection[str]) -> list[str]:
    if not names:
        return []
    out = await git.run("rev-list", "--stdin", feed=_feed(names, without))
    return out.decode("ascii", "replace").split()


async def _missing(git: Git, names: Collection[str]) -> set[str]:
    if not names:
        return set()
    out = await git.run("cat-file", "--batch-check=%(objectname)", feed="".join(f"{name}\n" for name in names))
    lines = out.decode("ascii", "replace").splitlines()
    return {line.split()[0] for line in lines if line.endswith(" missing")}


def _feed(names: Iterable[str], without: Iterable[str]) -> str:
    return "".join([*(f"{name}\n" for name in names), *(f"^{name}\n" for name in without)])
