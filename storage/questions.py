"""Questions: asked in one transaction, answered in another; one is open in a place at a time."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Row, Select, select, update

from model.delivery import ADDRESS, RECEIPT, Address, DeliveryState, Platform
from model.errors import LostLease, UnknownName, UsageError
from model.ids import DeliveryId, EventId, MemberId, QuestionId, RunId, WorkspaceId, row_id, stable_uuid
from model.language import Message
from model.question import Question, QuestionState, Wondered
from storage.jobs import Job
from storage.limits import refuse_beyond
from storage.tables import DELIVERIES, QUESTIONS
from storage.transaction import Transaction

OPEN = (QuestionState.WAITING, QuestionState.WORKING)
_OVER = {"seat": None, "owner": None, "lease_until": None}


class Questions:
    """The questions of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def add(self, asks: Wondered) -> Question:
        """Ask a question; the same event gives the same one, however often it is told.

        Raises:
            UsageError: one is open in that place already, or no more may be asked today.
        """
        known = QUESTIONS.c.event == asks.event
        if await self._first(known) is None:
            await refuse_beyond(self._in, "most_questions_a_day")
            id, seat = QuestionId(row_id()), _seat(asks.to)
            if await self._first(QUESTIONS.c.seat == seat) is not None:
                raise _busy()
            made = await self._in.insert_new(
                QUESTIONS,
                id=id,
                member_id=asks.member,
                run_id=asks.run,
                event=asks.event,
                said=self._in.seal(_said(asks), QUESTIONS, id),
                seat=seat,
                state=QuestionState.WAITING,
                asked=self._in.clock.now(),
                fence=0,
                attempts=0,
            )
            if not made and await self._first(known) is None:  # somebody was quicker in that place
                raise _busy()
            await self._in.submit(Job("run", id))
        found = await self._first(known)
        if found is None:
            raise AssertionError("it was asked just now")
        return found

    async def of(self, id: QuestionId) -> Question:
        """Return a question; raises UnknownName."""
        found = await self._first(QUESTIONS.c.id == id)
        if found is None:
            raise UnknownName("There is no such question here.", hint=Message("Ask it again."))
        return found

    async def open_of(self, member: MemberId) -> Sequence[Question]:
        """Return the questions of a member that are not over, in the order of asking."""
        rows = await self._in.all(
            select(QUESTIONS)
            .where(self._in.ours(QUESTIONS), QUESTIONS.c.member_id == member, QUESTIONS.c.state.in_(OPEN))
            .order_by(QUESTIONS.c.number)
        )
        return [self._question(row) for row in rows]

    async def stop(self, id: QuestionId) -> bool:
        """End a question that waits or is worked on; whoever works on it loses it. Tells whether it was not over."""
        over = {"state": QuestionState.STOPPED, "finished": self._in.clock.now(), "fence": QUESTIONS.c.fence + 1}
        return await self._change(QUESTIONS.c.id == id, QUESTIONS.c.state.in_(OPEN), **over, **_OVER) == 1

    async def shown(self, question: Question, delivery: DeliveryId) -> None:
        """Note the message that shows how far a question is. Raises LostLease."""
        if await self._change(*_held(question), delivery_id=delivery) != 1:
            raise _lost(question)

    async def conclude(self, question: Question) -> None:
        """End a question that we hold as answered. Raises LostLease."""
        over = {"state": QuestionState.DONE, "finished": self._in.clock.now()}
        if await self._change(*_held(question), **over, **_OVER) != 1:
            raise _lost(question)

    async def run_below(self, platform: Platform, account: str, message: str) -> RunId | None:
        """Return the run that a message shows, or that it answers a question about; None: it is no such message."""
        here = (DELIVERIES.c.platform == platform, DELIVERIES.c.account == account)
        names_it = DELIVERIES.c.receipt.contains(f'"message":"{message}"', autoescape=True)
        found = select(DELIVERIES.c.run_id).where(self._in.ours(DELIVERIES), *here, names_it)
        row = await self._in.first(found.where(DELIVERIES.c.run_id.is_not(None)).limit(1))
        if row is not None:
            return RunId(row.run_id)
        asked = (
            select(QUESTIONS.c.run_id)
            .join(DELIVERIES, DELIVERIES.c.id == QUESTIONS.c.delivery_id)
            .where(self._in.ours(QUESTIONS), self._in.ours(DELIVERIES), *here, names_it)
        )
        row = await self._in.first(asked.limit(1))
        return None if row is None else RunId(row.run_id)

    async def newest_at(self, here: Address) -> RunId | None:
        """Return the run that was last shown in a channel, or in somebody's direct messages; None: none was."""
        row = await self._in.first(_shown_at(here, self._in).with_only_columns(DELIVERIES.c.run_id).limit(1))
        return None if row is None else RunId(row.run_id)

    async def message_of(self, run: RunId, here: Address) -> str | None:
        """Return the message that shows a run in a channel; None: none does."""
        shows = _shown_at(here, self._in).where(DELIVERIES.c.run_id == run, DELIVERIES.c.root.is_(None))
        row = await self._in.first(shows.with_only_columns(DELIVERIES.c.receipt).limit(1))
        return None if row is None else RECEIPT.validate_json(row.receipt).message

    async def _first(self, condition: ColumnElement[bool]) -> Question | None:
        row = await self._in.first(select(QUESTIONS).where(self._in.ours(QUESTIONS), condition))
        return None if row is None else self._question(row)

    async def _change(self, *conditions: ColumnElement[bool], **values: object) -> int:
        return await self._in.change(update(QUESTIONS).where(self._in.ours(QUESTIONS), *conditions).values(values))

    def _question(self, row: Row[*tuple[object, ...]]) -> Question:
        said = self._in.opened(row.said, QUESTIONS, row.id)
        return Question(
            id=QuestionId(row.id),
            workspace=WorkspaceId(row.workspace_id),
            asks=Wondered(
                run=RunId(row.run_id),
                member=MemberId(row.member_id),
                event=EventId(row.event),
                text=str(said["text"]),
                to=ADDRESS.validate_python(said["to"]),
                mine=ADDRESS.validate_python(said["mine"]),
                language="ko" if said["language"] == "ko" else "en",
            ),
            state=QuestionState(row.state),
            asked=row.asked,
            fence=row.fence,
            attempts=row.attempts,
            delivery=None if row.delivery_id is None else DeliveryId(row.delivery_id),
        )


