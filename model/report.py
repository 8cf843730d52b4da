"""Templates, runs and the snapshots that runs stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from model.delivery import Address
from model.ids import EventId, FactId, MemberId, ReportId, RunId, ScheduleId, SourceId, WorkspaceId
from model.language import Code, Message
from model.record import Coverage, Record
from model.schedule import Lateness
from model.sections import (
    DIMENSION,
    ChartSection,
    FiguresSection,
    HappenedSection,
    ItemsSection,
    ListingSection,
    OwnSection,
    Section,
    Spoken,
    TableSection,
    TextSection,
)
from model.unit import Unit
from model.window import Window

__all__ = [  # what others find here too: a template is made of them
    "ChartSection",
    "FiguresSection",
    "HappenedSection",
    "ItemsSection",
    "ListingSection",
    "OwnSection",
    "Section",
    "Spoken",
    "TableSection",
    "TextSection",
]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Template(BaseModel):
    """A template's manifest; `texts` holds its Jinja2 files by name, `own` names figures that sources define."""

    model_config = _STRICT
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: Spoken
    description: Spoken
    window: str  # the default window, in words: "last week"
    category: str = Field(default="engineering", pattern=r"^[a-z][a-z-]{0,39}$")
    version: int = Field(default=1, ge=1)
    instruction: str = ""  # for a language model
    own: tuple[Annotated[str, Field(pattern=DIMENSION)], ...] = Field(default=(), max_length=100)
    sections: tuple[Section, ...] = Field(min_length=1, max_length=20)
    texts: Mapping[str, str] = Field(default_factory=dict)


class RunState(StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


STEPS = ("collect", "measure", "narrate", "write", "enqueue")  # in order; each is done if and only if its row exists
HASHED = STEPS[:4]  # those that the run's hash is made over: what it says, not where it goes


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a report."""

    id: RunId
    name: str  # "7Q2F"
    workspace: WorkspaceId
    template: str
    sources: tuple[SourceId, ...]
    window: Window
    settings: Settings
    cause: EventId
    member: MemberId
    state: RunState
    created: datetime
    finished: datetime | None = None
    failure: Message | None = None  # why, when it failed
    hash: str | None = None  # over snapshot, facts and card, when it is done
    report: ReportId | None = None  # the saved report; None: a template was run
    erased: datetime | None = None  # when a person was erased from it
    destinations: tuple[Address, ...] = ()  # where its card goes
    schedule: ScheduleId | None = None  # None: somebody asked for it
    slot: str | None = None  # of the schedule


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the records counts; patterns are those of fnmatch, an empty tuple leaves nothing out."""

    include_paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    include_people: tuple[str, ...] = ()  # names after .mailmap
    exclude_people: tuple[str, ...] = ()
    include_repositories: tuple[str, ...] = ()  # names of sources
    exclude_repositories: tuple[str, ...] = ()
    include_labels: tuple[str, ...] = ()  # what analyzers.filters.labels_of reads off a record
    exclude_labels: tuple[str, ...] = ()


BUILT_IN = "built-in"  # the narrator that is always there
View = Literal["management", "development", "operations"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked to do, frozen with it."""

    language: Code
    people: bool  # whether single persons are named
    bots: tuple[str, ...] = ()  # names and addresses that count as bots besides those marked [bot]
    stale_days: int = 14
    weights: tuple[tuple[str, Decimal], ...] = ()  # of the priority; empty: the usual ones
    filters: Filters = Filters()
    view: View = "development"
    instruction: str = ""  # for a language model, besides the template's own
    country: str = ""  # two letters: whose holidays are no working days; empty: none
    model: str = BUILT_IN  # the language model that says something besides the built-in words; built-in: none
    otherwise: tuple[str, ...] = ()  # those that are asked where it fails
    late: Lateness | None = None  # where a schedule's post comes late
    anew: bool = False  # every source is read, also where it was just now


@dataclass(frozen=True, slots=True)
class Order:
    """A run that is asked for; one cause gives one run."""

    template: str
    sources: Sequence[SourceId]
    window: Window
    settings: Settings
    cause: EventId
    member: MemberId
    report: ReportId | None = None
    destinations: Sequence[Address] = ()
    schedule: ScheduleId | None = None
    slot: str | None = None


class Definition(BaseModel):
    """What a saved report is made of; what is left empty follows the template, the workspace or the caller."""

    model_config = _STRICT
    template: str
    sources: tuple[SourceId, ...] = ()  # empty: all there are when it runs
    window: str = ""  # in words; empty: the template's own
    language: Code | None = None
    zone: str | None = None
    people: bool | None = None  # whether single persons are named
    filters: Filters = Filters()
    bots: tuple[str, ...] = ()  # besides the workspace's
    weights: tuple[tuple[str, Decimal], ...] = ()
    instruction: str = ""
    model: str = ""  # a language model by its name, or built-in for none; empty: what is usual here
    view: View = "development"
    description: str = ""
    destinations: tuple[str, ...] = ("terminal",)


class ReportState(StrEnum):
    """Whether a report may run."""

    ACTIVE = "active"
    PAUSED = "paused"


May = Literal["view", "edit"]


@dataclass(frozen=True, slots=True)
class Report:
    """A saved report: a definition with a name, an owner and those it is shared with."""

    id: ReportId
    name: str
    owner: MemberId
    definition: Definition
    state: ReportState
    created: datetime
    changed: datetime
    shares: Mapping[MemberId, May]
    deleted: datetime | None = None  # it can be brought back for a day


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a metric's total should keep."""

    metric: str
    bound: Decimal
    keep: Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a figure stands to its target."""

    target: Target
    fact: FactId | None  # None: no such figure was measured
    value: Decimal | None
    before: Decimal | None
    state: Literal["met", "missed", "open", "not known"]  # open: its window still runs, and either may come
    left: Decimal | None  # to the bound: what is missing of it, or leaves room below it; 0 or more
    unit: Unit = Unit.COUNT
    title: str = ""  # what a source's owner calls the metric


@dataclass(frozen=True, slots=True)
class Announced:
    """Something that the last finished run of this report announced as needing somebody."""

    source: SourceId
    kind: str
    key: str
    title: str
    since: datetime  # the end of the window in which it was announced first
    times: int  # how many runs in a row have announced it


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the figures of a run rest on: the output of its first step, immutable."""

    window: Window
    settings: Settings
    template: Template
    taken: datetime
    metrics: Mapping[str, int]  # metric name → version of its definition
    coverage: tuple[Coverage, ...]
    records: tuple[tuple[SourceId, Record], ...]  # those that overlap the window or the one before, in canonical order
    firsts: tuple[tuple[SourceId, str, datetime], ...]  # (source, author, at): the earliest commit of each author above
    targets: tuple[Target, ...] = ()
    announced: tuple[Announced, ...] = ()  # what the run before announced
    holidays: tuple[date, ...] = ()  # of the settings' country, since the oldest last commit of an open branch
