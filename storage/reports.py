"""Saved reports: who sees one, who may change it, and for how long a deleted one can be brought back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Row, Select, delete, or_, select, true, update

from model.errors import UnknownName, UsageError
from model.ids import MemberId, ReportId, row_id
from model.language import Message
from model.member import Member, Role
from model.report import Definition, May, Report, ReportState
from storage.limits import refuse_beyond
from storage.tables import REPORT_SHARES, REPORTS, SCHEDULES, SLOTS
from storage.transaction import Transaction

KEPT = timedelta(days=1)  # how long a deleted report can be brought back


class Reports:
    """The saved reports of this workspace. What somebody does not see is to him as if it were not there."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(self, name: str, owner: MemberId, definition: Definition) -> Report:
        """Keep a new report; raises UsageError when the name is taken, or no more may be."""
        await self._free(name, None)
        await refuse_beyond(self._in, "most_reports")
        id, now = ReportId(row_id()), self._in.clock.now()
        text = definition.model_dump_json()
        await self._in.insert_new(
            REPORTS, id=id, member_id=owner, name=name, definition=text, state="active", created=now, changed=now
        )
        return await self.of(id)

    async def of(self, id: ReportId) -> Report:
        """Return a report, a deleted one too; raises UnknownName."""
        found = await self._reports(self._rows().where(REPORTS.c.id == id))
        if not found:
            raise UnknownName("There is no such report here.")
        return found[0]

    async def many(self, ids: Collection[ReportId]) -> Mapping[ReportId, Report]:
        """Return reports by their ids, deleted ones too; those that are gone for good are left out."""
        return {r.id: r for r in await self._reports(self._rows().where(self._in.among(REPORTS.c.id, ids)))}

    async def seen(self, by: Member) -> tuple[Report, ...]:
        """Return the reports that a member sees, by name."""
        rows = self._rows().where(REPORTS.c.deleted.is_(None), self._sight(by))
        return tuple(sorted(await self._reports(rows), key=lambda report: (report.name.casefold(), report.id)))

    async def find(self, name: str, by: Member) -> Report | None:
        """Return the report of a name, in either case, if the member sees one."""
        return next((r for r in await self.seen(by) if r.name.casefold() == name.strip().casefold()), None)

    async def named(self, name: str, by: Member) -> Report:
        """Return the report of a name that a member sees; raises UnknownName, with names that look like it."""
        found = await self.find(name, by)
        if found is None:
            raise await self._unknown(name, by)
        return found

    async def change(
        self,
        id: ReportId,
        *,
        name: str | None = None,
        definition: Definition | None = None,
        state: ReportState | None = None,
    ) -> None:
        """Change what is given of a report; raises UsageError when the name is taken."""
        if name is not None:
            await self._free(name, id)
        text = None if definition is None else definition.model_dump_json()
        wanted = {"name": name, "definition": text, "state": state}
        await self._set(id, {key: value for key, value in wanted.items() if value is not None})

    async def delete(self, id: ReportId) -> None:
        """Put a report aside; it can be brought back for a day."""
        await self._set(id, {"deleted": self._in.clock.now()})

    async def restore(self, name: str, by: Member) -> Report:
        """Bring back the report of a name that was deleted last; raises UnknownName, UsageError if it is taken."""
        rows = self._rows().where(REPORTS.c.deleted > self._in.clock.now() - KEPT, self._sight(by))
        found = await self._reports(rows.order_by(REPORTS.c.deleted.desc(), REPORTS.c.id.desc()))
        wanted = next((r for r in found if r.name.casefold() == name.strip().casefold()), None)
        if wanted is None:
            raise UnknownName(
                "No report called {name} was deleted within the last day.",
                hint=Message("Type /report list to see those there are."),
                name=name,
            )
        await self._free(wanted.name, wanted.id)
        await self._set(wanted.id, {"deleted": None})
        return wanted

    async def share(self, id: ReportId, member: MemberId, may: May | None) -> None:
        """Let a member view or edit a report, or neither."""
        one = (REPORT_SHARES.c.report_id == id, REPORT_SHARES.c.member_id == member)
        await self._in.change(delete(REPORT_SHARES).where(self._in.ours(REPORT_SHARES), *one))
        if may is not None:
            await self._in.insert_new(REPORT_SHARES, report_id=id, member_id=member, may=may)

    async def forget_deleted(self) -> int:
        """Take away for good what was deleted more than a day ago; return how many. Runs keep their snapshots."""
        old = (self._in.ours(REPORTS), REPORTS.c.deleted <= self._in.clock.now() - KEPT)
        gone = [row.id for row in await self._in.all(select(REPORTS.c.id).where(*old))]
        planned = select(SCHEDULES.c.id).where(self._in.ours(SCHEDULES), SCHEDULES.c.report_id.in_(gone))
        await self._in.change(delete(SLOTS).where(self._in.ours(SLOTS), SLOTS.c.schedule_id.in_(planned)))
        for table in (REPORT_SHARES, SCHEDULES):
            await self._in.change(delete(table).where(self._in.ours(table), table.c.report_id.in_(gone)))
        return await self._in.change(delete(REPORTS).where(self._in.ours(REPORTS), REPORTS.c.id.in_(gone)))

    async def _set(self, id: ReportId, values: Mapping[str, object]) -> None:
        changed = {**values, "changed": self._in.clock.now()}
        await self._in.change(update(REPORTS).where(self._in.ours(REPORTS), REPORTS.c.id == id).values(changed))

    async def _free(self, name: str, besides: ReportId | None) -> None:
        """Raise UsageError where another report bears the name; whoever comes second waits for the first."""
        await self._in.alone()
        rows = select(REPORTS.c.id, REPORTS.c.name).where(self._in.ours(REPORTS), REPORTS.c.deleted.is_(None))
        for row in await self._in.all(rows):
            if row.name.casefold() == name.casefold() and row.id != besides:
                raise UsageError("The name {name} is taken.", hint=Message("Choose another name."), name=name)

    async def _unknown(self, name: str, by: Member) -> UnknownName:
        close = get_close_matches(name, [report.name for report in await self.seen(by)])
        return UnknownName(
            "There is no report called {name}.",
            hint=Message("Type /report list to see those there are."),
            close=close,
            name=name,
        )

    def _sight(self, by: Member) -> ColumnElement[bool]:
        return true() if by.role >= Role.ADMIN else REPORTS.c.id.in_(reports_of(self._in, by))

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(REPORTS).where(self._in.ours(REPORTS))

    async def _reports(self, rows: Select[*tuple[object, ...]]) -> list[Report]:
        found = await self._in.all(rows)
        shared = await self._in.all(
            select(REPORT_SHARES).where(
                self._in.ours(REPORT_SHARES), self._in.among(REPORT_SHARES.c.report_id, [row.id for row in found])
            )
        )
        shares: dict[str, dict[MemberId, May]] = {}
        for share in shared:
            shares.setdefault(share.report_id, {})[share.member_id] = share.may
        return [_report(row, shares.get(row.id, {})) for row in found]


