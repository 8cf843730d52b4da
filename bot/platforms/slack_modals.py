"""Forms on Slack: a modal that something said opens, what is handed in, and what a select offers.

What was said is answered long before its trigger ends, as a rule, and the form is the first that is shown. Where it
takes longer and a form is sure to follow, a modal that says so is opened while it can be, and the form takes its place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from bot.app import App
from bot.platforms.hands import Hands
from bot.platforms.slack_heard import Heard, at
from commands import COMMANDS
from commands.dispatch import lacks, meaning
from commands.drafts import Draft, offers, opened
from commands.event import Answer, Taken, submit
from model.clock import Clock
from model.errors import DeliveryError, StorageBroken, StorageBusy, UserError
from model.form import Form
from model.language import Language
from writers import slack_views
from writers.slack_api import SlackApi
from writers.slack_inputs import OPTIONS
from writers.slack_text import Json

_log = logging.getLogger(__name__)
_TRIGGER = 2.5  # seconds in which a modal may be opened: Slack gives three, and some pass on the way
_SOON = 0.4  # seconds for which an answer is waited for before a modal says that it will come
_PATIENCE = 1.5  # seconds for which Slack waits for what is told of something handed in; it gives three
_SETTLED = 0.5  # seconds until the modal that Slack was told to show is there, and can be replaced
_TYPING = 1.5  # seconds to offer something for what is being typed

Ack = Mapping[str, JsonValue] | None  # what Slack is told at once; None: only that it has arrived
Done = Callable[[Taken], Coroutine[Any, Any, Answer]]  # does what was said
Give = Callable[[Taken, Answer], Coroutine[Any, Any, None]]  # tells of it


class Window:
    """The one modal that a trigger opens; what is shown later takes the place of what is there."""

    def __init__(self, api: SlackApi, clock: Clock, account: str, trigger: str) -> None:
        self._api, self._clock = api, clock
        self._account, self._trigger = account, trigger
        self._until = clock.monotonic() + _TRIGGER
        self._there: tuple[str, str] | None = None  # its id and its hash

    @property
    def is_open(self) -> bool:
        """Whether something stands in it."""
        return self._there is not None

    async def show(self, view: Json) -> bool:
        """Show a modal; False where that cannot be any more."""
        if self._there is None and self._clock.monotonic() > self._until:
            return False
        try:
            if self._there is None:
                told = {"trigger_id": self._trigger, "view": view}
                answer = await self._api.call(self._account, "views.open", told, writes=True)
            else:
                id, hash_ = self._there
                told = {"view_id": id, "hash": hash_, "view": view}
                answer = await self._api.call(self._account, "views.update", told, writes=True)
        except DeliveryError as error:
            _log.info("no modal is shown: %s", error)
            return False
        self._there = at(answer.data, "view", "id"), at(answer.data, "view", "hash")
        return True


class Modals:
    """The forms of the people on Slack."""

    def __init__(self, app: App, api: SlackApi, hands: Hands, done: Done, give: Give) -> None:
        self._app = app
        self._api = api
        self._hands = hands
        self._done = done
        self._give = give

    def window(self, heard: Heard) -> Window | None:
        """Return the modal that something said may open, if any."""
        clock = self._app.workshop.clock
        return Window(self._api, clock, heard.account, heard.trigger) if heard.trigger else None

    async def answer(self, work: Coroutine[Any, Any, Answer], taken: Taken, window: Window) -> Answer | None:
        """Wait for the answer to what was said; None where it is a form, and is shown. Raises what `work` does."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task}, timeout=_SOON)
            if not task.done():
                await self._announce(taken, window)
            answer = await task
        finally:
            task.cancel()
        language = taken.language(answer.member)
        if isinstance(answer.shows, Form):
            form = replace(answer.shows, problem="")  # what is needed is marked as such, and nothing is wrong yet
            return None if await window.show(_first(form, language)) else answer
        if window.is_open:
            await window.show(slack_views.over(answer.shows.title, "arb", language))
        return answer

    async def reopen(self, heard: Heard, draft: str, window: Window) -> None:
        """Open a form as its draft stands. Raises UserError, StorageBusy."""
        found = await self._draft(heard, draft)
        await window.show(_first(found.form, self._language(found)))

    async def handed_in(self, heard: Heard, *, at_once: bool) -> Ack:
        """Take what was filled in; return what Slack shows then: what is wrong, the next step, or nothing more.

        `at_once`: else it is only stored, for the next start to do.
        """
        try:
            return await self._handed_in(heard, _view_of(heard), at_once)
        except (StorageBusy, StorageBroken, UserError) as error:  # nothing was taken
            return _update(slack_views.told(self._app.door.refusal(error, heard.visitor)))

    async def offer(self, heard: Heard) -> Ack:
        """Return what a select offers for what is being typed into it; nothing where that takes too long."""
        options: list[JsonValue] = []
        meant = slack_views.meant(_view_of(heard))
        typed, field = at(heard.data, "value"), at(heard.data, "block_id")
        try:
            async with asyncio.timeout(_TYPING):
                if meant is not None:
                    db = self._app.workshop.db
                    found, free = await offers(db, heard.here, heard.user, meant[0], field, typed, OPTIONS)
                    options += slack_views.offered(found, typed, free=free)
        except (TimeoutError, StorageBusy, StorageBroken, UserError) as error:
            _log.info("nothing was offered to %s: %s", heard.user, error)
        return {"options": options}

    async def _announce(self, taken: Taken, window: Window) -> None:
        """Say that a form will come, where it is sure to."""
        try:
            async with self._app.workshop.db.read(taken.member.workspace) as stores:
                spoken = await meaning(taken.said, taken.member, stores, COMMANDS)
        except (StorageBusy, StorageBroken, UserError):
            return
        if lacks(spoken):
            language = taken.language(None)
            await window.show(slack_views.waiting(language.say(spoken.command.help), spoken.command.name, language))

    async def _handed_in(self, heard: Heard, view: Mapping[str, Any], at_once: bool) -> Ack:
        meant = slack_views.meant(view)
        if meant is None:
            return None
        draft, step = meant
        values = slack_views.given(view)
        found = await self._draft(heard, draft)
        language = self._language(found)
        if step + 1 < len(slack_views.steps(found.form)):
            kept = await self._draft(heard, draft, values)
            return _update(slack_views.modal(kept.form, step + 1, language))
        taken = await self._app.door.take(heard.event, heard.visitor, submit(draft, values), {})
        if taken is None or not at_once:
            return None  # whoever heard it first answers, or the next start
        work = self._hands.begin(self._done(taken))
        await asyncio.wait({work}, timeout=_PATIENCE)
        if not work.done():
            self._hands.begin(self._replace(taken, work, at(view, "id"), language))
            return _update(slack_views.waiting(found.form.title, found.form.submit.command, language))
        return None if work.cancelled() else self._at_once(taken, work.result(), values, language)

    def _at_once(self, taken: Taken, answer: Answer, values: Mapping[str, str], language: Language) -> Ack:
        """Return what Slack shows of an answer: what is wrong at its fields, or the form anew; else it closes it."""
        if isinstance(answer.shows, Form):
            wrong = slack_views.errors(answer.shows, values)
            told: Mapping[str, JsonValue] = {"response_action": "errors", "errors": dict(wrong)}
            return told if wrong else _update(_first(answer.shows, language))
        self._hands.begin(self._give(taken, answer))
        return {"response_action": "clear"}

    async def _replace(self, taken: Taken, work: asyncio.Task[Answer], view: str, language: Language) -> None:
        """Show what became of what was handed in, once it is known; where nobody looks any more, in an answer."""
        answer = await work
        shows = answer.shows
        shown = _first(shows, language) if isinstance(shows, Form) else slack_views.over(shows.title, "arb", language)
        await asyncio.sleep(_SETTLED)
        is_shown = True
        try:
            told = {"view_id": view, "view": shown}
            await self._api.call(taken.here.account, "views.update", told, writes=True)
        except DeliveryError as error:
            _log.info("a modal is no more: %s", error)
            is_shown = False
        if not (is_shown and isinstance(shows, Form)):
            await self._give(taken, answer)

    async def _draft(self, heard: Heard, draft: str, values: Mapping[str, str] | None = None) -> Draft:
        return await opened(self._app.workshop.db, heard.here, heard.user, draft, values)

    def _language(self, draft: Draft) -> Language:
        settings = self._app.settings
        return Language(draft.language or settings.language, draft.zone or settings.time_zone)


def _first(form: Form, language: Language) -> Json:
    return slack_views.modal(form, slack_views.first_wrong(form), language)


def _update(view: Json) -> Mapping[str, JsonValue]:
    return {"response_action": "update", "view": view}


def _view_of(heard: Heard) -> Mapping[str, Any]:
    view = heard.data.get("view")
    return view if isinstance(view, Mapping) else {}
