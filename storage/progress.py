"""How far a run under way is: one row, for those who wait for it. Nothing rests on it; it goes when the run ends."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from model.ids import RunId
from model.report import RunState
from storage.tables import PROGRESS, RUNS
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Progress:
    """So many of so many in one step of a run; of 0 where it cannot be counted."""

    step: str
    done: int = 0
    of: int = 0


class Progresses:
    """How far the runs of this workspace are."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def of(self, run: RunId) -> Progress | None:
        """Return how far a run was when its progress was last written; None: nobody wrote any."""
        row = await self._in.first(select(PROGRESS).where(self._in.ours(PROGRESS), PROGRESS.c.run_id == run))
        return None if row is None else Progress(row.step, row.done, row.of)

    async def note(self, run: RunId, progress: Progress, fence: int) -> bool:
        """Write how far a run is; False: it is over, or somebody else works on it."""
        held = (RUNS.c.id == run, RUNS.c.fence == fence, RUNS.c.state == RunState.RUNNING)
        if await self._in.first(select(RUNS.c.id).where(self._in.ours(RUNS), *held).with_for_update()) is None:
            return False
        now = {"step": progress.step, "done": progress.done, "of": progress.of, "at": self._in.clock.now()}
        here = update(PROGRESS).where(self._in.ours(PROGRESS), PROGRESS.c.run_id == run)
        if await self._in.change(here.values(now)) == 0:
            await self._in.insert_new(PROGRESS, run_id=run, **now)
        return True

    async def forget(self, run: RunId) -> None:
        """Delete what was written of a run."""
        await self._in.change(delete(PROGRESS).where(self._in.ours(PROGRESS), PROGRESS.c.run_id == run))