def reports_of(transaction: Transaction, by: Member) -> Select[*tuple[object, ...]]:
    """Return the ids of the reports that are a member's own or shared with him, as a subquery."""
    shared = select(REPORT_SHARES.c.report_id).where(
        transaction.ours(REPORT_SHARES), REPORT_SHARES.c.member_id == by.id
    )
    own = or_(REPORTS.c.member_id == by.id, REPORTS.c.id.in_(shared))
    return select(REPORTS.c.id).where(transaction.ours(REPORTS), own)


def reports_seen(transaction: Transaction, by: Member) -> Select[*tuple[object, ...]]:
    """Return the ids of the reports that a member sees and that are not deleted, as a subquery."""
    there = select(REPORTS.c.id).where(transaction.ours(REPORTS), REPORTS.c.deleted.is_(None))
    return there if by.role >= Role.ADMIN else there.where(REPORTS.c.id.in_(reports_of(transaction, by)))


def _report(row: Row[*tuple[object, ...]], shares: Mapping[MemberId, May]) -> Report:
    return Report(
        id=ReportId(row.id),
        name=row.name,
        owner=MemberId(row.member_id),
        definition=Definition.model_validate_json(row.definition),
        state=ReportState(row.state),
        created=row.created,
        changed=row.changed,
        shares=shares,
        deleted=row.deleted,
    )
