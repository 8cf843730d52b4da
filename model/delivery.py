"""Places where something can be said, and the messages on their way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from pydantic import JsonValue, TypeAdapter

from model.card import Attachment, Card
from model.ids import DeliveryId, DestinationId, MemberId, RunId, WorkspaceId
from model.language import Code, Message


class Platform(StrEnum):
    """A kind of place."""

    TERMINAL = "terminal"
    WEBHOOK = "webhook"
    FILE = "file"
    SLACK = "slack"
    DISCORD = "discord"

    @property
    def shows_pictures(self) -> bool:
        """Whether charts go there as pictures: they are drawn only for such places."""
        return self in (Platform.SLACK, Platform.DISCORD)

    @property
    def shows_changes(self) -> bool:
        """Whether people see a message change there: how far a run is stands where its report will."""
        return self in (Platform.SLACK, Platform.DISCORD)


_PERSON = "@"  # begins a target that is a person


@dataclass(frozen=True, slots=True)
class Address:
    """One place: the terminal of a member, a channel, a thread, a person's direct messages, a webhook, a folder.

    `account`: the terminal's workspace, Slack's team, Discord's guild; ARB's workspace id for a webhook or a folder.
    `target`: the terminal's user, a channel, "@" and a user for his direct messages; the destination's id for a webhook
    or a folder.
    `thread`: a channel's thread; the process at whose terminal somebody waits.
    """

    platform: Platform
    account: str
    target: str
    thread: str | None = None

    @property
    def private(self) -> bool:
        """Whether one person alone reads what is said here."""
        return self.platform is Platform.TERMINAL or self.target.startswith(_PERSON)

    @property
    def user(self) -> str:
        """The platform's user who reads what is said here; only of a private address."""
        return self.target.removeprefix(_PERSON)

    def own(self, user: str) -> Address:
        """Return where a user of this account alone reads what is said."""
        return replace(self, target=user if self.platform is Platform.TERMINAL else _PERSON + user, thread=None)


ADDRESS: TypeAdapter[Address] = TypeAdapter(Address)


@dataclass(frozen=True, slots=True)
class Payload:
    """One message, ready to send; a card may become several, the first of which is the root of the others."""

    body: Mapping[str, JsonValue]
    attachments: tuple[Attachment, ...] = ()
    degraded: tuple[str, ...] = ()  # what this place could not show


PAYLOAD: TypeAdapter[Payload] = TypeAdapter(Payload)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a message stands once it was sent; both parts are the place's own words."""

    channel: str
    message: str
    at: datetime


RECEIPT: TypeAdapter[Receipt] = TypeAdapter(Receipt)


class DeliveryState(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    SENDING = "sending"  # a lease that ran out here leaves it in doubt
    SENT = "sent"
    REFUSED = "refused"  # for good: the place said no
    UNKNOWN = "unknown"  # it may have arrived, and the place cannot be asked


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that may change: `wanted` counts up with each revision, `shown` follows.

    Progress and the finished report are revisions of one row. Only the first send can be in doubt: edits repeat
    harmlessly.
    """

    id: DeliveryId
    workspace: WorkspaceId
    to: Address
    payload: Payload
    wanted: int
    shown: int
    state: DeliveryState
    priority: int  # the higher goes first: pages before reports
    fence: int
    attempts: int  # sends that were begun
    created: datetime
    run: RunId | None = None
    root: DeliveryId | None = None  # part n waits for its root's receipt
    part: int = 0
    began: datetime | None = None  # the first send: where a place is asked from
    not_before: datetime | None = None
    receipt: Receipt | None = None
    failure: Message | None = None
    repeated: bool = False  # sent once more although it may have arrived; the message says so
    doubt: bool = False  # the send before this claim may have arrived: the place is asked first
    language: Code = "en"  # of the marks that we add ourselves


@dataclass(frozen=True, slots=True)
class NamedDestination:
    """A place that reports name; its configuration stays sealed in the store."""

    id: DestinationId
    name: str
    kind: str  # of the platforms
    member: MemberId  # who added it: he is told when it says no
    added: datetime
    address: Address
    paused: datetime | None = None  # since when nothing is sent there
    problem: Message | None = None  # why, where it said no


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a chat, as it is called there."""

    name: str  # "#eng"
    address: Address


class Destination(Protocol):
    """One kind of place that messages are sent to; `writers/<place>.py`.

    What fails is raised as a DeliveryError, whose verdict the outbox obeys. Nothing is tried twice in here.
    """

    platform: ClassVar[Platform]

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the card as messages of this place, within all its limits; pure."""
        ...

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        """Send a first time; `key` goes along so that a repeat can be known. `root`: the message this is a part of."""
        ...

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """Put another payload in a message's place; to repeat it changes nothing."""
        ...

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        """Return the receipt of a message sent with this key after `since`; None: it is certainly not there.

        `root`: the message this is a part of.

        Raises:
            CannotAsk: nobody can tell; also where it is too late to ask.
            DestinationUnavailable: the place did not answer.
        """
        ...

    def repeated(self, payload: Payload, language: Code) -> Payload:
        """Return the payload marked as a possible repeat, within the limits."""
        ...
