"""The door: every line, every press and every form comes in here, whatever the platform.

parse → identify → permit → store the event → handle → answer. The event is stored, sealed, before anything happens;
its effect, its audit row and "this event is done" are committed together, so a repeat has no second effect and a start
can take up what a killed process left. A platform that waits for a word takes an event, says so, and answers it then.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from commands.cards import refusal
from commands.command import Command, Context, Reply
from commands.dispatch import meaning, perform
from commands.event import Answer, Manners, Said, Taken, Visitor, kept, line, met, press, submit
from model.card import Card, Tone
from model.delivery import ADDRESS
from model.errors import ArbError, Overtaken, SealBroken, StorageBusy, UserError
from model.form import Form
from model.ids import EventId, WorkspaceId, row_id
from model.language import CODES, Language
from model.member import Member
from reports.steps import Workshop
from storage.audit import Entry, Outcome
from storage.database import Urgency
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings

__all__ = ["Answer", "Door", "Manners", "Taken", "Visitor"]

_log = logging.getLogger(__name__)
_BROKE = "Something broke here; nothing was changed. The log has it under {reference}."


class Door:
    """Takes lines, presses and forms; answers with cards and forms."""

    def __init__(self, house: Workshop, commands: Sequence[Command[Any]], manners: Manners, owner: str) -> None:
        self._house = house
        self._commands = commands
        self._manners = manners
        self._owner = owner
        self.left: list[tuple[WorkspaceId, EventId]] = []  # as the storage was busy; to be taken up again

    async def say(self, event: EventId, visitor: Visitor, text: str) -> Answer | None:
        """Answer a line; None when this event was already taken."""
        return await self._at_once(event, visitor, line(text))

    async def press(self, event: EventId, visitor: Visitor, id: str) -> Answer | None:
        """Answer a pressed button; one with an effect counts once, whoever presses it again."""
        return await self._at_once(event, visitor, press(id))

    async def submit(self, event: EventId, visitor: Visitor, id: str, values: Mapping[str, str]) -> Answer | None:
        """Answer a form that was filled in; it has its effect once, and may be mended as often as it takes."""
        return await self._at_once(event, visitor, submit(id, values))

    async def take(self, event: EventId, visitor: Visitor, said: Said, back: Said | None = None) -> Taken | None:
        """Store an event before anything happens; None when it was already taken. `answer` is to follow.

        `back`: what the platform answers it with; it stays with the event, and with a form that is asked for.

        Raises:
            StorageBusy: nothing is stored.
            UserError: nobody more may come here.
        """
        db, here = self._house.db, visitor.here
        way: Said = {} if back is None else {"back": dict(back)}
        place = {"here": ADDRESS.dump_python(here, mode="json"), "user": visitor.user}
        said = {**said, "language": visitor.language, **place, **way}
        if visitor.standing is None:  # what he is on his platform is asked later: the row is all there is to do
            heard = await db.hearing.put(here.platform, here.account, visitor.user, event, said, self._owner)
            if heard is not None:
                return Taken(event, heard.member, said, self._manners_by(heard.settings)) if heard.new else None
        workspace = await db.entrances.enter(here.platform, here.account)

        async def put(stores: Stores) -> Taken | None:
            member = await met(stores, visitor)
            manners = await self._manners_in(stores)
            new = await stores.inbox.put(event, member.id, said, self._owner)
            return Taken(event, member, said, manners) if new else None

        return await db.at_once(workspace, put, Urgency.ACK)

    async def retake(self, workspace: WorkspaceId, event: EventId, *, ours: bool = False) -> Taken | None:
        """Take up an event that a process left unfinished; None when somebody else has it. `answer` is to follow."""
        async with self._house.db.write(workspace, Urgency.ACK) as stores:
            if not (ours or await stores.inbox.take_over(event, self._owner)):
                return None
            try:
                opened = await stores.inbox.open(event)
            except SealBroken:  # nobody will ever read it: it must not stand in the way of the others
                _log.exception("event %s cannot be read and is given up", event)
                await stores.inbox.done(event)
                return None
            if opened is None:
                return None
            member, manners = await stores.members.of(opened[0]), await self._manners_in(stores)
            return Taken(event, member, opened[1], manners, again=True)

    async def answer(self, taken: Taken) -> Answer:
        """Do what was said, once, and return what is to be told, also where it goes wrong.

        Raises:
            Overtaken: another process does it.
            StorageBusy: it was taken up again, and was told already that it is kept.
        """
        event, said, member = taken.event, taken.said, taken.member
        language = _language(member, said, taken.manners)
        entry, here, back = taken.unread, taken.here, taken.back
        try:
            async with self._house.db.read(member.workspace) as stores:
                member = await stores.members.of(member.id)  # what he may do at this moment
                language = _language(member, said, taken.manners)
                spoken = await meaning(said, member, stores, self._commands)
                if "submit" in said and (place := await stores.actions.place(str(said["submit"]))) is not None:
                    here, back = ADDRESS.validate_python(place["here"]), _mapping(place["back"])
            entry = Entry(member.id, event, spoken.command.name, spoken.for_audit())
            mine = here if here.private else here.own(taken.user)
            context = Context(member, language, event, here, mine, self._house, entry, spoken.once, self._owner)
            reply = await perform(context, spoken)
            place = {"here": ADDRESS.dump_python(here, mode="json"), "back": dict(back)} if back else None
            shown = reply.shows
            if isinstance(shown, Card):
                shown = await self._house.shown_at(here, member.workspace, shown)
            shows = await self._settle(entry, member, shown, "done", place)
            return _answer(reply, shows, Answer(shows, member=member, here=here, back=back))
        except StorageBusy:
            self.left.append((member.workspace, event))
            if taken.again:
                raise
            return Answer(refusal(kept(), language), error=True, member=member, here=here, back=back)
        except Overtaken:
            raise
        except ArbError as error:
            card = refusal(error, language)
            outcome: Outcome = "refused" if isinstance(error, UserError) else "failed"
        except Exception:  # one command: whatever breaks here must not end the process
            reference = row_id()[-12:]
            _log.exception("command broke, reference %s", reference)
            card, outcome = refusal(ArbError(_BROKE, reference=reference), language), "failed"
        return Answer(await self._settle(entry, member, card, outcome), True, None, member, here, back)

    async def refuse(self, taken: Taken, error: UserError) -> Answer:
        """Answer an event with a refusal and do nothing of it."""
        card = refusal(error, _language(taken.member, taken.said, taken.manners))
        shows = await self._settle(taken.unread, taken.member, card, "refused")
        return Answer(shows, True, None, taken.member, taken.here, taken.back)

    async def _at_once(self, event: EventId, visitor: Visitor, said: Said) -> Answer | None:
        try:
            taken = await self.take(event, visitor, said)
        except (StorageBusy, UserError) as error:
            return Answer(self.refusal(error, visitor), error=True)
        return None if taken is None else await self.answer(taken)

    def refusal(self, error: ArbError, visitor: Visitor) -> Card:
        """Return an error as a card for somebody who could not be let in."""
        return refusal(error, Language(visitor.language or self._manners.language, self._manners.zone))

    async def _manners_in(self, stores: Stores) -> Manners:
        """Return what holds in a workspace where a member has chosen nothing."""
        return self._manners_by(await stores.workspaces.settings())

    def _manners_by(self, chosen: WorkspaceSettings) -> Manners:
        return Manners(chosen.language or self._manners.language, chosen.zone or self._manners.zone)

    async def _settle(
        self, entry: Entry, member: Member, shows: Card | Form, outcome: Outcome, place: Said | None = None
    ) -> Card | Form:
        """Note what was said, forget it, and bind buttons or draft; a private card's buttons are its reader's alone."""

        async def settle(stores: Stores) -> Card | Form:
            await stores.audit.add(entry, outcome)
            await stores.inbox.done(entry.event, self._owner)
            if isinstance(shows, Form):
                return await stores.actions.draft(shows, member.id, place)
            return await stores.actions.bind(shows, member.id if shows.private else None)

        return await self._house.db.at_once(member.workspace, settle, Urgency.ACK)


def _answer(reply: Reply, shows: Card | Form, answer: Answer) -> Answer:
    """Return the answer with what a reply brings along."""
    if isinstance(shows, Form):
        return answer
    return replace(answer, error=shows.tone is Tone.CRITICAL, follows=reply.follows, awaits=reply.awaits)


def _language(member: Member, said: Said, manners: Manners) -> Language:
    wanted = next((code for code in CODES if code == said.get("language")), None)
    return Language(wanted or member.language or manners.language, member.zone or manners.zone)


def _mapping(found: JsonValue) -> Said:
    return found if isinstance(found, dict) else {}
