"""A question about a run, from whoever asked it until it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.delivery import Address
from model.ids import DeliveryId, EventId, MemberId, QuestionId, RunId, WorkspaceId
from model.language import Code


class QuestionState(StrEnum):
    """How far a question is."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"  # answered, or told why it cannot be
    STOPPED = "stopped"  # somebody wanted no answer any more


@dataclass(frozen=True, slots=True)
class Wondered:
    """What somebody asks, where the answer goes, and in which language."""

    run: RunId
    member: MemberId
    event: EventId  # one event gives one question
    text: str
    to: Address
    mine: Address  # where he alone reads what is said, should the other place be gone
    language: Code


@dataclass(frozen=True, slots=True)
class Question:
    """A question with how far it is. In one place one is open at a time."""

    id: QuestionId
    workspace: WorkspaceId
    asks: Wondered
    state: QuestionState
    asked: datetime
    fence: int
    attempts: int  # how often it was taken up
    delivery: DeliveryId | None = None  # the message that shows how far it is, and then the answer
