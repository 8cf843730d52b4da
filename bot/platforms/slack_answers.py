"""Answers on Slack: seen by whoever caused them alone, where he is; else in his direct messages, by the outbox.

An answer to a command or a button goes where Slack said (five messages within half an hour), one to a line in a
channel beside that line. Pictures cannot be shown to one person in a channel: their words stand in for them there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from bot.app import App
from commands.event import Answer, Said, Taken
from model.card import Card
from model.delivery import Address, Payload, Platform
from model.errors import DeliveryError
from model.language import Language, Message
from storage.database import Urgency
from writers.direct import payloads_of
from writers.slack_api import SlackApi
from writers.slack_blocks import render
from writers.slack_pictures import without_pictures
from writers.slack_views import invited

_log = logging.getLogger(__name__)
_USES = 5  # messages that may go where Slack said: https://docs.slack.dev/interactivity/handling-user-interaction


class Answers:
    """Gives people their answers."""

    def __init__(self, app: App, api: SlackApi) -> None:
        self._app = app
        self._api = api

    async def give(self, taken: Taken, answer: Answer) -> None:
        """Give an answer to whoever said something, now or to a process that is no more. Raises StorageBusy.

        Where a question was written, its answer alone is said.
        """
        if answer.awaits is not None and not answer.error and not answer.back.get("url"):
            return
        shows = answer.shows
        card = shows if isinstance(shows, Card) else invited(shows, taken.language(answer.member))
        here = answer.here or taken.here
        if not answer.back.get("url") and (here.private or not card.private):
            await self._post(here, card, taken)
            return
        parts = render(card)
        if len(parts) > _USES or any("file" in part.body for part in parts):
            await self._post(here.own(taken.user), card, taken)
            parts = render(self._elsewhere(card))
        left = await self._privately(here, answer.back, taken.user, parts)
        if left:
            await self._put(here.own(taken.user), left, card, taken)

    async def show(self, here: Address, back: Said, user: str, card: Card) -> None:
        """Show a card that nothing was stored for."""
        left = await self._privately(here, back, user, render(card))
        if left:
            _log.warning("%s could not be told: %s", user, card.title)

    async def _privately(self, here: Address, back: Said, user: str, parts: Sequence[Payload]) -> Sequence[Payload]:
        """Show messages to one person where he is; return those that could not be."""
        for n, part in enumerate(parts):
            message = {"text": part.body["text"], "blocks": without_pictures(part)}
            try:
                if self._may_respond(back):
                    await self._respond(here, str(back["url"]), message)
                elif here.private:
                    return parts[n:]
                else:
                    await self._beside(here, user, message)
            except DeliveryError as error:
                _log.info("an answer goes into the direct messages of %s: %s", user, error)
                return parts[n:]
        return ()

    async def _respond(self, here: Address, url: str, message: Mapping[str, JsonValue]) -> None:
        where = {} if here.thread is None else {"thread_ts": here.thread}
        how = {"response_type": "ephemeral", "replace_original": False, "unfurl_links": False, "unfurl_media": False}
        await self._api.respond(url, {**message, **how, **where})

    async def _beside(self, here: Address, user: str, message: Mapping[str, JsonValue]) -> None:
        where = {"channel": here.target, "user": user} | ({} if here.thread is None else {"thread_ts": here.thread})
        await self._api.call(here.account, "chat.postEphemeral", {**message, **where}, writes=True)

    def _may_respond(self, back: Said) -> bool:
        until = back.get("until")
        return isinstance(until, str) and self._app.workshop.clock.now() < datetime.fromisoformat(until)

    def _elsewhere(self, card: Card) -> Card:
        """Return what is said where an answer is not."""
        title = Language(card.language).say(Message("The answer is in your direct messages."))
        return Card(title, (), card.language, private=True)

    async def _post(self, to: Address, card: Card, taken: Taken) -> None:
        await self._put(to, payloads_of(card, Platform.SLACK), card, taken)

    async def _put(self, to: Address, parts: Sequence[Payload], card: Card, taken: Taken) -> None:
        """Have messages sent by the outbox."""
        db, here = self._app.workshop.db, taken.member.workspace
        await db.at_once(here, lambda stores: stores.deliveries.put(to, parts, language=card.language), Urgency.ACK)
        self._app.loops.ring("outbox")
