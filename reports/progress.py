"""How far a run is: its steps tell as they go, and once a second it is written down; a quick run writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from model.clock import Clock
from model.errors import StorageBroken, StorageBusy
from model.ids import RunId
from reports.live import Live
from storage.claims import Claim
from storage.database import Database
from storage.progress import Progress

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
                async with db.write(claim.workspace) as stores:
                    if not await stores.progress.note(RunId(claim.id), now, claim.fence):
                        return
                    if live is not None:
                        await live.show(stores, now)
            except (StorageBusy, StorageBroken) as error:  # the next one may be in time
                _log.info("the progress of run %s could not be written: %s", claim.id, error)
            else:
                written = now
                if live is not None:
                    live.shown(now)


def untold(done: int, of: int) -> None:
    """Tell nobody."""
