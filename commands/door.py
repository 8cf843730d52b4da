"""The door: every line and every press comes in here, whatever the platform.

parse → identify → permit → store the event → handle → answer. The event is stored, sealed, before anything happens;
its effect and "this event is done" are committed together, so a repeat has no second effect and a start can take up
what a killed process left.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue, TypeAdapter

from commands.cards import refusal
from commands.command import Arguments, Command, Context, Reply
from commands.grammar import arguments, parse
from model.card import Card
from model.delivery import Address
from model.errors import ArbError, Expired, NotAllowed, StorageBusy, UserError
from model.ids import EventId, MemberId, RunId, WorkspaceId, row_id
from model.language import CODES, Code, Language, Message
from model.member import Member
from reports.steps import Workshop
from storage.database import Urgency

_log = logging.getLogger(__name__)
_ADDRESS = TypeAdapter(Address)
_BROKE = "Something broke here; nothing was changed. The log has it under {reference}."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door gives back to a platform: a card bound to its buttons."""

    card: Card
    error: bool = False
    follows: RunId | None = None
    member: Member | None = None  # None where nobody could be identified


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door, as the platform knows him."""

    user: str
    name: str
    here: Address
    language: Code | None = None  # for this one time


@dataclass(frozen=True, slots=True)
class Manners:
    """What holds where a member has chosen nothing."""

    language: Code
    zone: str


class Door:
    """Takes lines and presses, answers with cards."""

    def __init__(self, house: Workshop, commands: Sequence[Command[Any]], manners: Manners, owner: str) -> None:
        self._house = house
        self._commands = commands
        self._manners = manners
        self._owner = owner

    async def say(self, event: EventId, visitor: Visitor, line: str) -> Answer | None:
        """Answer a line; None when this event was already taken."""
        return await self._take(event, visitor, {"line": line, "language": visitor.language})

    async def press(self, event: EventId, visitor: Visitor, id: str) -> Answer | None:
        """Answer a pressed button; one with an effect counts once, whoever presses it again."""
        return await self._take(event, visitor, {"press": id, "language": visitor.language})

    async def replay(self, workspace: WorkspaceId, event: EventId) -> Answer | None:
        """Take up an event that a process left unfinished; None when somebody else has it."""
        async with self._house.db.write(workspace, Urgency.ACK) as stores:
            if not await stores.inbox.take_over(event, self._owner):
                return None
            opened = await stores.inbox.open(event)
            if opened is None:
                return None
            member = await stores.members.of(opened[0])
        return await self._handle(event, member, _ADDRESS.validate_python(opened[1]["here"]), opened[1])

    async def _take(self, event: EventId, visitor: Visitor, said: Mapping[str, JsonValue]) -> Answer | None:
        db, here = self._house.db, visitor.here
        said = {**said, "here": _ADDRESS.dump_python(here, mode="json")}
        language = Language(visitor.language or self._manners.language, self._manners.zone)
        try:
            workspace = await db.entrances.enter(here.platform, here.account)
            async with db.write(workspace, Urgency.ACK) as stores:
                member = await stores.members.meet(here.platform, visitor.user, visitor.name)
                language = self._language(member, said)
                if "press" in said and (await stores.actions.take(str(said["press"]), member.id)).once:
                    event = EventId(f"press:{said['press']}")
                if not await stores.inbox.put(event, member.id, said, self._owner):
                    return _taken_before(event, language)
        except (StorageBusy, UserError) as error:
            return Answer(refusal(error, language), error=True)
        return await self._handle(event, member, here, said)

    async def _handle(self, event: EventId, member: Member, here: Address, said: Mapping[str, JsonValue]) -> Answer:
        language = self._language(member, said)
        try:
            command, values = await self._meaning(member, said)
            permit(command, member)
            reply: Reply = await command.handler(Context(member, language, event, here, self._house), values)
            card = await self._bind(reply.card, member)
            await self._forget(event, member)
            return Answer(card, follows=reply.follows, member=member)
        except StorageBusy as error:  # the event stays open: a start takes it up
            return Answer(refusal(error, language), error=True, member=member)
        except ArbError as error:
            card = refusal(error, language)
        except Exception:  # one command: whatever breaks here must not end the process
            reference = row_id()[-12:]
            _log.exception("command broke, reference %s", reference)
            card = refusal(ArbError(_BROKE, reference=reference), language)
        await self._forget(event, member)
        return Answer(card, error=True, member=member)

    def _language(self, member: Member, said: Mapping[str, JsonValue]) -> Language:
        wanted = next((code for code in CODES if code == said.get("language")), None)
        return Language(wanted or member.language or self._manners.language, member.zone or self._manners.zone)

    async def _meaning(self, member: Member, said: Mapping[str, JsonValue]) -> tuple[Command[Any], Arguments]:
        """Return the command that a line or a button says."""
        if "line" in said:
            return parse(str(said["line"]), self._commands)
        async with self._house.db.read(member.workspace) as stores:
            action = await stores.actions.take(str(said["press"]), member.id)
        command = next(c for c in self._commands if c.name == action.command)
        return command, arguments(command, action.values)

    async def _bind(self, card: Card, member: Member) -> Card:
        """Give each button its id; a private card's buttons are for its reader alone."""
        if not card.actions:
            return card
        who: MemberId | None = member.id if card.private else None
        async with self._house.db.write(member.workspace) as stores:
            return await stores.actions.bind(card, who)

    async def _forget(self, event: EventId, member: Member) -> None:
        async with self._house.db.write(member.workspace, Urgency.ACK) as stores:
            await stores.inbox.done(event)


def permit(command: Command[Any], member: Member) -> None:
    """Raise NotAllowed where the member's role of this moment does not reach."""
    if member.role < command.role:
        raise NotAllowed(
            "/{command} is for people with the role {role} or higher; yours is {yours}.",
            hint=Message("An admin of this workspace can do it for you."),
            command=command.name,
            role=command.role.name.lower(),
            yours=member.role.name.lower(),
        )


def _taken_before(event: EventId, language: Language) -> Answer | None:
    if not event.startswith("press:"):
        return None
    return Answer(refusal(Expired("That button was pressed already; it works once."), language), error=True)
