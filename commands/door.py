"""The door: every line, every press and every form comes in here, whatever the platform.

parse → identify → permit → store the event → handle → answer. The event is stored, sealed, before anything happens;
its effect, its audit row and "this event is done" are committed together, so a repeat has no second effect and a start
can take up what a killed process left.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from commands.cards import refusal
from commands.command import Command, Context
from commands.dispatch import meaning, perform
from commands.secrets import redacted
from model.card import Card, Tone
from model.delivery import ADDRESS, Address
from model.errors import ArbError, SealBroken, StorageBusy, UserError
from model.form import Form
from model.ids import EventId, RunId, WorkspaceId, row_id
from model.language import CODES, Code, Language
from model.member import Member, Role
from reports.steps import Workshop
from storage.audit import Entry, Outcome
from storage.database import Urgency
from storage.stores import Stores

_log = logging.getLogger(__name__)
_BROKE = "Something broke here; nothing was changed. The log has it under {reference}."
_UNREAD = "?"  # what the audit has for words that name no command


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door gives back to a platform: a card bound to its buttons, or a form bound to its draft."""

    shows: Card | Form
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
    standing: Role = Role.VIEWER  # what he is welcomed with on first sight, by what he is on the platform


@dataclass(frozen=True, slots=True)
class Manners:
    """What holds where a member has chosen nothing."""

    language: Code
    zone: str


class Door:
    """Takes lines, presses and forms; answers with cards and forms."""

    def __init__(self, house: Workshop, commands: Sequence[Command[Any]], manners: Manners, owner: str) -> None:
        self._house = house
        self._commands = commands
        self._manners = manners
        self._owner = owner

    async def say(self, event: EventId, visitor: Visitor, line: str) -> Answer | None:
        """Answer a line; None when this event was already taken. A secret in it is taken out before it is stored."""
        clean = redacted(line)
        said: dict[str, JsonValue] = {"line": line} if clean is None else {"line": clean, "secret": True}
        return await self._take(event, visitor, said)

    async def press(self, event: EventId, visitor: Visitor, id: str) -> Answer | None:
        """Answer a pressed button; one with an effect counts once, whoever presses it again."""
        return await self._take(event, visitor, {"press": id})

    async def submit(self, event: EventId, visitor: Visitor, id: str, values: Mapping[str, str]) -> Answer | None:
        """Answer a form that was filled in; it has its effect once, and may be mended as often as it takes."""
        return await self._take(event, visitor, {"submit": id, "values": dict(values)})

    async def replay(self, workspace: WorkspaceId, event: EventId) -> Answer | None:
        """Take up an event that a process left unfinished; None when somebody else has it."""
        async with self._house.db.write(workspace, Urgency.ACK) as stores:
            if not await stores.inbox.take_over(event, self._owner):
                return None
            try:
                opened = await stores.inbox.open(event)
            except SealBroken:  # nobody will ever read it: it must not stand in the way of the others
                _log.exception("event %s cannot be read and is given up", event)
                await stores.inbox.done(event)
                return None
            if opened is None:
                return None
            member = await stores.members.of(opened[0])
            manners = await self._manners_in(stores)
        return await self._handle(event, member, opened[1], manners)

    async def _take(self, event: EventId, visitor: Visitor, said: Mapping[str, JsonValue]) -> Answer | None:
        db, here = self._house.db, visitor.here
        place: dict[str, JsonValue] = {"here": ADDRESS.dump_python(here, mode="json"), "user": visitor.user}
        said = {**said, "language": visitor.language, **place}
        language = Language(visitor.language or self._manners.language, self._manners.zone)
        try:
            workspace = await db.entrances.enter(here.platform, here.account)
            async with db.write(workspace, Urgency.ACK) as stores:
                member = await stores.members.meet(here.platform, visitor.user, visitor.name, visitor.standing)
                manners = await self._manners_in(stores)
                if not await stores.inbox.put(event, member.id, said, self._owner):
                    return None
        except (StorageBusy, UserError) as error:
            return Answer(refusal(error, language), error=True)
        return await self._handle(event, member, said, manners)

    async def _handle(self, event: EventId, member: Member, said: Mapping[str, JsonValue], manners: Manners) -> Answer:
        language = _language(member, said, manners)
        entry = Entry(member.id, event, _UNREAD, {k: said[k] for k in ("line", "press", "submit") if k in said})
        try:
            async with self._house.db.read(member.workspace) as stores:
                spoken = await meaning(said, member, stores, self._commands)
            entry = Entry(member.id, event, spoken.command.name, spoken.for_audit())
            here = ADDRESS.validate_python(said["here"])
            mine = here if here.private else here.own(str(said["user"]))
            context = Context(member, language, event, here, mine, self._house, entry, spoken.once)
            reply = await perform(context, spoken)
            shows = await self._settle(entry, member, reply.shows, "done")
            critical = isinstance(shows, Card) and shows.tone is Tone.CRITICAL
            return Answer(shows, critical, reply.follows, member)
        except StorageBusy as error:  # the event stays open: a start takes it up
            return Answer(refusal(error, language), error=True, member=member)
        except ArbError as error:
            card, outcome = refusal(error, language), _outcome(error)
        except Exception:  # one command: whatever breaks here must not end the process
            reference = row_id()[-12:]
            _log.exception("command broke, reference %s", reference)
            card, outcome = refusal(ArbError(_BROKE, reference=reference), language), "failed"
        return Answer(await self._settle(entry, member, card, outcome), error=True, member=member)

    async def _manners_in(self, stores: Stores) -> Manners:
        """Return what holds in a workspace where a member has chosen nothing."""
        chosen = await stores.workspaces.settings()
        return Manners(chosen.language or self._manners.language, chosen.zone or self._manners.zone)

    async def _settle(self, entry: Entry, member: Member, shows: Card | Form, outcome: Outcome) -> Card | Form:
        """Note what was said, forget it, and bind buttons or draft; a private card's buttons are its reader's alone."""
        async with self._house.db.write(member.workspace, Urgency.ACK) as stores:
            await stores.audit.add(entry, outcome)
            await stores.inbox.done(entry.event)
            if isinstance(shows, Form):
                return await stores.actions.draft(shows, member.id)
            return await stores.actions.bind(shows, member.id if shows.private else None)


def _language(member: Member, said: Mapping[str, JsonValue], manners: Manners) -> Language:
    wanted = next((code for code in CODES if code == said.get("language")), None)
    return Language(wanted or member.language or manners.language, member.zone or manners.zone)


def _outcome(error: ArbError) -> Outcome:
    return "refused" if isinstance(error, UserError) else "failed"
