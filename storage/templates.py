"""A workspace's own templates: manifests as they were typed, every version kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update

from model.errors import UnknownName, UsageError
from model.ids import MemberId, ReportId, TemplateId, row_id
from model.language import Message
from model.member import Member, Role
from model.report import Definition
from storage.reports import KEPT
from storage.tables import REPORTS, TEMPLATE_VERSIONS, TEMPLATES
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template that people of this workspace wrote, at its newest version."""

    id: TemplateId
    name: str
    version: int
    manifest: str  # TOML
    shared: bool  # whether all members may use it
    owner: MemberId
    created: datetime


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """One version of a template: who wrote it, and when."""

    version: int
    writer: MemberId
    written: datetime
    manifest: str


class Templates:
    """The own templates of this workspace; a reader sees those that are shared, his own, and as an admin all."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(self, name: str, manifest: str, member: MemberId) -> OwnTemplate:
        """Keep a new template, seen by its owner and admins only; raises UsageError when the name is taken."""
        await self._in.alone()  # whoever comes second waits here and then sees the first one's row
        if await self.find(name) is not None:
            raise UsageError(
                "There is a template called {name} already.", hint=Message("Choose another name."), name=name
            )
        id, now = TemplateId(row_id()), self._in.clock.now()
        await self._in.change(
            insert(TEMPLATES).values(
                id=id,
                workspace_id=self._in.workspace,
                member_id=member,
                name=name,
                version=1,
                shared=False,
                created=now,
            )
        )
        await self._keep(id, 1, manifest, member)
        return OwnTemplate(id, name, 1, manifest, False, member, now)

    async def write(self, id: TemplateId, manifest: str, member: MemberId) -> int:
        """Keep a new version and return its number; raises UnknownName."""
        raised = update(TEMPLATES).where(*self._here(id)).values(version=TEMPLATES.c.version + 1)
        row = await self._in.first(raised.returning(TEMPLATES.c.version))
        if row is None:
            raise _gone()
        version: int = row.version
        await self._keep(id, version, manifest, member)
        return version

    async def find(self, name: str, reader: Member | None = None) -> OwnTemplate | None:
        """Return the template of a name, if there is one that the reader may see; None: whoever reads."""
        row = await self._in.first(self._rows(reader).where(TEMPLATES.c.name == name))
        return None if row is None else _own(row)

    async def all(self, reader: Member | None = None) -> tuple[OwnTemplate, ...]:
        """Return every template that the reader may see, by name."""
        return tuple(_own(row) for row in await self._in.all(self._rows(reader).order_by(TEMPLATES.c.name)))

    async def versions(self, id: TemplateId) -> tuple[TemplateVersion, ...]:
        """Return all versions of a template, newest first."""
        rows = await self._in.all(
            select(TEMPLATE_VERSIONS)
            .where(self._in.ours(TEMPLATE_VERSIONS), TEMPLATE_VERSIONS.c.template_id == id)
            .order_by(TEMPLATE_VERSIONS.c.version.desc())
        )
        return tuple(TemplateVersion(r.version, MemberId(r.member_id), r.written, r.manifest) for r in rows)

    async def share(self, id: TemplateId, shared: bool) -> None:
        """Let all members use a template, or only its owner and admins; raises UnknownName."""
        if await self._in.change(update(TEMPLATES).where(*self._here(id)).values(shared=shared)) != 1:
            raise _gone()

    async def remove(self, id: TemplateId) -> None:
        """Take a template away and free its name; its versions stay for the runs that name them. Raises UnknownName."""
        now = self._in.clock.now()
        if await self._in.change(update(TEMPLATES).where(*self._here(id)).values(deleted=now)) != 1:
            raise _gone()

    async def users(self, name: str) -> tuple[ReportId, ...]:
        """Return the saved reports that are made with a template, those too that can still be brought back."""
        there = or_(REPORTS.c.deleted.is_(None), REPORTS.c.deleted > self._in.clock.now() - KEPT)
        rows = select(REPORTS.c.id, REPORTS.c.definition).where(self._in.ours(REPORTS), there)
        return tuple(
            ReportId(row.id)
            for row in await self._in.all(rows.order_by(REPORTS.c.name))
            if Definition.model_validate_json(row.definition).template == name
        )

    async def _keep(self, id: TemplateId, version: int, manifest: str, member: MemberId) -> None:
        await self._in.change(
            insert(TEMPLATE_VERSIONS).values(
                template_id=id,
                version=version,
                workspace_id=self._in.workspace,
                member_id=member,
                manifest=manifest,
                written=self._in.clock.now(),
            )
        )

    def _here(self, id: TemplateId) -> tuple[ColumnElement[bool], ...]:
        return self._in.ours(TEMPLATES), TEMPLATES.c.id == id, TEMPLATES.c.deleted.is_(None)

    def _rows(self, reader: Member | None) -> Select[*tuple[object, ...]]:
        newest = (TEMPLATE_VERSIONS.c.template_id == TEMPLATES.c.id) & (
            TEMPLATE_VERSIONS.c.version == TEMPLATES.c.version
        )
        rows = (
            select(TEMPLATES, TEMPLATE_VERSIONS.c.manifest)
            .join(TEMPLATE_VERSIONS, newest)
            .where(self._in.ours(TEMPLATES), TEMPLATES.c.deleted.is_(None))
        )
        if reader is None or reader.role >= Role.ADMIN:
            return rows
        return rows.where(or_(TEMPLATES.c.shared, TEMPLATES.c.member_id == reader.id))


def _gone() -> UnknownName:
    return UnknownName("There is no such template here.")


def _own(row: Row[*tuple[object, ...]]) -> OwnTemplate:
    return OwnTemplate(
        TemplateId(row.id), row.name, row.version, row.manifest, row.shared, MemberId(row.member_id), row.created
    )
