"""How far a run is: its steps tell as they go, and once a second it is written down; a quick run writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from model.clock import Clock
from model.errors import StorageBroken, StorageBusy
from model.ids import RunId
from reports.live import Live
from storage.claims import Claim
from storage.database import Database
from storage.progress import Progress
from storage.stores import Stores

Tell = Callable[[int, int], None]  # so many done of so many

_log = logging.getLogger(__name__)
_EVERY = 1.0  # seconds between two rows


class Gauge:
    """How far one execution of a run is."""

    def __init__(self, live: Live | None = None) -> None:
        self._live = live  # None: nobody watches it in a chat
        self.now: Progress | None = None
        self.noted = False  # whether a row of it may be there

    def begin(self, step: str) -> None:
        """Note that a step begins."""
        self.now = Progress(step)

    def tell(self, done: int, of: int) -> None:
        """Note how much of the step is done."""
        if self.now is not None:
            self.now = Progress(self.now.step, done, of)

    async def keep(self, db: Database, claim: Claim, clock: Clock) -> None:
        """Write it down whenever it has changed, until cancelled or the run is not ours any more."""
        written: Progress | None = None
        while True:
            await clock.sleep(_EVERY)
            now = self.now
            live = self._live if now is not None and self._live is not None and self._live.is_due(now) else None
            if now is None or (now == written and live is None):
                continue
            self.noted = True  # before the row is: whoever ends the run looks here after he holds its row
            try:
                if not await db.at_once(claim.workspace, partial(_note, claim, now, live)):
                    return
            except (StorageBusy, StorageBroken) as error:  # the next one may be in time
                _log.info("the progress of run %s could not be written: %s", claim.id, error)
            else:
                written = now
                if live is not None:
                    live.shown(now)


async def _note(claim: Claim, now: Progress, live: Live | None, stores: Stores) -> bool:
    """Write down how far a run is, and show it; False where the run is not ours any more."""
    ours = await stores.progress.note(RunId(claim.id), now, claim.fence)
    if ours and live is not None:
        await live.show(stores, now)
    return ours


def untold(done: int, of: int) -> None:
    """Tell nobody."""
