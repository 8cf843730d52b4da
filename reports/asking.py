"""Answer a question about a run: from what it has frozen, by whoever holds the question, in one message, once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from analyzers.query import Found, look
from analyzers.question_words import words
from analyzers.questions import LONGEST, Asked, understood
from model.card import Action, Block, Card, Mention, Text, Tone, text_line
from model.errors import (
    ArbError,
    LostLease,
    NarratorError,
    SealBroken,
    StorageBroken,
    StorageBusy,
    UnknownName,
    UsageError,
)
from model.ids import SourceId
from model.language import Language, Message
from model.ledger import Ledger
from model.member import Member, Role
from model.question import Question
from model.report import Run, Snapshot
from reports.answers import answer_blocks, as_of
from reports.asked_models import planned, remarked
from reports.board import Board, put, titled
from reports.narrating import closed_sources
from reports.notes import notes_of
from reports.now import told_now
from reports.steps import Along, Workshop
from reports.telling import Teller, teller_of
from storage.claims_questions import QuestionClaim
from storage.owners import Owner
from storage.stores import Stores
from writers.direct import payloads_of

_log = logging.getLogger(__name__)
LEASE = 15.0  # seconds; renewed three times within it
_MOST_CLAIMS = 3  # a question that ends every process that takes it up must not do so for ever
_DEADLINE = 900.0  # seconds that an answer may take


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question, and what is written in the same transaction."""

    card: Card
    along: Along | None = None


async def attend(
    shop: Workshop,
    claim: QuestionClaim,
    owner: Owner,
    ring: Callable[[], None],
    lease: float = LEASE,
    boards: MutableMapping[str, Board] | None = None,
) -> None:
    """Answer a claimed question. Somebody else taking it over, or stopping it, is no error here: nothing is written.

    `boards`: where others of this process see how far it is.

    Raises:
        StorageBusy: or StorageBroken; the question is left as it stands, for whoever takes it up.
    """
    try:
        async with shop.db.read(claim.workspace) as stores:
            question = await stores.questions.of(claim.id)
    except SealBroken:  # nobody will ever read it: it must not be taken up for ever
        _log.exception("question %s cannot be read and is given up", claim.id)
        async with shop.db.write(claim.workspace) as stores:
            await stores.questions.stop(claim.id)
        return
    if question.fence != claim.fence:
        return
    boards = {} if boards is None else boards
    board = boards[question.id] = Board(shop, question, ring)
    answering = asyncio.create_task(_answered(shop, question, board))
    beside = [asyncio.create_task(_renew(shop, claim, owner, lease)), asyncio.create_task(board.keep())]
    try:
        async with asyncio.timeout(_DEADLINE):
            await _while_ours(answering, beside)
        answer = answering.result()
        await _ended(beside)
        await _settle(shop, question, answer)
        ring()
    except LostLease:
        _log.info("question %s was taken over or stopped", claim.id)
    except TimeoutError:
        await give_up(shop, claim)
    finally:
        boards.pop(question.id, None)
        await _ended((answering, *beside))


async def _while_ours(answering: asyncio.Task[Answer], beside: Collection[asyncio.Task[None]]) -> None:
    """Wait for the answer; what is done beside it tells where somebody else has the question. Raises LostLease."""
    going = {answering, *beside}
    while not answering.done():
        over, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
        for task in over - {answering}:
            task.result()


