"""Checks of the language models that a workspace may ask."""

from __future__ import annotations

import asyncio

from analyzers.words.standing import trouble
from model.errors import ArbError
from model.health import Check, Health
from model.ids import WorkspaceId
from model.language import Message
from model.outside import Outside
from model.prompt import ModelAccess, dollars
from reports.models import Models
from storage.database import Database


async def model_checks(db: Database, workspace: WorkspaceId, models: Models, outside: Outside) -> tuple[Check, ...]:
    """Return how each model is, looked at side by side, and which are to be used and are not there."""
    async with db.read(workspace) as stores:
        kept = [model.name for model in await stores.models.all()]
        names = sorted({*kept, *await models.of_operator(stores)})
        wanted = (await stores.workspaces.settings()).models
        found: dict[str, ModelAccess | ArbError] = {}
        for name in names:
            try:
                found[name] = await models.named(stores, name)
            except ArbError as error:  # its key does not open, another version kept it, nobody knows its price
                found[name] = error
    gone = tuple(_gone(name) for name in wanted if name not in found)
    return (*await asyncio.gather(*(_checked(name, found[name], outside) for name in names)), *gone)


async def _checked(name: str, access: ModelAccess | ArbError, outside: Outside) -> Check:
    part = Message("Model {name}", {"name": name})
    if isinstance(access, ArbError):
        return Check(part, Health.ATTENTION, access.message, access.hint)
    wrong = await trouble(access, outside)
    if wrong is not None:
        return Check(part, Health.ATTENTION, *wrong)
    price = access.price
    values = {"model": access.model, "read": dollars(price.fresh), "said": dollars(price.said)}
    return Check(part, Health.OK, Message("{model} can be asked; a million tokens: {read} read, {said} said.", values))


def _gone(name: str) -> Check:
    part = Message("Model {name}", {"name": name})
    means = Message("Reports are to use it, and there is none of that name.")
    return Check(part, Health.ATTENTION, means, Message("Add it, or name others: /arb settings models=…"))
