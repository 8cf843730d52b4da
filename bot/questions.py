"""The loop of questions: claims those that nobody has and has them answered, a few side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from model.card import Block
from model.errors import StorageBroken, StorageBusy
from model.ids import QuestionId
from reports.asking import LEASE, attend, give_up
from reports.board import Board
from reports.steps import Workshop
from storage.claims_questions import QuestionClaim
from storage.owners import Owner

_log = logging.getLogger(__name__)
_AT_ONCE = 4  # questions side by side in one process


class QuestionLoop:
    """Answers questions."""

    def __init__(
        self, workshop: Workshop, owner: Owner, ring: Callable[[], None] = lambda: None, lease: float = LEASE
    ) -> None:
        self._workshop = workshop
        self._owner = owner
        self._ring = ring  # called when an answer is on its way
        self._lease = lease
        self._boards: dict[str, Board] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._stopping = False

    async def look(self) -> int:
        """Claim questions for the free seats and begin to answer them; return how many."""
        async with self._claiming:
            free = _AT_ONCE - len(self._working)
            if self._stopping or free <= 0:
                return 0
            claims = await self._workshop.db.asked.claim(self._owner, free, self._lease)
            for claim in claims:
                self._begin(self._one(claim))
        return len(claims)

    async def drain(self) -> int:
        """Answer all that can be claimed now; return how many there were."""
        done = await self.look()
        while self._working:
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
            done += await self.look()
        return done

    def coming(self, question: QuestionId) -> Sequence[Block]:
        """Return what is known so far of the answer to a question; nothing where it is answered elsewhere."""
        board = self._boards.get(question)
        return () if board is None else board.blocks()

    async def stop(self) -> None:
        """Take no more; hand back what is not answered yet."""
        self._stopping = True
        async with self._claiming:
            working = set(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await self._workshop.db.asked.hand_back(self._owner)

    async def _one(self, claim: QuestionClaim) -> None:
        """Answer one question; whatever breaks is told, and stops no other."""
        work = attend(self._workshop, claim, self._owner, self._ring, self._lease, self._boards)
        answering = asyncio.create_task(work)
        answering.add_done_callback(partial(_note, claim))
        try:
            await asyncio.wait((answering,))
        finally:
            answering.cancel()
        error = None if answering.cancelled() else answering.exception()
        if isinstance(error, StorageBusy | StorageBroken):
            await self._workshop.db.asked.hand_back(self._owner, claim)
        elif error is not None:
            await give_up(self._workshop, claim)
            self._ring()

    def _begin(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._working.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and task.exception() is not None:  # the storage is away: the lease decides
            _log.warning("a question is left as it stands: %s", task.exception())


def _note(claim: QuestionClaim, task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, StorageBusy | StorageBroken):
        _log.warning("question %s waits for now: %s", claim.id, error)
    elif error is not None:
        _log.error("question %s broke", claim.id, exc_info=error)
