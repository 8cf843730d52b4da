"""Duties: what an installation does once, whichever of its processes does it; a row each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.errors import LostLease
from model.language import Message
from storage.messages import dump_message, load_message
from storage.owners import Owner
from storage.queue import Urgency
from storage.tables import DUTIES
from storage.transaction import changed, insert_new
from storage.transactions import Transactions

BACKUP, SCRUB, TIDY = "backup", "scrub", "tidy"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that is ours until somebody has a higher fence."""

    name: str
    fence: int


@dataclass(frozen=True, slots=True)
class LastTime:
    """How a duty was done last."""

    done: datetime | None = None  # when it was last done well
    problem: Message | None = None  # why it was not, the last time


class Duties:
    """Hands out duties; time is our clock's, never the database's."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def claim(self, name: str, owner: Owner, due: datetime, lease: float) -> Duty | None:
        """Take a duty for `lease` seconds that was not done since it was due; None: it was, or another has it."""
        now = self._clock.now()
        standing = select(DUTIES.c.done, DUTIES.c.owner, DUTIES.c.lease_until).where(DUTIES.c.name == name)
        async with self._transactions.reading() as connection:
            row = (await connection.execute(standing)).first()
        if row is not None and row.done is not None and row.done >= due:
            return None  # nearly always: nothing is written then
        dead = [row.owner] if row is not None and row.owner is not None and not owner.is_alive(row.owner) else []
        free = or_(DUTIES.c.lease_until.is_(None), DUTIES.c.lease_until <= now, DUTIES.c.owner.in_(dead))
        undone = or_(DUTIES.c.done.is_(None), DUTIES.c.done < due)
        taken = (
            update(DUTIES)
            .where(DUTIES.c.name == name, free, undone)
            .values(owner=owner.id, lease_until=now + timedelta(seconds=lease), fence=DUTIES.c.fence + 1)
            .returning(DUTIES.c.fence)
        )

        async def take(connection: AsyncConnection) -> int | None:
            await insert_new(connection, DUTIES, name=name, fence=0)
            fence: int | None = await connection.scalar(taken)
            return fence

        fence = await self._transactions.briefly(Urgency.NORMAL, take)
        return None if fence is None else Duty(name, fence)

    async def asked(self, name: str) -> Duty | None:
        """Return a duty that was asked for and is not done yet, as it stands; None where there is none."""
        wanted = select(DUTIES.c.fence).where(DUTIES.c.name == name, DUTIES.c.done.is_(None))
        async with self._transactions.reading() as connection:
            fence: int | None = await connection.scalar(wanted)
        return None if fence is None else Duty(name, fence)

    async def renew(self, duty: Duty, lease: float) -> None:
        """Hold a duty for `lease` more seconds; raises LostLease."""
        await self._write(duty, lease_until=self._clock.now() + timedelta(seconds=lease))

    async def done(self, duty: Duty, mark: str | None = None) -> None:
        """Note that it was done well; raises LostLease where it was asked for anew, or another has it.

        `mark`: what it was done for.
        """
        await self._write(duty, done=self._clock.now(), problem=None, owner=None, lease_until=None, mark=mark)

    async def mark(self, name: str) -> str | None:
        """Return what a duty was last done for."""
        async with self._transactions.reading() as connection:
            found: str | None = await connection.scalar(select(DUTIES.c.mark).where(DUTIES.c.name == name))
        return found

    async def release(self, duty: Duty) -> None:
        """Let another have a duty that is never done, at once; raises LostLease."""
        await self._write(duty, owner=None, lease_until=None)

    async def failed(self, duty: Duty, problem: Message, again: float) -> None:
        """Note why it was not done; nobody takes it up for so many seconds. Raises LostLease."""
        later = self._clock.now() + timedelta(seconds=again)
        await self._write(duty, problem=dump_message(problem), owner=None, lease_until=later)

    async def note(self, name: str, mark: str | None = None) -> None:
        """Note that somebody did it by hand, and what for; whoever is at it finds it done."""
        values = {"done": self._clock.now(), "problem": None, "owner": None, "lease_until": None, "mark": mark}

        async def write(connection: AsyncConnection) -> None:
            await insert_new(connection, DUTIES, name=name, fence=0)
            await changed(connection, update(DUTIES).where(DUTIES.c.name == name).values(**values))

        await self._transactions.briefly(Urgency.NORMAL, write)

    async def standing(self, name: str) -> LastTime:
        """Return how a duty was done last."""
        async with self._transactions.reading() as connection:
            return await standing(connection, name)

    async def _write(self, duty: Duty, **values: object) -> None:
        statement = update(DUTIES).where(*_held(duty)).values(values)
        if await self._transactions.briefly(Urgency.NORMAL, partial(changed, statement=statement)) != 1:
            raise LostLease("Another process has taken over the duty {name}.", name=duty.name)


async def standing(connection: AsyncConnection, name: str) -> LastTime:
    """Return how a duty was done last, in a transaction that is open."""
    row = (await connection.execute(select(DUTIES.c.done, DUTIES.c.problem).where(DUTIES.c.name == name))).first()
    if row is None:
        return LastTime()
    return LastTime(row.done, None if row.problem is None else load_message(row.problem))


async def ask(connection: AsyncConnection, name: str) -> None:
    """Have a duty done once more, in the transaction of what makes it necessary; who is at it begins anew."""
    await insert_new(connection, DUTIES, name=name, fence=0)
    again = {"done": None, "owner": None, "lease_until": None, "fence": DUTIES.c.fence + 1}
    await changed(connection, update(DUTIES).where(DUTIES.c.name == name).values(**again))


def _held(duty: Duty) -> tuple[ColumnElement[bool], ...]:
    return DUTIES.c.name == duty.name, DUTIES.c.fence == duty.fence
