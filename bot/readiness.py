"""Whether the process does its work: every loop comes round, the database takes a write, nothing due lies about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import JsonValue

from bot.loops import Loop, Loops
from model.clock import Clock
from model.errors import StorageBroken, StorageBusy
from model.health import Health
from storage.backlog import Backlog, Waiting
from storage.database import Database
from storage.duties import BACKUP, LastTime
from storage.health import backup_check, disk_check

_log = logging.getLogger(__name__)
PROBE = "probe"  # the loop that looks at the database
EVERY = 10.0  # seconds between two looks
_ACTIVE_EVERY = 300.0  # seconds between two counts of active members, which reads much
_ACTIVE_DAYS = 30
_BROKEN = 3  # times in a row that a loop may break before it counts as stopped


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds are too many."""

    loop: float = 40.0  # at work without a sign of life
    slot: float = 60.0  # due and not fired
    outbox: float = 120.0  # could be sent and is not


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason why the process is not ready, for an operator."""

    what: str  # starting, stopping, loop, database, schedules, outbox
    said: str
    name: str | None = None  # of the loop
    seconds: float | None = None
    limit: float | None = None

    def as_json(self) -> dict[str, str | float]:
        """Return what is known of it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


class Pulse:
    """Looks at the database now and then, so that whoever asks is answered from memory."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self.backlog: Backlog | None = None
        self.active: int | None = None
        self.backup = LastTime()
        self.looked: float | None = None  # monotonic seconds of the last look that went well
        self.took = 0.0  # seconds that its write took
        self.problem: str | None = None  # why the last look went wrong
        self._counted: float | None = None

    async def look(self) -> None:
        """Write a row as it is, and see what waits; what goes wrong is kept, not raised."""
        began = self._clock.monotonic()
        try:
            await self._db.backlogs.probe()
            self.took = self._clock.monotonic() - began
            self.backlog = await self._db.backlogs.look()
            self.backup = await self._db.duties.standing(BACKUP)
            if self._counted is None or began - self._counted >= _ACTIVE_EVERY:
                self.active = await self._db.backlogs.active(_ACTIVE_DAYS)
                self._counted = began
        except (StorageBusy, StorageBroken) as error:
            self.problem = error.message.plain()
        else:
            self.problem, self.looked = None, self._clock.monotonic()


class Readiness:
    """Says whether the process does its work, and if not, why."""

    def __init__(self, loops: Loops, pulse: Pulse, clock: Clock, limits: Limits | None = None) -> None:
        self._loops = loops
        self._clock = clock
        self._limits = limits or Limits()
        self._were: frozenset[tuple[str, str | None]] = frozenset({("starting", None)})
        self.pulse = pulse
        self.stopping = False

    async def look(self) -> None:
        """Look at the database, and log where the reasons are no longer the same."""
        await self.pulse.look()
        found = self.complaints()
        kinds = frozenset((one.what, one.name) for one in found)  # how long each lasts changes all the time
        if kinds == self._were:
            return
        self._were = kinds
        if found:
            _log.warning("not ready: %s", "; ".join(one.said for one in found))
        else:
            _log.info("ready")

    def complaints(self) -> tuple[Complaint, ...]:
        """Return every reason why the process is not ready; none: it is."""
        return tuple(self._found())

    def ages(self) -> Mapping[str, float]:
        """Return how many seconds ago each loop that is kept here gave a sign of life."""
        now = self._clock.monotonic()
        return {name: now - loop.beat for name, loop in self._loops.all.items() if loop.beat is not None}

    def _found(self) -> Iterator[Complaint]:
        if self.stopping:
            yield Complaint("stopping", "the process is asked to stop")
            return
        ages = self.ages()
        if not ages or self.pulse.looked is None:
            said = "the process has only begun" if self.pulse.problem is None else self.pulse.problem
            yield Complaint("starting", said)
        for name, age in ages.items():
            limit = self._limit_of(self._loops.all[name])
            if age > limit:
                said = f"the loop {name} has given no sign of life for {age:.0f} s"
                yield Complaint("loop", said, name, round(age, 1), limit)
            elif self._loops.all[name].failed >= (1 if name == PROBE else _BROKEN):
                yield Complaint("loop", f"the loop {name} broke {self._loops.all[name].failed} times in a row", name)
        yield from self._of_database()

    def _limit_of(self, loop: Loop) -> float:
        """Return how long a loop may be silent: at work the limit, else until it looks by itself, and half of it."""
        return self._limits.loop if loop.working else loop.patience + self._limits.loop / 2

    def _of_database(self) -> Iterator[Complaint]:
        pulse, limits, now = self.pulse, self._limits, self._clock.now()
        if pulse.problem is not None:
            yield Complaint("database", pulse.problem)
        if pulse.backlog is None:
            return
        slot = pulse.backlog.schedules.seconds(now)
        if slot > limits.slot:
            yield Complaint("schedules", f"a schedule is {slot:.0f} s late", None, round(slot, 1), limits.slot)
        sending = pulse.backlog.outbox.seconds(now)
        if sending > limits.outbox:
            said = f"a message could be sent for {sending:.0f} s and is not"
            yield Complaint("outbox", said, None, round(sending, 1), limits.outbox)


class Details:
    """How each part stands, for an operator: no workspace's content, no secret."""

    def __init__(self, readiness: Readiness, loops: Loops, home: Path, clock: Clock) -> None:
        self._readiness = readiness
        self._loops = loops
        self._home = home
        self._clock = clock

    async def checks(self) -> Mapping[str, JsonValue]:
        """Return every part with its state."""
        disk = await asyncio.to_thread(disk_check, self._home)
        pulse, now = self._readiness.pulse, self._clock.now()
        backup = backup_check(pulse.backup, None, now)
        reasons: list[JsonValue] = [dict(complaint.as_json()) for complaint in self._readiness.complaints()]
        checks: dict[str, JsonValue] = {
            "database": self._database(),
            "loops": self._every_loop(),
            "disk": {"state": disk.health.name.lower(), "means": disk.means.plain()},
            "backup": {"state": backup.health.name.lower(), "means": backup.means.plain()},
        }
        if pulse.backlog is not None:
            for name in ("runs", "outbox", "schedules"):
                waiting: Waiting = getattr(pulse.backlog, name)
                checks[name] = {"waiting": waiting.number, "oldest_seconds": round(waiting.seconds(now), 1)}
        worst = max(disk.health, backup.health, Health.CRITICAL if reasons else Health.OK)
        return {"state": worst.name.lower(), "ready": not reasons, "reasons": reasons, "checks": checks}

    def _database(self) -> JsonValue:
        pulse, now = self._readiness.pulse, self._clock.monotonic()
        return {
            "state": "ok" if pulse.problem is None and pulse.looked is not None else "critical",
            "problem": pulse.problem,
            "write_seconds": round(pulse.took, 4),
            "looked_seconds_ago": None if pulse.looked is None else round(now - pulse.looked, 1),
        }

    def _every_loop(self) -> JsonValue:
        return {
            name: {
                "seconds_ago": round(age, 1),
                "every": self._loops.all[name].every,
                "broke": self._loops.all[name].failures,
                "broke_in_a_row": self._loops.all[name].failed,
            }
            for name, age in self._readiness.ages().items()
        }