def _said(asks: Wondered) -> dict[str, JsonValue]:
    places = {name: ADDRESS.dump_python(at, mode="json") for name, at in (("to", asks.to), ("mine", asks.mine))}
    return {"text": asks.text, "language": asks.language, **places}


def _shown_at(here: Address, inside: Transaction) -> Select[*tuple[object, ...]]:
    """Return the messages of runs that stand in a place, the newest first."""
    c = DELIVERIES.c
    there = (c.platform == here.platform, c.account == here.account, c.target == here.target)
    shown = (c.run_id.is_not(None), c.receipt.is_not(None), c.state == DeliveryState.SENT)
    return select(DELIVERIES).where(inside.ours(DELIVERIES), *there, *shown).order_by(c.number.desc())


def _seat(to: Address) -> str:
    """Return what stands for a place; at a terminal, whose thread is a process, for its person."""
    thread = "" if to.platform is Platform.TERMINAL else to.thread or ""
    return stable_uuid("\n".join((to.platform, to.account, to.target, thread)))


def _held(question: Question) -> tuple[ColumnElement[bool], ...]:
    c = QUESTIONS.c
    return c.id == question.id, c.fence == question.fence, c.state == QuestionState.WORKING


def _lost(question: Question) -> LostLease:
    return LostLease("Somebody else has taken over question {id}.", id=question.id)


def _busy() -> UsageError:
    return UsageError(
        "A question is being answered here already.",
        hint=Message("Wait for its answer, or stop it: /ask stop"),
    )
