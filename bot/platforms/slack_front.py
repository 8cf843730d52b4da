"""Slack as a platform: whatever people do there goes through the door, and is answered once Slack knows it arrived.

verify → take (a sealed row, known by Slack's own id) → tell Slack → ask who it is → do it → answer. Slack waits for
three seconds at most: nothing but the row comes before its answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pydantic import JsonValue

from bot.app import App
from bot.platforms.hands import Hands
from bot.platforms.slack_answers import Answers
from bot.platforms.slack_heard import ACTION, Heard, Kind, at
from bot.platforms.slack_people import People
from commands import COMMANDS
from commands.command import is_said
from commands.event import Said, Taken, line, press
from model.errors import ArbError, StorageBroken, StorageBusy, UserError
from model.language import Message
from writers.slack_api import SlackApi

_log = logging.getLogger(__name__)
_UNKNOWN = UserError(
    "Slack does not say just now who you are.", hint=Message("Nothing was done. Say it again in a moment.")
)

Ack = Mapping[str, JsonValue] | None  # what Slack is told at once; None: only that it has arrived


class Front:
    """Answers what people do on Slack."""

    def __init__(self, app: App, api: SlackApi, prefix: str = "") -> None:
        self._app = app
        self._prefix = prefix
        self._people = People(app.workshop.db, api, app.workshop.clock)
        self.answers = Answers(app, api)
        self._working = Hands()
        self._over = False

    async def hear(self, heard: Heard) -> Ack:
        """Take what came in and have it answered; return what Slack is told at once.

        Raises:
            StorageBusy, StorageBroken: an event is not stored; Slack is to say it again.
        """
        try:
            return await self._taken(heard)
        except (StorageBusy, StorageBroken) as error:
            if heard.is_event:
                raise
            self._refuse(heard, error)
        except UserError as error:
            self._refuse(heard, error)
        return None

    async def finish(self, taken: Taken) -> None:
        """Do what somebody said, and tell him; also where it was said to a process that is no more."""
        door = self._app.door
        try:
            known = await self._people.introduce(taken)
            answer = await (door.answer(taken) if known else door.refuse(taken, _UNKNOWN))
            await self.answers.give(taken, answer)
        except (StorageBusy, StorageBroken) as error:  # it stays in the inbox: a start takes it up
            _log.warning("%s is not answered: %s", taken.event, error)
        self._app.loops.ring("runs", "outbox")

    async def stop(self, grace: float) -> None:
        """Give what is under way so many seconds; what is not done stands in the inbox, for the next start."""
        self._over = True
        await self._working.stop(grace)

    async def _taken(self, heard: Heard) -> Ack:
        match heard.kind:
            case Kind.COMMAND:
                await self._say(heard, line(f"/{heard.text.removeprefix('/').removeprefix(self._prefix)}"))
            case Kind.TEXT if not heard.overheard or is_said(heard.text, COMMANDS):
                await self._say(heard, line(heard.text or "/arb help"))
            case Kind.PRESS:
                await self._pressed(heard)
            case Kind.CHANGED:
                self._people.forget(heard.account, heard.user)
        return None

    async def _pressed(self, heard: Heard) -> None:
        pressed = heard.data.get("actions")
        id = at(pressed[0], "action_id") if isinstance(pressed, list) and pressed else ""
        if id.startswith(ACTION):
            await self._say(heard, press(id.removeprefix(ACTION)))

    async def _say(self, heard: Heard, said: Said) -> None:
        """Store what was said, and have it done and answered."""
        back = heard.back(self._app.workshop.clock.now())
        taken = await self._app.door.take(heard.event, heard.visitor, said, back)
        if taken is not None and not self._over:  # else whoever heard it first answers, or the next start
            self._working.begin(self.finish(taken))

    def _refuse(self, heard: Heard, error: ArbError) -> None:
        """Tell somebody why nothing was done; nothing was stored."""
        card, back = self._app.door.refusal(error, heard.visitor), heard.back(self._app.workshop.clock.now())
        self._working.begin(self.answers.show(heard.here, back, heard.user, card))
