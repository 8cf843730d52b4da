"""Slack as a platform: whatever people do there goes through the door, and is answered once Slack knows it arrived.

verify → take (a sealed row, known by Slack's own id) → tell Slack → ask who it is → do it → answer. Slack waits for
three seconds at most: nothing but the row comes before its answer.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from analyzers.questions import is_meant
from bot.app import App
from bot.platforms import slack_home
from bot.platforms.hands import Hands
from bot.platforms.slack_answers import Answers
from bot.platforms.slack_heard import Heard, Kind, at
from bot.platforms.slack_home import Home
from bot.platforms.slack_modals import Ack, Modals, Window
from bot.platforms.slack_people import People
from bot.platforms.slack_teams import Teams
from commands import COMMANDS
from commands.ask import NAME as ASK
from commands.command import is_said
from commands.event import Answer, Said, Taken, below, line, press, words
from model.delivery import Platform
from model.errors import ArbError, StorageBroken, StorageBusy, UserError
from model.language import Message
from writers.slack_api import SlackApi
from writers.slack_views import draft_of

_log = logging.getLogger(__name__)
_UNKNOWN = UserError(
    "Slack does not say just now who you are.", hint=Message("Nothing was done. Say it again in a moment.")
)


class Front:
    """Answers what people do on Slack."""

    def __init__(self, app: App, api: SlackApi, prefix: str = "") -> None:
        self._app = app
        self._prefix = prefix
        self.people = People(app.workshop.db, api, app.workshop.clock)
        self._teams = Teams(app, api)
        self.answers = Answers(app, api)
        self._working = Hands()
        self._modals = Modals(app, api, self._working, self._done, self._give)
        self._home = Home(api)
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

    async def finish(self, taken: Taken, window: Window | None = None) -> None:
        """Do what somebody said, and tell him; also where it was said to a process that is no more."""
        try:
            work = self._done(taken)
            answer = await (work if window is None else self._modals.answer(work, taken, window))
            if answer is not None:
                await self._give(taken, answer)
        except (StorageBusy, StorageBroken) as error:  # it stays in the inbox: a start takes it up
            _log.warning("%s is not answered: %s", taken.event, error)

    async def stop(self, grace: float) -> None:
        """Give what is under way so many seconds; what is not done stands in the inbox, for the next start."""
        self._over = True
        await self._working.stop(grace)

    async def _done(self, taken: Taken) -> Answer:
        """Do what was said; somebody whom Slack does not tell us of may do nothing."""
        door = self._app.door
        known = await self.people.introduce(taken)
        answer = await (door.answer(taken) if known else door.refuse(taken, _UNKNOWN))
        self._app.loops.ring("runs", "questions", "outbox")
        return answer

    async def _give(self, taken: Taken, answer: Answer) -> None:
        """Tell somebody what became of what he said, where that belongs."""
        if await self._home.shows(taken, answer):
            return
        await self.answers.give(taken, answer)
        again = slack_home.anew(taken, answer)
        if again is not None:
            with suppress(StorageBusy, StorageBroken, UserError):  # then it is not anew
                await self._taken(again)

    async def _taken(self, heard: Heard) -> Ack:
        match heard.kind:
            case Kind.COMMAND:
                await self._say(heard, line(f"/{heard.text.removeprefix('/').removeprefix(self._prefix)}"))
            case Kind.TEXT if not heard.overheard or is_said(heard.text, COMMANDS) or _wonders(heard.text):
                await self._say(heard, below(line(heard.text or "/arb help"), heard.thread))
            case Kind.PRESS:
                await self._pressed(heard)
            case Kind.SUBMISSION:
                return await self._modals.handed_in(heard, at_once=not self._over)
            case Kind.SUGGESTION:
                return await self._modals.offer(heard)
            case Kind.SHORTCUT:
                await self._say(heard, words(ASK, {"below": at(heard.data, "message", "ts")}))
            case Kind.HOME if slack_home.is_opened(heard):
                await self._say(heard, slack_home.SAID, slack_home.SHOWN)
            case Kind.GONE:
                self._working.begin(self._teams.gone(heard))
            case Kind.CHANGED:
                await self._changed(heard)
        return None

    async def _changed(self, heard: Heard) -> None:
        """Note that somebody is not what he was; he is asked about once Slack knows that this has arrived."""
        self.people.forget(heard.account, heard.user)
        if await self._app.workshop.db.standings.doubt(Platform.SLACK, heard.account, heard.user):
            self._app.loops.ring("standings")

    async def _pressed(self, heard: Heard) -> None:
        draft, window = draft_of(heard.text), self._modals.window(heard)
        if draft and window is not None:
            self._working.begin(self._reopen(heard, draft, window))
        else:
            await self._say(heard, press(heard.text), slack_home.way_back(heard))

    async def _reopen(self, heard: Heard, draft: str, window: Window) -> None:
        try:
            await self._modals.reopen(heard, draft, window)
        except (StorageBusy, StorageBroken, UserError) as error:
            self._refuse(heard, error)

    async def _say(self, heard: Heard, said: Said, back: Said | None = None) -> None:
        """Store what was said, and have it done and answered; `back`: where, besides what Slack says."""
        # Never empty: a form remembers where it was asked for by it, and a line has no other.
        way: Said = {"by": heard.kind.value, **heard.back(self._app.workshop.clock.now()), **(back or {})}
        taken = await self._app.door.take(heard.event, heard.visitor, said, way)
        if taken is not None and not self._over:  # else whoever heard it first answers, or the next start
            self._working.begin(self.finish(taken, self._modals.window(heard)))

    def _refuse(self, heard: Heard, error: ArbError) -> None:
        """Tell somebody why nothing was done; nothing was stored."""
        card, back = self._app.door.refusal(error, heard.visitor), heard.back(self._app.workshop.clock.now())
        self._working.begin(self.answers.show(heard.here, back, heard.user, card))


def _wonders(text: str) -> bool:
    """Tell whether a line that is said below a report, to nobody in particular, is a question that it may answer."""
    return text.rstrip().endswith(("?", "？")) and is_meant(text)
