"""Claims of messages: who sends which one now; order, pace and closed places are decided here, in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    UpdateBase,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from model.clock import Clock
from model.delivery import Address, Delivery, DeliveryState, Platform
from model.ids import DeliveryId, WorkspaceId
from storage.columns import UtcDateTime
from storage.deliveries import OPEN, delivery_of
from storage.owners import Owner
from storage.places import WHOLE
from storage.queue import Urgency
from storage.tables import DELIVERIES, PLACES
from storage.transaction import insert_new
from storage.transactions import Transactions

# Where a message goes no further than the process that sends it: once that one is dead, nothing is on its way.
_NEAR = (Platform.TERMINAL, Platform.FILE)
_ABANDONED = timedelta(hours=1)  # after that a terminal of another machine counts as left
_EARLIER, _ROOTS, _CLOSED = DELIVERIES.alias("earlier"), DELIVERIES.alias("roots"), PLACES.alias("closed_places")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a process can send."""

    platforms: Collection[Platform]  # besides terminals
    terminals: Collection[Address]  # those at which somebody sits in this process
    gaps: Mapping[Platform, tuple[float, float]]  # seconds between two messages to an address, to an account
    without: Collection[WorkspaceId] = ()  # those whose share is in flight already
    besides: Collection[DeliveryId] = ()  # what it has in hand: ours, wherever the wall clock went since


class DeliveryClaims:
    """Hands out messages, across workspaces; time is our clock's, never the database's."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    async def claim(self, owner: Owner, wanted: Wanted, limit: int, patience: float) -> tuple[Delivery, ...]:
        """Claim up to `limit` messages for `patience` seconds, pages first, then in the order of making.

        One of an address at a time, and none before an earlier one is over. What a lease that ran out left is in
        doubt: it is claimed as such.
        """
        now = self._clock.now()
        async with self._transactions.reading() as connection:  # nobody is held up where there is nothing to do
            given = _given(wanted, await _gone(connection, owner, wanted), now, owner)
            if (await connection.execute(_ANY_DUE, given)).first() is None:
                return ()
        given |= {"most": limit, "until": now + timedelta(seconds=patience)}

        async def claim(connection: AsyncConnection) -> tuple[Delivery, ...]:
            rows = (await connection.execute(_CLAIM, given)).all()
            found = [delivery_of(row) for row in sorted(rows, key=lambda row: (-row.priority, row.number))]
            await _pace(connection, found, wanted.gaps, now)
            return tuple(found)

        return await self._transactions.briefly(Urgency.NORMAL, claim)

    async def oldest_due(self) -> datetime | None:
        """Return since when the oldest message waits that a process without terminals could send by now.

        A place that has to be left alone between two messages was free no sooner than it says.
        """
        async with self._transactions.reading() as connection:
            found: datetime | None = await connection.scalar(_OLDEST_DUE, {"now": self._clock.now()})
        return found


async def _gone(connection: AsyncConnection, owner: Owner, wanted: Wanted) -> Collection[str]:
    """Return the processes that are no more, among those that sent to near places or waited at these terminals."""
    near = and_(DELIVERIES.c.state == DeliveryState.SENDING, DELIVERIES.c.platform.in_(_NEAR))
    known = set(await connection.scalars(select(DELIVERIES.c.owner).where(near).distinct()))
    if wanted.terminals:
        here = select(DELIVERIES.c.thread).where(DELIVERIES.c.state.in_(OPEN), _at_terminals()).distinct()
        known |= set(await connection.scalars(here, {"seats": _seats(wanted.terminals)}))
    return {id for id in known if id is not None and id != owner.id and not owner.is_alive(id)}


# The statements are built once: each has dozens of parts, and to put them together takes longer than to run them.
_NOW = bindparam("now", type_=UtcDateTime())


def _given(wanted: Wanted, gone: Collection[str], now: datetime, owner: Owner) -> dict[str, object]:
    """Return what a claim's statements are run with."""
    return {
        "now": now,
        "abandoned": now - _ABANDONED,
        "mine": owner.id,
        "gone": list(gone),
        "platforms": list(wanted.platforms),
        "seats": _seats(wanted.terminals),
        "without": list(wanted.without),
        "besides": list(wanted.besides),
    }


def _several(name: str) -> BindParameter[list[str]]:
    return bindparam(name, expanding=True)


def _due() -> Select[tuple[int]]:
    c = DELIVERIES.c
    died = and_(c.platform.in_(_NEAR), c.owner.in_(_several("gone")))
    ready = or_(
        and_(c.state == DeliveryState.WAITING, c.not_before <= _NOW),
        and_(c.state == DeliveryState.SENDING, or_(c.lease_until <= _NOW, died)),
    )
    left = c.created <= bindparam("abandoned", type_=UtcDateTime())
    mine = or_(c.thread.is_(None), c.thread == bindparam("mine"), c.thread.in_(_several("gone")), left)
    ours = or_(c.platform.in_(_several("platforms")), and_(_at_terminals(), mine))
    rooted = or_(c.root.is_(None), exists().where(_ROOTS.c.id == c.root, _ROOTS.c.receipt.is_not(None)))
    others = (c.workspace_id.not_in(_several("without")), c.id.not_in(_several("besides")))
    return select(c.number).where(ready, ours, rooted, *others, *_clear())