async def _ended(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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


async def _answered(shop: Workshop, question: Question, board: Board) -> Answer:
    """Return the answer; what is wrong with a question is one too."""
    language = Language(question.asks.language)
    try:
        if question.attempts > _MOST_CLAIMS:
            raise ArbError("It was taken up {n} times and never answered.", n=question.attempts - 1)
        async with shop.db.read(question.workspace) as stores:
            member = await stores.members.of(question.asks.member)
            run = await stores.runs.of(question.asks.run)
            run = await stores.runs.named(run.name, member)  # who may not see it any more is told as if it were gone
            if member.role < Role.VIEWER:
                raise UnknownName("There is no such run here.")
        language = Language(question.asks.language, run.window.zone)
        return Answer(await _told(shop, board, run, member, language), board.along)
    except (StorageBusy, StorageBroken, LostLease):
        raise
    except ArbError as error:
        return Answer(_refused(question, error, language), board.along)


async def _told(shop: Workshop, board: Board, run: Run, member: Member, language: Language) -> Card:
    question, text = board.question, board.question.asks.text
    snapshot = await shop.snapshot(run)
    ledger = await shop.ledger(run)
    teller = await teller_of(shop.db, shop.models, run, shop.clock, member.id)
    board.along = None if teller is None else teller.along
    closed = frozenset[SourceId]() if teller is None else await closed_sources(shop.db, run)
    asked = await _meant(teller, text, snapshot, ledger, closed)
    found = await asyncio.to_thread(look, asked.query, snapshot, ledger, language)
    onward = _onward(run, found, language, now=asked.now)
    if asked.now:
        blocks = await told_now(shop, board, run, snapshot, found, language)
        return _asker(Card(titled(question), blocks, language.code, onward, run=run.name), question, member, language)
    said = answer_blocks(found, language)
    if teller is not None:
        show = partial(_show_beside, board, said)
        said = (*said, *await remarked(teller, text, found, closed, language, show))
    notes = notes_of(said, found.snapshot, found.ledger, language)
    blocks = (*said, as_of(run, snapshot, language))
    card = Card(titled(question), blocks, language.code, onward, notes, run=run.name)
    return _asker(card, question, member, language)


def _show_beside(board: Board, said: Sequence[Block], coming: Callable[[], Sequence[Block]]) -> None:
    """Have the answer shown at once, and beside it what a model says as it comes."""
    board.blocks = lambda: (*said, *coming())


async def _meant(
    teller: Teller | None, text: str, snapshot: Snapshot, ledger: Ledger, closed: Collection[SourceId]
) -> Asked:
    """Return what a question means: by our grammar, else as a model chooses.

    Whether sources are read again is never the model's to say. Raises UsageError.
    """
    try:
        return understood(text, snapshot, ledger)
    except UsageError:
        if teller is None or len(text) > LONGEST or words("now").search(text):
            raise
        try:
            return Asked(await planned(teller, text, snapshot, ledger, closed))
        except NarratorError as error:
            _log.info("no model understood a question: %s", error)
        raise


def _asker(card: Card, question: Question, member: Member, language: Language) -> Card:
    """Return the card as its place reads it: where others do, it names who asked."""
    if question.asks.to.private:
        return replace(card, private=True)
    line = text_line(language.say(Message("Asked for by:")), " ", Mention(member.id, member.shown))
    return replace(card, blocks=(*card.blocks[:-1], Text((line,)), *card.blocks[-1:]))


def _onward(run: Run, found: Found, language: Language, *, now: bool) -> tuple[Action, ...]:
    """Return what one can do next: look behind the figure, ask how it is by now, ask more."""
    say = language.say
    query = found.query
    why: tuple[Action, ...] = ()
    if found.own and found.total is not None and not now:
        item = " ".join((query.metric, *(f"{name}={value}" for name, value in query.only)))
        why = (Action(say(Message("Why?")), "report why", {"run": run.name, "item": item}),)
    again = language.say(Message("now?"))
    return (
        *why,
        Action(say(Message("And now?")), "ask question", {"run": run.name, "question": again}),
        Action(say(Message("Ask")), "ask question", {"run": run.name}),
    )


def _refused(question: Question, error: ArbError, language: Language) -> Card:
    """Return why a question is not answered, and what to ask instead."""
    lines = [text_line(language.say(error.message))]
    if error.hint is not None:
        lines.append(text_line(language.say(error.hint)))
    private = question.asks.to.private
    return Card(titled(question), (Text(tuple(lines)),), language.code, tone=Tone.WARNING, private=private)


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
        card = Card(titled(question), (Text((text_line(stopped),)),), question.asks.language)
        await stores.deliveries.revise(question.delivery, payloads_of(card, question.asks.to.platform))


async def _renew(shop: Workshop, claim: QuestionClaim, owner: Owner, lease: float) -> None:
    while True:
        await shop.clock.sleep(lease / 3)
        try:
            await shop.db.asked.renew(claim, owner, lease)
        except (StorageBusy, StorageBroken) as error:  # the next one may be in time
            _log.info("question %s could not be renewed: %s", claim.id, error)
