"""Targets: the bounds that this workspace wants its figures to keep."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches

from sqlalchemy import delete, select, update

from model.errors import UnknownName
from model.ids import MemberId
from model.report import Target
from storage.tables import TARGETS
from storage.transaction import Transaction


class Targets:
    """The targets of this workspace, one for each metric."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def set(self, target: Target, by: MemberId) -> None:
        """Keep a target; it takes the place of the metric's earlier one."""
        values = {
            "keep": target.keep,
            "bound": f"{target.bound.normalize():f}",
            "member_id": by,
            "set": self._in.clock.now(),
        }
        if await self._in.insert_new(TARGETS, metric=target.metric, **values):
            return
        await self._in.change(
            update(TARGETS).where(self._in.ours(TARGETS), TARGETS.c.metric == target.metric).values(values)
        )

    async def all(self) -> tuple[Target, ...]:
        """Return every target, by the metric's name."""
        rows = await self._in.all(select(TARGETS).where(self._in.ours(TARGETS)).order_by(TARGETS.c.metric))
        return tuple(Target(row.metric, Decimal(row.bound), row.keep) for row in rows)

    async def remove(self, metric: str) -> None:
        """Forget a metric's target; raises UnknownName with the metrics that have one."""
        gone = delete(TARGETS).where(self._in.ours(TARGETS), TARGETS.c.metric == metric)
        if not await self._in.change(gone):
            names = [target.metric for target in await self.all()]
            raise UnknownName("There is no target for {metric}.", close=get_close_matches(metric, names), metric=metric)
