"""Answer a question about a run: from what it has frozen, by whoever holds the question, in one message, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from analyzers.query import Found, look
from analyzers.questions import understood
from delivery.mentions import addressed
from model.card import Action, Card, Mention, Text, Tone, text_line
from model.errors import ArbError, LostLease, StorageBroken, StorageBusy
from model.language import Language, Message
from model.member import Member
from model.question import Question
from model.report import Run
from reports.answers import answer_blocks, as_of
from reports.steps import Along, Workshop
from storage.claims_questions import QuestionClaim
from storage.owners import Owner
from storage.stores import Stores
from writers.direct import payloads_of

_log = logging.getLogger(__name__)
LEASE = 15.0  # seconds; renewed three times within it
_MOST_CLAIMS = 3  # a question that ends every process that takes it up must not do so for ever
_DEADLINE = 900.0  # seconds that an answer may take
_LONGEST = 140  # characters of a question above its answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question, and what is written in the same transaction."""

    card: Card
    along: Along | None = None


async def attend(
    shop: Workshop, claim: QuestionClaim, owner: Owner, ring: Callable[[], None], lease: float = LEASE
) -> None:
    """Answer a claimed question. Somebody else taking it over, or stopping it, is no error here: nothing is written.

    Raises:
        StorageBusy: or StorageBroken; the question is left as it stands, for whoever takes it up.
    """
    async with shop.db.read(claim.workspace) as stores:
        question = await stores.questions.of(claim.id)
    if question.fence != claim.fence:
        return
    answering = asyncio.create_task(_answered(shop, question))
    renewing = asyncio.create_task(_renew(shop, claim, owner, lease))
    try:
        async with asyncio.timeout(_DEADLINE):
            await asyncio.wait((answering, renewing), return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            await _settle(shop, question, answering.result())
            ring()
        else:
            renewing.result()
    except LostLease:
        _log.info("question %s was taken over or stopped", claim.id)
    except TimeoutError:
        await give_up(shop, claim)
    finally:
        for task in (answering, renewing):
            task.cancel()
        await asyncio.gather(answering, renewing, return_exceptions=True)


async def give_up(shop: Workshop, claim: QuestionClaim) -> None:
    """Tell whoever asked that there will be no answer, unless somebody else has the question by now."""
    async with shop.db.read(claim.workspace) as stores:
        question = await stores.questions.of(claim.id)
        language = Language(question.asks.language)
    failed = ArbError("Something broke while it was answered; the log has the details.", hint=Message("Ask it again."))
    try:
        await _settle(shop, question, Answer(_refused(question, failed, language)))
    except LostLease:
        _log.info("question %s was taken over or stopped", claim.id)


async def _answered(shop: Workshop, question: Question) -> Answer:
    """Return the answer; what is wrong with a question is one too."""
    language = Language(question.asks.language)
    try:
        if question.attempts > _MOST_CLAIMS:
            raise ArbError("It was taken up {n} times and never answered.", n=question.attempts - 1)
        async with shop.db.read(question.workspace) as stores:
            member = await stores.members.of(question.asks.member)
            run = await stores.runs.of(question.asks.run)
            run = await stores.runs.named(run.name, member)  # who may not see it any more is told as if it were gone
        language = Language(question.asks.language, run.window.zone)
        return await _told(shop, question, run, member, language)
    except (StorageBusy, StorageBroken, LostLease):
        raise
    except ArbError as error:
        return Answer(_refused(question, error, language))


async def _told(shop: Workshop, question: Question, run: Run, member: Member, language: Language) -> Answer:
    snapshot, ledger = await shop.snapshot(run), await shop.ledger(run)
    asked = understood(question.asks.text, snapshot, ledger)
    found = look(asked.query, snapshot, ledger, language)
    blocks = (*answer_blocks(found, language), as_of(run, snapshot, language))
    card = Card(_title(question), blocks, language.code, _onward(run, found, language), run=run.name)
    return Answer(_asker(card, question, member, language))


def _asker(card: Card, question: Question, member: Member, language: Language) -> Card:
    """Return the card as its place reads it: where others do, it names who asked."""
    if question.asks.to.private:
        return replace(card, private=True)
    line = text_line(language.say(Message("Asked for by:")), " ", Mention(member.id, member.shown))
    return replace(card, blocks=(*card.blocks[:-1], Text((line,)), *card.blocks[-1:]))


def _onward(run: Run, found: Found, language: Language) -> tuple[Action, ...]:
    """Return what one can do next: look behind the figure, ask how it is by now, ask more."""
    say = language.say
    query = found.query
    why: tuple[Action, ...] = ()
    if found.own and found.total is not None and len(query.only) <= 1:
        item = " ".join((query.metric, *(f"{name}={value}" for name, value in query.only)))
        why = (Action(say(Message("Why?")), "report why", {"run": run.name, "item": item}),)
    now = language.say(Message("now?"))
    return (
        *why,
        Action(say(Message("And now?")), "ask question", {"run": run.name, "question": now}),
        Action(say(Message("Ask")), "ask question", {"run": run.name}),
    )


def _title(question: Question) -> str:
    text = " ".join(question.asks.text.split())
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


def _refused(question: Question, error: ArbError, language: Language) -> Card:
    """Return why a question is not answered, and what to ask instead."""
    lines = [text_line(language.say(error.message))]
    if error.hint is not None:
        lines.append(text_line(language.say(error.hint)))
    private = question.asks.to.private
    return Card(_title(question), (Text(tuple(lines)),), language.code, tone=Tone.WARNING, private=private)


async def _settle(shop: Workshop, question: Question, answer: Answer) -> None:
    """Put the answer on its way and end the question, in one transaction. Raises LostLease."""
    async with shop.db.write(question.workspace) as stores:
        await put(stores, question, answer.card)
        if answer.along is not None:
            await answer.along(stores)
        await stores.questions.conclude(question)


async def tell_stopped(stores: Stores, question: Question) -> None:
    """Show that a question was stopped, where something of it is shown already; part of the open transaction."""
    if question.delivery is not None:
        stopped = Language(question.asks.language).say(Message("This question was stopped."))
        card = Card(_title(question), (Text((text_line(stopped),)),), question.asks.language)
        await stores.deliveries.revise(question.delivery, payloads_of(card, question.asks.to.platform))


async def put(stores: Stores, question: Question, card: Card) -> None:
    """Show a card as a question's message, in the place of what it showed before; part of the open transaction."""
    asks = question.asks
    shown = await addressed(stores, card, asks.to.platform)
    shown = await stores.actions.bind(shown, asks.member if asks.to.private else None)
    payloads = payloads_of(shown, asks.to.platform)
    if question.delivery is None or not await stores.deliveries.revise(question.delivery, payloads):
        id = await stores.deliveries.put(asks.to, payloads, language=card.language)
        await stores.questions.shown(question, id)


async def _renew(shop: Workshop, claim: QuestionClaim, owner: Owner, lease: float) -> None:
    while True:
        await shop.clock.sleep(lease / 3)
        try:
            await shop.db.asked.renew(claim, owner, lease)
        except (StorageBusy, StorageBroken) as error:  # the next one may be in time
            _log.info("question %s could not be renewed: %s", claim.id, error)
