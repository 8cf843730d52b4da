"""What others push to us: a request as it came, who may have sent it, and what it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from pydantic import BaseModel, JsonValue

from model.errors import SourceRefused
from model.ids import SourceId, WorkspaceId
from model.language import Message
from model.record import Record

Why = Literal["unsigned", "foreign", "unreadable"]


class PushRefused(SourceRefused):
    """A push is not taken: nobody with the secret has sent it now, it is not for this source, or cannot be read."""

    def __init__(self, text: str, /, hint: Message | None = None, *, why: Why, **values: object) -> None:
        super().__init__(text, hint, **values)
        self.why = why


@dataclass(frozen=True, slots=True)
class Push:
    """A request as it came; nothing of it is believed yet."""

    headers: Mapping[str, str]  # names in lower case; one that came twice is not among them
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a genuine push is: the sender's own id of it, by which a repeat is known, and what he calls it."""

    event: str
    kind: str
    wanted: bool = True  # or there is nothing in it for us
    answer: Mapping[str, JsonValue] | None = None  # what the sender waits to be told


@dataclass(frozen=True, slots=True)
class Note:
    """What a push says of how far a part of a source is known: a thing's newest state, or that older ones came."""

    part: tuple[str, str]  # a repository, and what of it
    at: datetime
    thing: str = ""  # none: whatever happened from `at` on is to be read once more


@dataclass(frozen=True, slots=True)
class Brought:
    """What a push leaves in its source."""

    records: tuple[Record, ...] = ()
    notes: tuple[Note, ...] = ()  # what the next reading is to know


@dataclass(frozen=True, slots=True)
class Hook:
    """An address that a source is pushed to; its end is known to who may push, its secret proves that he did."""

    id: str
    workspace: WorkspaceId
    source: SourceId
    secret: str = field(repr=False)
    made: datetime


@dataclass(frozen=True, slots=True)
class HookedSource:
    """A source with its address, as a push needs it."""

    hook: Hook
    kind: str
    config: Mapping[str, JsonValue] = field(repr=False)


class Receiver(Protocol):
    """The side of a kind of source that is pushed to; made as cls(config). Pure."""

    kind: ClassVar[str]
    path: ClassVar[str]  # /webhooks/<path>/<id>
    makes: ClassVar[bool]  # whether we make the secret; else whoever pushes does
    form: ClassVar[Message]  # what a secret looks like

    def __init__(self, config: BaseModel) -> None: ...

    @staticmethod
    def fits(secret: str) -> bool:
        """Tell whether a secret can be relied on."""
        ...

    def arrived(self, push: Push, secret: str, now: datetime) -> Arrived:
        """Return what a push is, once its signature over the very bytes is good. Raises PushRefused."""
        ...

    def brought(self, kind: str, body: bytes) -> Brought:
        """Return the records of a push, the same ones as reading would bring. Raises SourceError, ValueError."""
        ...

    def noted(self, cursor: str, notes: Sequence[Note]) -> str:
        """Return where reading goes on once the records of these notes are stored."""
        ...

    def joined(self, cursor: str, pushed: str) -> str:
        """Return a reading's cursor with what was pushed while it was under way."""
        ...
