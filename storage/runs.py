"""Runs and their steps: a step is done if and only if its row exists, and only who holds the run may write it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, select, update

from model.errors import LostLease, UnknownName
from model.ids import EventId, MemberId, RunId, SourceId, WorkspaceId, row_id, run_name
from model.language import Message
from model.report import Run, RunState, Settings
from model.window import Window
from storage.messages import dump_message, load_message
from storage.tables import RUNS, STEPS
from storage.transaction import Transaction

_SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)
_SHORTEST, _LONGEST = 4, 12  # letters of a name
_KNOWN = 50  # names that a misspelt one is compared with


class Runs:
    """The runs of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(
        self,
        *,
        template: str,
        sources: Sequence[SourceId],
        window: Window,
        settings: Settings,
        cause: EventId,
        member: MemberId,
    ) -> Run:
        """Ask for a run; the same cause gives the same run, however often it is told."""
        asked: dict[str, object] = {
            "template": template,
            "sources": json.dumps(sources),
            "source_set": _source_set(sources),
            "window_start": window.start,
            "window_end": window.end,
            "zone": window.zone,
            "settings": _SETTINGS.dump_json(settings).decode(),
            "cause": cause,
            "member_id": member,
            "state": RunState.WAITING,
            "created": self._in.clock.now(),
            "fence": 0,
        }
        for length in range(_SHORTEST, _LONGEST + 1):  # a name may be taken: then a longer one
            await self._in.insert_new(RUNS, id=row_id(), name=run_name(length), **asked)
            row = await self._in.first(self._rows().where(RUNS.c.cause == cause))
            if row is not None:
                return _run(row)
        raise AssertionError("a name of twelve letters is free")

    async def of(self, id: RunId) -> Run:
        """Return a run; raises UnknownName."""
        row = await self._in.first(self._rows().where(RUNS.c.id == id))
        if row is None:
            raise UnknownName("There is no such run here.")
        return _run(row)

    async def named(self, name: str) -> Run:
        """Return the run of a name such as "7Q2F", in either case; "last" is the newest. Raises UnknownName."""
        wanted = name.strip().upper()
        newest = self._rows().order_by(RUNS.c.number.desc())
        row = await self._in.first(newest.limit(1) if wanted == "LAST" else newest.where(RUNS.c.name == wanted))
        if row is not None:
            return _run(row)
        if wanted == "LAST":
            raise UnknownName("There is no run yet.")
        known = [run.name for run in await self.list(_KNOWN)]
        raise UnknownName("There is no run called {name}.", close=get_close_matches(wanted, known), name=name)

    async def step(self, run: RunId, name: str) -> bytes | None:
        """Return what a step made; None while it is not done."""
        row = await self._in.first(
            select(STEPS.c.data).where(self._in.ours(STEPS), STEPS.c.run_id == run, STEPS.c.name == name)
        )
        return None if row is None else bytes(row.data)

    async def steps(self, run: RunId) -> tuple[tuple[str, datetime, float], ...]:
        """Return the steps done, in order: name, when it was finished, seconds it took."""
        rows = await self._in.all(
            select(STEPS.c.name, STEPS.c.finished, STEPS.c.seconds)
            .where(self._in.ours(STEPS), STEPS.c.run_id == run)
            .order_by(STEPS.c.finished, STEPS.c.name)
        )
        return tuple((row.name, row.finished, row.seconds) for row in rows)

    async def finish(self, run: RunId, name: str, data: bytes, fence: int, seconds: float) -> None:
        """Write what a step made; raises LostLease when the run is not ours any more or the step is there already."""
        held = select(RUNS.c.id).where(*self._held(run, fence)).with_for_update()
        if await self._in.first(held) is None:
            raise _lost(run)
        finished = self._in.clock.now()
        if not await self._in.insert_new(STEPS, run_id=run, name=name, data=data, finished=finished, seconds=seconds):
            raise _lost(run)

    async def conclude(
        self, run: RunId, state: RunState, fence: int, *, failure: Message | None = None, hash: str | None = None
    ) -> None:
        """End a run and give up its lease; raises LostLease when it is not ours any more."""
        why = None if failure is None else dump_message(failure)
        ended = {"state": state, "finished": self._in.clock.now(), "failure": why, "hash": hash}
        free = {"owner": None, "lease_until": None}
        if await self._in.change(update(RUNS).where(*self._held(run, fence)).values(**ended, **free)) != 1:
            raise _lost(run)

    async def list(self, limit: int, template: str | None = None) -> tuple[Run, ...]:
        """Return up to `limit` runs, of one template or of all, newest first."""
        wanted = self._rows() if template is None else self._rows().where(RUNS.c.template == template)
        return tuple([_run(row) for row in await self._in.all(wanted.order_by(RUNS.c.number.desc()).limit(limit))])

    async def before(self, run: Run) -> Run | None:
        """Return the last finished run of the same template and the same sources that was made before this one."""
        number = select(RUNS.c.number).where(self._in.ours(RUNS), RUNS.c.id == run.id).scalar_subquery()
        row = await self._in.first(
            self._rows()
            .where(
                RUNS.c.template == run.template,
                RUNS.c.source_set == _source_set(run.sources),
                RUNS.c.state == RunState.DONE,
                RUNS.c.number < number,
            )
            .order_by(RUNS.c.number.desc())
            .limit(1)
        )
        return None if row is None else _run(row)

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(RUNS).where(self._in.ours(RUNS))

    def _held(self, run: RunId, fence: int) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a run is still worked on under this fence."""
        return self._in.ours(RUNS), RUNS.c.id == run, RUNS.c.fence == fence, RUNS.c.state == RunState.RUNNING


def _lost(run: RunId) -> LostLease:
    return LostLease("Somebody else has taken over run {run}.", run=run)


def _source_set(sources: Sequence[SourceId]) -> str:
    return json.dumps(sorted(set(sources)))


def _run(row: Row[*tuple[object, ...]]) -> Run:
    return Run(
        id=RunId(row.id),
        name=row.name,
        workspace=WorkspaceId(row.workspace_id),
        template=row.template,
        sources=tuple(SourceId(id) for id in json.loads(row.sources)),
        window=Window(row.window_start, row.window_end, row.zone),
        settings=_SETTINGS.validate_json(row.settings),
        cause=EventId(row.cause),
        member=MemberId(row.member_id),
        state=RunState(row.state),
        created=row.created,
        finished=row.finished,
        failure=None if row.failure is None else load_message(row.failure),
        hash=row.hash,
    )
