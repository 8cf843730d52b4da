"""Language models that were given a name: how they are reached is sealed and opened here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Row, Select, delete, select, update

from model.errors import UnknownName, UsageError
from model.ids import MemberId, ModelId, row_id
from model.language import Message
from model.prompt import ModelKind
from storage.tables import MODELS
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A language model that a workspace may ask; its configuration stays sealed in the store."""

    id: ModelId
    name: str
    kind: ModelKind
    member: MemberId  # who added it
    added: datetime


class Models:
    """The language models of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(self, name: str, kind: ModelKind, config: Mapping[str, JsonValue], by: MemberId) -> NamedModel:
        """Keep a model with its configuration sealed; raises UsageError when the name is taken."""
        id = ModelId(row_id())
        values = {"id": id, "name": name, "kind": kind, "config": self._in.seal(config, MODELS, id), "member_id": by}
        if not await self._in.insert_new(MODELS, added=self._in.clock.now(), **values):
            hint = Message("Choose another name.")
            raise UsageError("There is a model called {name} already.", hint=hint, name=name)
        return await self.named(name)

    async def named(self, name: str) -> NamedModel:
        """Return the model of a name; raises UnknownName with the names that look like it."""
        found = await self.find(name)
        if found is None:
            names = [model.name for model in await self.all()]
            hint = Message("All of them: /model list")
            close = get_close_matches(name, names)
            raise UnknownName("There is no model called {name}.", hint=hint, close=close, name=name)
        return found

    async def find(self, name: str) -> NamedModel | None:
        """Return the model of a name, if there is one."""
        row = await self._in.first(self._rows().where(MODELS.c.name == name))
        return None if row is None else _model(row)

    async def all(self) -> tuple[NamedModel, ...]:
        """Return every model, by name."""
        return tuple([_model(row) for row in await self._in.all(self._rows().order_by(MODELS.c.name))])

    async def config(self, id: ModelId) -> Mapping[str, JsonValue]:
        """Return the configuration of a model; raises UnknownName, or SealBroken when it does not open."""
        row = await self._in.first(self._rows().where(MODELS.c.id == id))
        if row is None:
            raise UnknownName("There is no such model here.")
        return self._in.opened(row.config, MODELS, id)

    async def change(self, id: ModelId, config: Mapping[str, JsonValue]) -> None:
        """Keep another configuration."""
        ours = (self._in.ours(MODELS), MODELS.c.id == id)
        await self._in.change(update(MODELS).where(*ours).values(config=self._in.seal(config, MODELS, id)))

    async def remove(self, id: ModelId) -> None:
        """Forget a model with its key."""
        await self._in.change(delete(MODELS).where(self._in.ours(MODELS), MODELS.c.id == id))

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(MODELS).where(self._in.ours(MODELS))


def _model(row: Row[*tuple[object, ...]]) -> NamedModel:
    return NamedModel(ModelId(row.id), row.name, cast("ModelKind", row.kind), MemberId(row.member_id), row.added)
