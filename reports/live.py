"""How far a run is, in words; where it was asked for in a chat, in one message whose place the report takes."""

from __future__ import annotations

from collections.abc import Callable

from model.card import Action, Card, Text, text_line
from model.clock import Clock
from model.errors import TemplateError, UnknownName
from model.language import Language, Message
from model.report import STEPS, Run, RunState
from reports.posting import language_of, live_places, shown_live
from reports.templates import lookup
from storage.progress import Progress
from storage.stores import Stores
from writers.direct import payloads_of

_FIRST = 2.0  # seconds of work after which it is shown: of a shorter run people see the report only
_EVERY = 3.0  # seconds between two changes of a message: Slack and Discord count them
_DOES = {
    "collect": Message("Reading sources"),
    "measure": Message("Working out the figures"),
    "narrate": Message("Putting them into words"),
    "write": Message("Writing the report"),
    "enqueue": Message("Handing it to the outbox"),
}


class Live:
    """The message of a run that shows how far it is, for one execution of it."""

    def __init__(self, run: Run, clock: Clock, ring: Callable[[], None] = lambda: None) -> None:
        self._run, self._clock, self._ring = run, clock, ring
        self._last: Progress | None = None
        self._next = clock.monotonic() + _FIRST if live_places(run) else None
        self._bound: tuple[Action, ...] = ()  # its button, which stays the same

    def is_due(self, now: Progress) -> bool:
        """Tell whether somebody is to be shown that the run is so far."""
        return self._next is not None and now != self._last and self._clock.monotonic() >= self._next

    async def show(self, stores: Stores, now: Progress) -> None:
        """Show how far the run is; part of the open transaction, which holds its row."""
        language = language_of(self._run)
        title = await _title(stores, self._run, language)
        there = await shown_live(stores, self._run)
        actions = self._bound if self._last is not None else await self._bind(stores, language)
        for to in live_places(self._run):
            text = Text((text_line(language.say(_words(now))),))
            card = Card(title, (text,), language.code, actions, private=to.private, run=self._run.name)
            payloads = payloads_of(card, to.platform)
            if to in there:
                await stores.deliveries.revise(there[to], payloads)
            else:
                await stores.deliveries.put(to, payloads, run=self._run.id, language=card.language)

    async def _bind(self, stores: Stores, language: Language) -> tuple[Action, ...]:
        """Return a button for whoever reads it: the command looks at what the presser may do."""
        cancel = Action(language.say(Message("Cancel")), "report cancel", {"run": self._run.name}, once=True)
        card = await stores.actions.bind(Card("", (), language.code, (cancel,)), None)
        self._bound = card.actions
        return card.actions

    def shown(self, now: Progress) -> None:
        """Note that it is written: it can be sent."""
        self._last, self._next = now, self._clock.monotonic() + _EVERY
        self._ring()


async def how_far(stores: Stores, run: Run) -> Message:
    """Return what a run that is not over does now: what was written of it, else the step after those that are done."""
    if run.state is RunState.WAITING:
        return Message("It waits for its turn.")
    done = {step for step, _, _ in await stores.runs.steps(run.id)}
    noted = await stores.progress.of(run.id)
    if noted is None or noted.step in done:  # of somebody who had the run before, or of a step that is over by now
        noted = Progress(next((step for step in STEPS if step not in done), STEPS[-1]))
    return _words(noted)


def _words(progress: Progress) -> Message:
    if progress.step == "collect" and progress.of:
        return Message("Reading sources: {done} of {of}", {"done": progress.done, "of": progress.of})
    return _DOES[progress.step]


async def _title(stores: Stores, run: Run, language: Language) -> str:
    try:
        if run.report is None:
            report = (await lookup(stores, run.template)).title.in_(language.code)
        else:
            report = (await stores.reports.of(run.report)).name
    except (UnknownName, TemplateError):  # it was removed meanwhile
        report = run.template
    days = run.window.spoken(language)
    return language.say(Message("Run {name}: {report}, {days}", {"name": run.name, "report": report, "days": days}))
