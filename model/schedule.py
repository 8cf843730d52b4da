"""Schedules: when a report runs by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from model.ids import MemberId, ReportId, RunId, ScheduleId
from model.language import Message

OnHoliday = Literal["post", "skip", "move"]  # move: to the next working day
CatchUp = Literal["latest", "skip", "all"]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where a rule's days are counted."""

    zone: str  # IANA
    country: str = ""  # ISO 3166, two letters: whose holidays; empty: none
    on_holiday: OnHoliday = "post"


@dataclass(frozen=True, slots=True)
class Slot:
    """One due instant of a schedule: a civil time, and when that is."""

    civil: str  # "2026-11-23T10:00" in the schedule's zone; with its offset where an hourly rule fires twice in a fold
    due: datetime  # aware, UTC
    holiday: str | None = None  # the name of the holiday that its nominal day is
    skipped: bool = False  # because of the holiday: listed in a rehearsal, never fired
    note: Message | None = None  # what is unusual: moved from a holiday, moved out of a gap of the clock


class ScheduleState(StrEnum):
    """Whether a schedule fires."""

    ACTIVE = "active"
    PAUSED = "paused"


class SlotState(StrEnum):
    """What became of a slot."""

    RAN = "ran"
    MISSED = "missed"  # the process was away, and the catch-up policy let it go
    SKIPPED = "skipped"  # on purpose: nothing to report, or a limit was reached


@dataclass(frozen=True, slots=True)
class Lateness:
    """Why a scheduled post comes late; it says so."""

    due: datetime
    seconds: int
    skipped: int = 0  # slots before it that were let go


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a schedule was told besides its rule."""

    catch_up: CatchUp = "latest"
    catch_up_most: int = 5  # with `all`: so many of the missed at most
    skip_empty: bool = False
    skip_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule by which a saved report runs; it belongs to the workspace, `member` answers for it."""

    id: ScheduleId
    number: int  # how people name it: "#3"
    report: ReportId
    member: MemberId
    said: str  # the rule as it was typed
    rule: str  # the rule as JSON: model/rule.py
    calendar: Calendar
    wishes: Wishes
    destinations: tuple[str, ...]  # names; empty: the report's own
    state: ScheduleState
    why_paused: Message | None
    next_slot: str | None  # the civil time of the next one
    next_due: datetime | None  # None while paused, or when the rule never comes again
    created: datetime


@dataclass(frozen=True, slots=True)
class Fired:
    """A slot that was decided on."""

    schedule: ScheduleId
    civil: str
    due: datetime
    state: SlotState
    decided: datetime
    run: RunId | None = None
    reason: Message | None = None
