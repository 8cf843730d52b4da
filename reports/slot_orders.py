"""What a schedule asks for when it is due: the run of a slot, and what keeps it from running."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar

from model.delivery import Address
from model.errors import ArbError
from model.ids import EventId, MemberId, ReportId, ScheduleId, SourceId
from model.language import Code, Message
from model.member import Member
from model.report import Order, Report, ReportState, Template
from model.schedule import Lateness, Schedule, Slot
from model.window import Window, parse_window
from reports.answering import may_answer
from reports.days_off import works
from reports.orders import settings_of, sources_of
from reports.places import reachable
from reports.templates import lookup
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scene:
    """What the due schedules of one workspace have in common, read once for all of them."""

    reports: Mapping[ReportId, Report]
    members: Mapping[MemberId, Member]
    settings: WorkspaceSettings
    sources: Sequence[SourceId]
    templates: Mapping[str, Template | ArbError]
    places: Mapping[tuple[MemberId, tuple[str, ...]], tuple[tuple[Address, ...], ArbError | None]]

    def unreached(self, schedule: Schedule) -> Message | None:
        """Return what is said of a destination that a schedule names and that is not there; None: all are."""
        gone = self.places[schedule.member, destinations_of(schedule, self.reports[schedule.report])][1]
        return None if gone is None else gone.message


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why nothing runs although it is due."""

    reason: Message
    pauses: bool = False  # until somebody answers for the schedule


def hindrance(schedule: Schedule, scene: Scene) -> Hindrance | None:
    """Return what keeps a schedule from running; asked each time it fires."""
    report, member = scene.reports.get(schedule.report), scene.members.get(schedule.member)
    if report is None or report.deleted is not None:
        return Hindrance(Message("Its report is deleted."))
    if member is None:
        return Hindrance(Message("Nobody answers for it."), pauses=True)
    lost = may_answer(report, member, schedule.rule, scene.settings)
    if lost is not None:
        return Hindrance(lost, pauses=True)
    if report.state is ReportState.PAUSED:
        return Hindrance(Message("Report {name} is paused.", {"name": report.name}))
    return None


async def scene_of(stores: Stores, due: Sequence[Schedule]) -> Scene:
    """Read what schedules of one workspace need in order to run."""
    reports = await stores.reports.many({schedule.report for schedule in due})
    members = await stores.members.many({schedule.member for schedule in due})
    templates = {name: await _tried(lookup(stores, name)) for name in {r.definition.template for r in reports.values()}}
    going = {
        (schedule.member, destinations_of(schedule, reports[schedule.report]))
        for schedule in due
        if schedule.report in reports and schedule.member in members
    }
    places = {key: await reachable(stores, key[1], members[key[0]]) for key in going}
    settings, sources = await stores.workspaces.settings(), await stores.sources.all()
    return Scene(reports, members, settings, [source.id for source in sources], templates, places)


def order_of(
    schedule: Schedule,
    report: Report,
    member: Member,
    scene: Scene,
    code: Code,
    *,
    at: datetime,
    cause: EventId,
    late: Lateness | None = None,
    slot: str | None = None,
) -> Order:
    """Return the run that a schedule asks for, its days seen from `at`. Raises ArbError where it cannot be."""
    definition, settings = report.definition, scene.settings
    template = _there(scene.templates[definition.template])
    places, gone = scene.places[(member.id, destinations_of(schedule, report))]
    if gone is not None and not places:  # one that is gone does not keep the report from the others
        raise gone
    words, zone = definition.window or template.window, definition.zone or schedule.calendar.zone
    language = member.language or settings.language or code
    private = all(place.private for place in places)
    return Order(
        template=template.name,
        sources=sources_of(definition.sources, scene.sources),
        window=_window(words, at, zone, schedule.calendar.country),
        settings=settings_of(definition, settings, language, private=private, late=late),
        cause=cause,
        member=member.id,
        report=report.id,
        destinations=places,
        schedule=schedule.id,
        slot=slot,
    )


@lru_cache(maxsize=4096)  # many are due at once
def _window(words: str, at: datetime, zone: str, country: str) -> Window:
    return parse_window(words, at, zone, partial(works, country=country))


def destinations_of(schedule: Schedule, report: Report) -> tuple[str, ...]:
    """Return the names of where a schedule posts: its own, or the report's."""
    return schedule.destinations or report.definition.destinations


def key_of(slot: Slot, schedule: Schedule) -> str:
    """Return what a slot is known by: its civil time and zone (RFC 9557), so that another zone's day is another day."""
    return f"{slot.civil}[{schedule.calendar.zone}]"


def cause_of(schedule: ScheduleId, key: str) -> EventId:
    """Return the cause of a slot's run: one slot gives one run."""
    return EventId(f"slot:{schedule}:{key}")


async def _tried(found: Awaitable[T]) -> T | ArbError:
    """Return what was found, or why it was not: one schedule's fault is not the others'."""
    try:
        return await found
    except ArbError as error:
        return error


def _there(found: T | ArbError) -> T:
    if isinstance(found, ArbError):
        raise found
    return found
