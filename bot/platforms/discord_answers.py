"""Answers on Discord: the first response where they come soon, in the place of an announcement, or in private.

Whatever is answered to an interaction is seen by whoever caused it alone, for as long as its token lives; after that
it goes into his direct messages, through the outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.app import App
from bot.platforms.discord_heard import TOKEN_LIFETIME, Heard, Kind, made_at
from bot.platforms.discord_rest import Letter, Replies
from commands.event import Answer, Taken
from model.card import Card
from model.delivery import Address, Platform
from model.errors import DeliveryError
from model.form import Form
from model.language import Language, Message
from storage.database import Urgency
from writers.direct import payloads_of
from writers.discord_components import render
from writers.discord_forms import first_wrong, modal, step_card
from writers.discord_rest import Upload

_log = logging.getLogger(__name__)
_SOON = 0.8  # seconds in which an answer may be the first response; Discord waits for three


class Answers:
    """Gives people their answers."""

    def __init__(self, app: App, replies: Replies) -> None:
        self._app = app
        self._replies = replies

    async def give(self, heard: Heard, work: asyncio.Task[Answer], taken: Taken) -> None:
        """Answer as soon as it is known what; announce it where that takes longer."""
        if heard.kind is Kind.TEXT:
            await self._below(heard, await work, taken)
            return
        await asyncio.wait({work}, timeout=_SOON)
        if work.done() and not work.cancelled():
            await self._at_once(heard, work.result(), taken)
            return
        try:
            await self._replies.wait(heard)
        except DeliveryError as error:
            _log.warning("interaction %s could not be announced: %s", heard.id, error)
        await self.tell(taken, await work)

    async def tell(self, taken: Taken, answer: Answer) -> None:
        """Give an answer where it was announced; where that cannot be any more, in direct messages."""
        card, back = self._card(answer), taken.back
        token = str(back.get("token") or "")
        if token and self._app.workshop.clock.now() < made_at(str(back["id"])) + TOKEN_LIFETIME:
            try:
                await self._put(str(back["application"]), token, await self._letters(card, taken))
            except DeliveryError as error:
                _log.info("event %s was not announced: %s", taken.event, error)
            else:
                return
        await self._alone(card, taken)

    async def show(self, heard: Heard, card: Card) -> None:
        """Show a card that nothing was stored for: a question, a refusal, the next step of a form."""
        letters = [Letter(payload.body) for payload in render(card)]
        if heard.kind is Kind.TEXT:
            await self._replies.reply(heard, letters[0])
        else:
            await self._respond(heard, letters)

    async def _at_once(self, heard: Heard, answer: Answer, taken: Taken) -> None:
        """Give an answer as the first response; files may take longer than Discord waits for that."""
        try:
            if isinstance(answer.shows, Form) and heard.kind is not Kind.MODAL:
                await self._replies.open(heard, modal(answer.shows, first_wrong(answer.shows), self._language(answer)))
                return
            letters = await self._letters(self._card(answer), taken)
            if any(letter.files for letter in letters):
                await self._replies.wait(heard)
                await self._put(heard.application, heard.token, letters)
            else:
                await self._respond(heard, letters)
        except DeliveryError as error:
            _log.warning("interaction %s could not be answered: %s", heard.id, error)
            await self._alone(self._card(answer), taken)

    async def _below(self, heard: Heard, answer: Answer, taken: Taken) -> None:
        """Answer a message where it stands; what is for one person alone goes into his direct messages."""
        if answer.awaits is not None and not answer.error:
            return  # the answer alone is said
        card = self._card(answer)
        elsewhere = card.private and not taken.here.private
        if elsewhere:
            await self._alone(card, taken)
            title = self._language(answer).say(Message("The answer is in your direct messages."))
            card = Card(title, (), card.language)
        try:
            for part, letter in enumerate(await self._letters(card, taken)):
                await self._replies.reply(heard, letter, part)
        except DeliveryError as error:
            _log.warning("message %s could not be answered: %s", heard.id, error)
            if not elsewhere:
                await self._alone(card, taken)

    async def _respond(self, heard: Heard, letters: Sequence[Letter]) -> None:
        await self._replies.respond(heard, letters[0])
        for letter in letters[1:]:
            await self._replies.follow(heard.application, heard.token, letter)

    async def _put(self, application: str, token: str, letters: Sequence[Letter]) -> None:
        await self._replies.edit(application, token, letters[0])
        for letter in letters[1:]:
            await self._replies.follow(application, token, letter)

    async def _alone(self, card: Card, taken: Taken) -> None:
        """Have a card sent to whoever said something, in his direct messages."""
        to: Address = taken.here.own(taken.user)
        async with self._app.workshop.db.write(taken.member.workspace, Urgency.ACK) as stores:
            await stores.deliveries.put(to, payloads_of(card, Platform.DISCORD), language=card.language)
        self._app.loops.ring("outbox")

    def _card(self, answer: Answer) -> Card:
        """Return what is shown; a form as the message whose button opens it."""
        shows = answer.shows
        return shows if isinstance(shows, Card) else step_card(shows, first_wrong(shows), self._language(answer))

    async def _letters(self, card: Card, taken: Taken) -> Sequence[Letter]:
        letters = []
        async with self._app.workshop.db.read(taken.member.workspace) as stores:
            for payload in render(card):
                files = [
                    Upload(one.name, one.media_type, await stores.blobs.of(one.blob)) for one in payload.attachments
                ]
                named = [{"id": str(n), "filename": file.name} for n, file in enumerate(files)]
                letters.append(Letter({**payload.body, "attachments": named} if named else payload.body, files))
        return letters

    def _language(self, answer: Answer) -> Language:
        settings = self._app.settings
        chosen = None if answer.member is None else answer.member.language
        return Language(chosen or settings.language, settings.time_zone)
