"""What the tests of the stores have in common: a clock to turn, workspaces, records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model.delivery import Platform
from model.ids import EventId, MemberId, SourceId, WorkspaceId
from model.record import Branch, Change, Commit, Page, Record
from model.report import Run, Settings
from model.window import Window
from storage.database import Database

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
WEEK = Window(MONDAY, MONDAY + timedelta(days=7), "UTC")
SETTINGS = Settings("en", people=True)


class HandClock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.at = MONDAY

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)
        await asyncio.sleep(0)

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Room:
    """A workspace with its owner and one source."""

    db: Database
    workspace: WorkspaceId
    member: MemberId
    source: SourceId

    async def run(self, cause: str, template: str = "weekly", sources: Sequence[SourceId] | None = None) -> Run:
        async with self.db.write(self.workspace) as stores:
            return await stores.runs.add(
                template=template,
                sources=(self.source,) if sources is None else sources,
                window=WEEK,
                settings=SETTINGS,
                cause=EventId(cause),
                member=self.member,
            )

    async def put(self, *records: Record, cursor: str = "1", restart: bool = False) -> None:
        async with self.db.write(self.workspace) as stores:
            await stores.records.put(self.source, Page(records, cursor, restart=restart))


async def room(db: Database, account: str = "here") -> Room:
    workspace = await db.entrances.enter(Platform.TERMINAL, account)
    async with db.write(workspace) as stores:
        member = await stores.members.meet(Platform.TERMINAL, "mina", "Mina")
        source = await stores.sources.add("demo", "git", {"path": "."})
    return Room(db, workspace, member.id, source)


def commit(key: str, at: datetime, author: str = "Mina", *, parents: int = 1, title: str = "Mend it") -> Record:
    body = Commit(author, "mina@example.org", False, parents, (Change("src/a.py", 3, 1),))
    return Record(key, at, at, title, None, body)


def branch(key: str, at: datetime, ended: datetime | None = None) -> Record:
    return Record(key, at, ended, key, None, Branch("f" * 40, at, "Mina", 1, 0, ended is not None, 1, 4))
