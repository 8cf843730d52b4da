"""An event at the door: who stands there, what he said, and what he is answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from commands.secrets import redacted
from model.card import Card
from model.delivery import ADDRESS, Address
from model.errors import StorageBusy
from model.form import Form
from model.ids import EventId, QuestionId, RunId
from model.language import Code, Language, Message
from model.member import Member, Role
from storage.audit import Entry
from storage.stores import Stores

Said = Mapping[str, JsonValue]
_UNREAD = "?"  # what the audit has for words that name no command


def line(text: str) -> Said:
    """Return what typing a line says; a secret in it is taken out before it is stored."""
    clean = redacted(text)
    return {"line": text} if clean is None else {"line": clean, "secret": True}


def words(command: str, given: Mapping[str, str]) -> Said:
    """Return what giving a command its arguments one by one says; a secret among them is not even stored."""
    if any(redacted(f"{name}={value}") is not None for name, value in given.items()):
        return {"command": command, "words": {}, "secret": True}
    return {"command": command, "words": dict(given)}


def below(said: Said, message: str | None) -> Said:
    """Return what is said together with the message below which it is; None: below none."""
    return said if message is None else {**said, "below": message}


def press(id: str) -> Said:
    """Return what pressing a button says."""
    return {"press": id}


def submit(id: str, values: Mapping[str, str]) -> Said:
    """Return what submitting a form says."""
    return {"submit": id, "values": dict(values)}


def kept() -> StorageBusy:
    """Return what is told of an event that is stored and could not be done yet."""
    return StorageBusy(
        "The storage is busy.",
        hint=Message("What you said is kept and done as soon as that is over: you need not say it again."),
    )


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door, as the platform knows him."""

    user: str
    name: str
    here: Address
    language: Code | None = None  # for this one time
    # What he is welcomed with on first sight, by what he is on the platform; none: nobody can tell just now.
    standing: Role | None = Role.VIEWER
    groups: tuple[str, ...] | None = None  # what he belongs to there, where his role here goes with it
    locale: Code | None = None  # what he speaks there, for first sight


async def met(stores: Stores, visitor: Visitor) -> Member:
    """Return who a visitor is here; where he belongs to groups on his platform, his role here goes with them."""
    standing = visitor.standing
    if visitor.groups and standing is not None:
        standing = await standing_in(stores, standing, visitor.groups)
    follows, at = visitor.groups is not None, visitor.here.platform
    return await stores.members.meet(at, visitor.user, visitor.name, standing, visitor.locale, follows=follows)


async def standing_in(stores: Stores, standing: Role, groups: Collection[str]) -> Role:
    """Return the role here of somebody who belongs to these groups on his platform."""
    settings = await stores.workspaces.settings()
    return max((standing, *(Role[role.upper()] for role, group in settings.discord_roles if group in groups)))


@dataclass(frozen=True, slots=True)
class Manners:
    """What holds where a member has chosen nothing."""

    language: Code
    zone: str


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that is stored and not answered yet: its platform may be told that it has arrived."""

    event: EventId
    member: Member
    said: Said  # with where it was said, and what the platform answers it with
    manners: Manners
    again: bool = False  # it was left open before, and is taken up

    @property
    def here(self) -> Address:
        """Return where it was said."""
        return ADDRESS.validate_python(self.said["here"])

    @property
    def user(self) -> str:
        """Return the platform's user who said it."""
        return str(self.said["user"])

    @property
    def unread(self) -> Entry:
        """Return what the audit notes of words that name no command, or were not read."""
        said = {k: self.said[k] for k in ("line", "command", "press", "submit") if k in self.said}
        return Entry(self.member.id, self.event, _UNREAD, said)

    def language(self, member: Member | None) -> Language:
        """Return what whoever said it is answered in; `member`: what is known of him by now."""
        known = member or self.member
        return Language(known.language or self.manners.language, known.zone or self.manners.zone)

    @property
    def back(self) -> Said:
        """Return what the platform has left to answer it with."""
        back = self.said.get("back")
        return back if isinstance(back, dict) else {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door gives back to a platform: a card bound to its buttons, or a form bound to its draft."""

    shows: Card | Form
    error: bool = False
    follows: RunId | None = None
    member: Member | None = None  # None where nobody could be identified
    here: Address | None = None  # where it is answered: of a form, where that was asked for
    back: Said = field(default_factory=dict[str, JsonValue])
    awaits: QuestionId | None = None
