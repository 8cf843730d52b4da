"""Discord as a platform: whatever people do there goes through the door, and is answered within Discord's times.

The event is stored before Discord is told anything. What is answered soon is the first response, a form above all: it
can be nothing else. What takes longer is announced in time and put in the announcement's place when it is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.app import App
from bot.platforms.discord_answers import Answers
from bot.platforms.discord_heard import Heard, Kind
from bot.platforms.discord_people import SERVER, People, Question
from bot.platforms.discord_rest import Replies
from bot.platforms.discord_tree import spoken_words
from bot.platforms.hands import Hands
from commands import COMMANDS
from commands.ask import NAME as ASK
from commands.command import Command
from commands.drafts import opened
from commands.event import Said, Visitor, below, line, press, submit, words
from commands.forms import option_of
from commands.names import matching, names
from model.delivery import Platform
from model.errors import ArbError, DeliveryError, StorageBroken, StorageBusy, UserError
from model.form import Form, Names
from model.language import Language
from model.member import Role
from writers.discord_forms import given, meant, modal, step_card, steps

_log = logging.getLogger(__name__)
_TYPING = 0.9  # seconds to complete what is being typed
_NAMES, _NAME = 25, 100  # names that are offered, and characters of each
_ID = "arb1:"  # what the ids of our buttons and forms begin with
_REPLIES = 1000  # answers on their way at once; what is done for them has fewer seats


class Front:
    """Answers what people do on Discord."""

    def __init__(self, app: App, replies: Replies, people: People, prefix: str = "") -> None:
        self._app = app
        self._replies = replies
        self._people = people
        self._prefix = prefix
        self.answers = Answers(app, replies)
        self._hearing = Hands(_REPLIES)
        self._working = Hands()

    def hear(self, heard: Heard) -> None:
        """Have something answered that came in."""
        self._hearing.begin(self._heard(heard))

    async def stop(self, grace: float) -> None:
        """Give what is under way so many seconds; what is not done stands in the inbox, for the next start."""
        await self._hearing.stop(grace)
        await self._working.stop(0)

    async def _heard(self, heard: Heard) -> None:
        try:
            await self._meant(heard)
        except DeliveryError as error:
            _log.warning("%s could not be answered: %s", heard.event, error)
        except (StorageBusy, StorageBroken, UserError) as error:
            await self._refuse(heard, error)

    async def _meant(self, heard: Heard) -> None:
        match heard.kind:
            case Kind.COMPLETION:
                await self._complete(heard)
            case Kind.COMMAND if heard.data.get("type", 1) != 1:
                await self._say(heard, words(ASK, {"below": str(heard.data.get("target_id", ""))}))
            case Kind.COMMAND:
                name, options = self._command(heard.data)
                await self._say(heard, words(name, spoken_words(options)))
            case Kind.COMPONENT | Kind.MODAL:
                await self._pressed(heard)
            case Kind.TEXT:
                await self._say(heard, below(line(heard.text or "/arb help"), heard.below))

    def _command(self, data: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]]:
        """Return the name of a command and the options given to it."""
        verb = next(iter(data.get("options", ())), {"name": ""})
        group = str(data.get("name", "")).removeprefix(self._prefix)
        return f"{group} {verb['name']}".strip(), list(verb.get("options", ()))

    async def _pressed(self, heard: Heard) -> None:
        """Take a button, or one step of a form."""
        id = str(heard.data.get("custom_id", "")).removeprefix(_ID)
        if id.startswith(SERVER):
            account, _, text = id.removeprefix(SERVER).partition("/")
            chosen = await self._people.choose(heard, account)
            await self._say(heard, line(text or "/arb help"), await self._people.visitor(heard, account))
            if not chosen:  # by now he is known there
                await self._people.choose(heard, account)
            return
        draft, step, whole = meant(id)
        visitor = await self._people.presser(heard, draft)
        if heard.kind is Kind.MODAL:
            await self._filled_in(heard, visitor, draft, step or 0)
        elif step is not None:
            form = await self._form(visitor, draft)
            await self._replies.open(heard, modal(form, min(step, len(steps(form)) - 1), self._language(heard)))
        else:
            await self._say(heard, submit(draft, {}) if whole else press(draft), visitor)

    async def _filled_in(self, heard: Heard, visitor: Visitor, draft: str, step: int) -> None:
        """Keep one step of a form, or submit the last one."""
        values = given(heard.data.get("components", ()))
        form = await self._form(visitor, draft)
        if step + 1 >= len(steps(form)):
            await self._say(heard, submit(draft, values), visitor)
            return
        kept = await self._form(visitor, draft, values)
        if form.lacks and not kept.lacks:  # what it said is no longer so
            kept = replace(kept, problem="")
        await self.answers.show(heard, step_card(kept, step + 1, self._language(heard)))

    async def _form(self, visitor: Visitor, draft: str, values: Mapping[str, str] | None = None) -> Form:
        return (await opened(self._app.workshop.db, visitor.here, visitor.user, draft, values)).form

    async def _say(self, heard: Heard, said: Said, visitor: Visitor | None = None) -> None:
        """Store what was said, have it done, and answer."""
        if visitor is None:
            place = await self._people.place(heard, _typed(said))
            if isinstance(place, Question):
                await self.answers.show(heard, place.card)
                return
            visitor = place
        taken = await self._app.door.take(heard.event, visitor, said, heard.back)
        if taken is None:
            return  # it was said before: whoever heard it first answers
        work = self._working.begin(self._app.door.answer(taken))
        await self.answers.give(heard, work, taken)
        self._app.loops.ring("runs", "questions", "outbox")

    async def _refuse(self, heard: Heard, error: ArbError) -> None:
        """Tell somebody why nothing was done; nothing was stored."""
        if heard.kind is Kind.COMPLETION:
            return
        visitor = heard.visitor(heard.guild or "", heard.standing)
        try:
            await self.answers.show(heard, self._app.door.refusal(error, visitor))
        except DeliveryError as trouble:
            _log.warning("%s could not be answered: %s", heard.event, trouble)

    async def _complete(self, heard: Heard) -> None:
        """Offer stored names for what is being typed, to whoever is somebody here."""
        found: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(_TYPING):
                found = await self._names(heard)
        except (TimeoutError, StorageBusy, StorageBroken) as error:
            _log.info("nothing was offered to %s: %s", heard.user, error)
        await self._replies.complete(heard, found)

    async def _names(self, heard: Heard) -> tuple[str, ...]:
        name, options = self._command(heard.data)
        command = next((one for one in COMMANDS if one.name == name), None)
        typed = next((one for one in options if one.get("focused")), None)
        wanted = None if command is None or typed is None else _completes(command, str(typed["name"]))
        account = heard.guild or await self._people.account(heard)
        db = self._app.workshop.db
        workspace = None if account is None else await db.entrances.workspace(Platform.DISCORD, account)
        if typed is None or wanted is None or workspace is None:
            return ()
        async with db.read(workspace) as stores:
            member = await stores.members.identified(Platform.DISCORD, heard.user)
            if member is None or member.role < Role.VIEWER:
                return ()
            known = [one for one in await names(stores, wanted, member) if 0 < len(one) <= _NAME]
        return matching(known, str(typed.get("value", "")), _NAMES)

    def _language(self, heard: Heard) -> Language:
        settings = self._app.settings
        return Language(heard.locale or settings.language, settings.time_zone)


def _completes(command: Command[Any], argument: str) -> Names | None:
    """Return what completes an argument."""
    field = command.arguments.model_fields.get(argument)
    return None if field is None else option_of(field).names


def _typed(said: Said) -> str:
    """Return what was said as one line; empty where it cannot be one."""
    given = said.get("words")
    if not isinstance(given, dict):
        return str(said.get("line", ""))
    if said.get("secret") or any('"' in str(value) for value in given.values()):
        return ""
    return " ".join((f"/{said['command']}", *(f'{name}="{value}"' for name, value in given.items())))