def _seats(terminals: Collection[Address]) -> list[tuple[str, str]]:
    return [(to.account, to.target) for to in terminals]


def _at_terminals() -> ColumnElement[bool]:
    c = DELIVERIES.c
    seats: BindParameter[list[tuple[str, str]]] = bindparam("seats", expanding=True)
    return and_(c.platform == Platform.TERMINAL, tuple_(c.account, c.target).in_(seats))


def _claim() -> UpdateBase:
    """Return the statement that claims up to `most` messages until `until`."""
    c = DELIVERIES.c
    first = _due().order_by(c.priority.desc(), c.number).limit(bindparam("most", type_=Integer()))
    which = first.with_for_update(skip_locked=True, of=DELIVERIES).cte("due")
    doubtful = and_(c.state == DeliveryState.SENDING, c.receipt.is_(None))
    return (
        update(DELIVERIES)
        .where(c.number.in_(select(which.c.number)))
        .values(
            state=DeliveryState.SENDING,
            doubt=doubtful,
            attempts=c.attempts + case((doubtful, 0), else_=1),
            began=func.coalesce(c.began, _NOW),
            owner=bindparam("mine"),
            lease_until=bindparam("until", type_=UtcDateTime()),
            fence=c.fence + 1,
        )
        .returning(*c)
    )


def _oldest_due() -> Select[tuple[datetime]]:
    c, p = DELIVERIES.c, PLACES.c
    waiting = and_(c.state == DeliveryState.WAITING, c.not_before <= _NOW)
    late = and_(c.state == DeliveryState.SENDING, c.lease_until <= _NOW)
    place = (p.workspace_id == c.workspace_id, p.platform == c.platform, p.account == c.account)
    whose = or_(p.target == c.target, p.target == WHOLE)
    free = select(func.max(p.free_at)).where(*place, whose).correlate(DELIVERIES).scalar_subquery()
    begun = func.coalesce(c.lease_until, c.not_before)
    oldest = select(func.min(case((free > begun, free), else_=begun)))
    return oldest.where(or_(waiting, late), c.platform != Platform.TERMINAL, *_clear())


def _clear() -> Sequence[ColumnElement[bool]]:
    """Return the conditions that nothing stands before a message: no earlier one, no closed or resting place."""
    c, e, p = DELIVERIES.c, _EARLIER.c, PLACES.c
    sooner = or_(e.priority > c.priority, and_(e.priority == c.priority, e.number < c.number))
    account = (e.workspace_id == c.workspace_id, e.platform == c.platform, e.account == c.account)
    address = (*account, e.target == c.target, func.coalesce(e.thread, "") == func.coalesce(c.thread, ""))
    unsent = (e.state.in_(OPEN), e.receipt.is_(None))  # one that is only edited keeps its place, and holds nobody up
    blocked = exists().where(*address, *unsent, sooner)
    ours = (p.workspace_id == c.workspace_id, p.platform == c.platform, p.account == c.account)
    shut = exists().where(
        *ours, or_(p.target == c.target, p.target == WHOLE), or_(p.closed.is_not(None), p.free_at > _NOW)
    )
    on_trial = exists().where(*ours, p.target == WHOLE, p.refusals > 0)  # its token may be revoked: one at a time
    q = _CLOSED.c
    theirs = (q.workspace_id == e.workspace_id, q.platform == e.platform, q.account == e.account, q.target == e.target)
    stuck = exists().where(*theirs, q.closed.is_not(None))  # it waits for somebody: nobody waits for it
    not_its_turn = and_(on_trial, exists().where(*account, *unsent, e.number < c.number, ~stuck))
    return or_(c.receipt.is_not(None), ~blocked), ~shut, ~not_its_turn


async def _pace(
    connection: AsyncConnection, found: Sequence[Delivery], gaps: Mapping[Platform, tuple[float, float]], now: datetime
) -> None:
    """Keep the places that are sent to now free of others for a while."""
    times: Counter[tuple[str, str, str, str, float]] = Counter()
    for one in found:
        to = one.to
        for target, gap in zip((to.target, WHOLE), gaps.get(to.platform, (0.0, 0.0)), strict=True):
            if gap:
                times[one.workspace, to.platform, to.account, target, gap] += 1
    for (workspace, platform, account, target, gap), n in sorted(times.items()):
        key = {"workspace_id": workspace, "platform": platform, "account": account, "target": target}
        await insert_new(connection, PLACES, refusals=0, **key)
        here = and_(*(PLACES.c[name] == value for name, value in key.items()))
        free: datetime | None = await connection.scalar(select(PLACES.c.free_at).where(here).with_for_update())
        until = max(now, free or now) + timedelta(seconds=gap * n)
        await connection.execute(update(PLACES).where(here).values(free_at=until))


_ANY_DUE, _CLAIM, _OLDEST_DUE = _due().limit(1), _claim(), _oldest_due()
