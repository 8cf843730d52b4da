"""A command as data: one definition serves every platform."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, field_validator

from model.card import Card
from model.delivery import Address
from model.form import Form, Option, Unfit
from model.ids import EventId, QuestionId, RunId
from model.language import Language, Message
from model.member import Member, Role
from model.source import Reach
from reports.steps import Workshop
from storage.audit import Entry
from storage.stores import Stores


class Arguments(BaseModel):
    """What a command takes; its grammar, help and docs are derived from its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class OfKind(Arguments):
    """A thing of a kind: the kind's own settings come as further keys."""

    model_config = ConfigDict(extra="allow")
    kinds: ClassVar[Callable[[], Collection[str]]]
    kind: Annotated[str, Option(Message("Kind"), names="kind", positional=True)]

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in cls.kinds():
            raise Unfit("the kinds are {kinds}", kinds=", ".join(cls.kinds()))
        return kind


class Nothing(Arguments):
    """A command without arguments."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who said it, where, and what its handler may use; the workshop is the same for every caller."""

    member: Member
    language: Language
    event: EventId
    here: Address
    mine: Address  # where the caller alone reads what is said
    house: Workshop
    entry: Entry  # what the audit notes
    once: EventId | None = None  # set where the effect may happen only once
    owner: str | None = None  # the process that does it

    def say(self, text: str, /, **values: object) -> str:
        """Return a text in the caller's language."""
        return self.language.say(Message(text, values))

    @property
    def reach(self) -> Reach:
        """Return what collectors may reach in the caller's name."""
        return self.house.reach.within(self.member.workspace)

    def read(self) -> AbstractAsyncContextManager[Stores]:
        """Open a snapshot of the caller's workspace."""
        return self.house.db.read(self.member.workspace)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Stores]:
        """Open a transaction that commits the effect, its audit row and "this event is done" together.

        Raises:
            Expired: it works once, and was done before.
            Overtaken: another process does it, which held this one for dead.
        """
        async with self.house.db.write(self.member.workspace) as stores:
            if self.once is not None:
                await stores.inbox.once(self.once, self.member.id, self.event)
            yield stores
            await stores.audit.add(self.entry, "done")
            await stores.inbox.done(self.event, self.owner)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a card or a form, and the run, or the answer to a question, that will follow it."""

    shows: Card | Form
    follows: RunId | None = None
    awaits: QuestionId | None = None  # nothing needs to be shown until its answer is there


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Command(Generic[A]):
    """One thing that people can say."""

    name: str  # "report run"
    help: Message
    example: str  # parsed by a test
    arguments: type[A]
    handler: Callable[[Context, A], Awaitable[Reply]]
    role: Role = Role.VIEWER
    # What further fields belong to it, given what is known so far: the settings of a kind of source.
    further: Callable[[Mapping[str, JsonValue]], type[BaseModel] | None] = lambda _: None
    alone: bool = False  # the name of its group says it too: "/ask how many commits?"


def is_said(line: str, commands: Sequence[Command[Any]]) -> bool:
    """Tell whether a line begins with the name of a command."""
    said = " ".join(line.strip().removeprefix("/").split(None, 2)[:2]).lower()
    return any(command.name == said for command in commands)


def said_alone(line: str, commands: Sequence[Command[Any]]) -> Command[Any] | None:
    """Return the command that the name of its group says, where a line says no other one of the group."""
    words = line.split(None, 2)[:2]
    if not words or is_said(line, commands):
        return None
    return next((one for one in commands if one.alone and one.name.split()[0] == words[0].lower()), None)
