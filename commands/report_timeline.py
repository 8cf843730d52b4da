"""/report timeline: where a run's time went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Context, Reply
from commands.report_cards import state_word
from model.card import Action, Block, Fields, Heading, text_line
from model.delivery import Delivery, DeliveryState, Platform
from model.form import Option
from model.language import Language, Message
from model.report import Run

_WORDS = {
    "collect": Message("Collect"),
    "measure": Message("Measure"),
    "narrate": Message("Put into words"),
    "write": Message("Write"),
    "enqueue": Message("Hand to the outbox"),
}
_PLACES = {
    Platform.TERMINAL: Message("Terminal"),
    Platform.WEBHOOK: Message("Webhook"),
    Platform.FILE: Message("Folder"),
    Platform.SLACK: Message("Slack"),
    Platform.DISCORD: Message("Discord"),
}
_STATES = {
    DeliveryState.WAITING: Message("waiting"),
    DeliveryState.SENDING: Message("being sent"),
    DeliveryState.SENT: Message("sent"),
    DeliveryState.REFUSED: Message("refused"),
    DeliveryState.UNKNOWN: Message("may have arrived"),
}


class Timeline(Arguments):
    """A run."""

    run: Annotated[str, Option(Message("Run"), names="run", positional=True)] = "last"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step that is done: when it ended and what it took."""

    name: str
    ended: datetime
    seconds: float

    @property
    def began(self) -> datetime:
        """Return when it began."""
        return self.ended - timedelta(seconds=self.seconds)


async def timeline(ctx: Context, args: Timeline) -> Reply:
    """Show a run's steps with their seconds, the slowest, and how long it waited."""
    async with ctx.read() as stores:
        run = await stores.runs.named(args.run, ctx.member)
        steps = [Stretch(*row) for row in await stores.runs.steps(run.id)]
        sent = [one for one in await stores.deliveries.of_run(run.id) if one.root is None]
    language = ctx.language
    blocks: list[Block] = [_summary(language, run, steps, ctx.house.clock.now())]
    if steps:
        blocks += [_table(language, steps), paragraphs(language.say(_slowest(steps, language)))]
    if sent:
        blocks += [Heading(ctx.say("Messages")), _messages(language, sent)]
    title = ctx.say("Timeline of run {name}", name=run.name)
    actions = [Action(ctx.say("Show {name}", name=run.name), "report show", {"run": run.name})]
    return Reply(card(language, title, blocks, actions, run=run.name))


def _summary(language: Language, run: Run, steps: Sequence[Stretch], now: datetime) -> Fields:
    say = language.say
    worked = sum(step.seconds for step in steps)
    took = max(worked, ((run.finished or now) - run.created).total_seconds())
    rows = [
        (say(Message("State")), state_word(run, language)),
        (say(Message("Asked for")), language.instant(run.created)),
        (say(Message("Until its end") if run.finished else Message("Until now")), _seconds(took, language)),
        (say(Message("At work")), _seconds(worked, language)),
        (say(Message("Waited, or began anew")), _seconds(took - worked, language)),
    ]
    return Fields(tuple((name, text_line(value)) for name, value in rows))


def _table(language: Language, steps: Sequence[Stretch]) -> Block:
    say, worked = language.say, sum(step.seconds for step in steps)
    head = (say(Message("Step")), say(Message("Began")), say(Message("Took")), say(Message("Of the work")))
    rows = [
        (
            step_word(step.name, language),
            f"{step.began.astimezone(language.zone):%H:%M:%S}",
            _seconds(step.seconds, language),
            f"{step.seconds / worked:.0%}" if worked else "",
        )
        for step in steps
    ]
    return table(head, rows, {2, 3})


def _messages(language: Language, sent: Sequence[Delivery]) -> Block:
    say = language.say
    head = (say(Message("Place")), say(Message("State")), say(Message("At")), say(Message("Tries")))
    rows = [
        (
            say(_PLACES[one.to.platform]),
            say(_STATES[one.state]),
            "" if one.receipt is None else f"{one.receipt.at.astimezone(language.zone):%H:%M:%S}",
            str(one.attempts),
        )
        for one in sent
    ]
    return table(head, rows, {3})


def _slowest(steps: Sequence[Stretch], language: Language) -> Message:
    slowest = max(steps, key=lambda step: step.seconds)
    values = {"step": step_word(slowest.name, language), "seconds": _seconds(slowest.seconds, language)}
    return Message("The slowest step: {step}, {seconds}.", values)


def step_word(name: str, language: Language) -> str:
    """Return a step's name for people."""
    return language.say(_WORDS[name]) if name in _WORDS else name


def _seconds(seconds: float, language: Language) -> str:
    return language.say(Message("{seconds} s", {"seconds": f"{seconds:.2f}" if seconds < 10 else f"{seconds:,.0f}"}))
