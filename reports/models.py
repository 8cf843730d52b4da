"""The language models that a workspace may ask: those that its people added, and those that the operator gave."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import ValidationError

from analyzers.words.access import CONFIGS, access_of
from model.errors import ArbError, UnknownName, UsageError
from model.language import Message
from model.prompt import LanguageModel, ModelAccess, ModelKind
from storage.stores import Stores


@dataclass(frozen=True, slots=True)
class Missing:
    """A model that was wished for and cannot be asked."""

    name: str
    why: Message


@dataclass(frozen=True, slots=True)
class Models:
    """How models are asked, and what the operator gave."""

    make: Callable[[ModelAccess], LanguageModel]
    urls: Mapping[ModelKind, str]  # where the vendors stand
    given: Mapping[str, ModelAccess] = field(default_factory=dict[str, ModelAccess])  # by the operator, by name
    given_to: Collection[str] = ()  # the only workspaces that may ask them, by their accounts; empty: each
    seconds: float = 45.0  # for all that they say about one report

    async def named(self, stores: Stores, name: str) -> ModelAccess:
        """Return how the model of a name is reached.

        Raises:
            UnknownName: there is none.
            SealBroken: its key does not open.
            UsageError: what is kept of it cannot be used any more.
        """
        found = await stores.models.find(name)
        if found is not None:
            return self.access(found.kind, await stores.models.config(found.id))
        given = await self.of_operator(stores)
        if name in given:
            return given[name]
        names = [*(model.name for model in await stores.models.all()), *given]
        hint = Message("Add one: /model add claude") if not names else Message("All of them: /model list")
        close = get_close_matches(name, names)
        raise UnknownName("There is no model called {name}.", hint=hint, close=close, name=name)

    def access(self, kind: ModelKind, config: Mapping[str, object]) -> ModelAccess:
        """Return how a model with this configuration is reached.

        Raises:
            UsageError: its price is not known, or another version has kept it in another form.
        """
        try:
            kept = CONFIGS[kind].model_validate(config)
        except ValidationError:
            hint = Message("Say how it is reached: /model edit")
            raise UsageError("What is kept of this model cannot be used any more.", hint=hint) from None
        return access_of(kind, kept, self.urls)

    async def of_operator(self, stores: Stores) -> Mapping[str, ModelAccess]:
        """Return what the operator gave that this workspace may ask."""
        accounts = (await stores.accounts.all()).values() if self.given_to else ()
        mine = not self.given_to or any(account in self.given_to for account in accounts)
        return self.given if mine else {}

    async def chain(self, stores: Stores, names: Sequence[str]) -> tuple[Sequence[ModelAccess], Missing | None]:
        """Return those of the named models that can be asked, and why the first of the others cannot."""
        found: list[ModelAccess] = []
        missing: Missing | None = None
        for name in names:
            try:
                found.append(await self.named(stores, name))
            except UnknownName:
                missing = missing or Missing(name, Message("there is no such model any more"))
            except ArbError:  # its key does not open, another version kept it, nobody knows its price
                missing = missing or Missing(name, Message("what is kept of it cannot be used any more"))
        return found, missing
