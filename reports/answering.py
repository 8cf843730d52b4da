"""Who answers for a schedule, and what becomes of it when he can do so no more: it rests, and another is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import lru_cache, partial

from delivery.telling import tell
from model.card import Action
from model.ids import EventId, MemberId, ReportId
from model.language import Language, Message
from model.member import Identity, Introduced, Member, Role
from model.report import Report
from model.rule import RULE, Rule
from model.schedule import Schedule
from reports.slots import shortest_interval
from reports.when_spoken import spoken
from storage.audit import Entry
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings

_TOGETHER = 5  # schedules in one message, with a button each


@lru_cache(maxsize=4096)
def rule_of(text: str) -> Rule:
    """Return a rule as it is stored."""
    return RULE.validate_json(text)


@lru_cache(maxsize=4096)  # it is asked of each schedule that fires
def shortest_of(rule: str) -> timedelta:
    """Return the shortest interval of a rule as it is stored."""
    return shortest_interval(rule_of(rule))


def least_of(role: Role, settings: WorkspaceSettings) -> int:
    """Return how many minutes lie at least between two runs of a schedule that somebody of this role answers for."""
    return settings.schedule_minutes_admin if role >= Role.ADMIN else settings.schedule_minutes


def may_answer(report: Report, member: Member, rule: str, settings: WorkspaceSettings) -> Message | None:
    """Return why a member cannot answer for a schedule of a report, with this rule as it is stored; None: he can."""
    if member.gone:
        return Message("{name} has left.", {"name": member.shown})
    if member.role < Role.EDITOR:
        return Message("{name} is no editor here any more.", {"name": member.shown})
    if member.role < Role.ADMIN and member.id != report.owner and member.id not in report.shares:
        return Message("{name} does not see the report any more.", {"name": member.shown})
    least = least_of(member.role, settings)
    if shortest_of(rule) < timedelta(minutes=least):
        return Message(
            "It runs more often than every {n} {n:minute|minutes}, and schedules of {name} may not.",
            {"n": least, "name": member.shown},
        )
    return None


async def introduce(stores: Stores, member: MemberId, at: Identity, found: Introduced) -> None:
    """Note what a platform says of a member; schedules that he cannot answer for any more rest, and another is asked.

    `at`: who he is on that platform.
    """
    his = await stores.schedules.answered_by(member)  # first: whoever fires them has them before all else, too
    before = await stores.members.of(member)
    now = await stores.members.introduce(member, at, found)
    if his and now.role < before.role:
        await _let_rest(stores, now, his)


async def pause(stores: Stores, schedules: Sequence[Schedule], events: Sequence[EventId], reason: Message) -> None:
    """Let schedules rest for one reason, and ask an owner or admin, who takes one over with one press.

    `events`: by what the audit knows the resting of each.
    """
    await stores.schedules.pause([schedule.id for schedule in schedules], reason)
    for schedule, event in zip(schedules, events, strict=True):
        said = {"schedule": f"#{schedule.number}", "reason": reason.plain()}
        await stores.audit.add(Entry(schedule.member, event, "schedule pause", said), "done")
    await ask_another(stores, schedules, reason)


async def ask_another(stores: Stores, schedules: Sequence[Schedule], reason: Message) -> None:
    """Tell an owner or admin of schedules that rest, each with a button by which he answers for it from then on."""
    reports = await stores.reports.many({schedule.report for schedule in schedules})
    for start in range(0, len(schedules), _TOGETHER):
        some = schedules[start : start + _TOGETHER]
        if len(some) == 1:
            title = Message("Schedule #{n} is paused.", {"n": str(some[0].number)})
        else:
            title = Message("{n} schedules are paused.", {"n": len(some)})
        lines = [partial(_line, schedule, reports) for schedule in some]
        buttons = [(_label(schedule, len(some)), _resume(schedule)) for schedule in some]
        await tell(stores, None, title, reason, *lines, actions=buttons)


async def _let_rest(stores: Stores, member: Member, his: Sequence[Schedule]) -> None:
    """Let those of his schedules rest that a member cannot answer for any more; each would when it is next due."""
    reports, settings = await stores.reports.many({one.report for one in his}), await stores.workspaces.settings()
    lost: dict[str, tuple[Message, list[Schedule]]] = {}
    for schedule in his:
        report = reports.get(schedule.report)
        why = None if report is None else may_answer(report, member, schedule.rule, settings)
        if why is not None:
            lost.setdefault(why.plain(), (why, []))[1].append(schedule)
    now = stores.clock.now().isoformat()
    for why, schedules in lost.values():
        await pause(stores, schedules, [EventId(f"rest:{one.id}:{now}") for one in schedules], why)


def _line(schedule: Schedule, reports: Mapping[ReportId, Report], language: Language) -> str:
    report = reports.get(schedule.report)
    when = spoken(rule_of(schedule.rule), language)
    named = {"n": str(schedule.number), "report": "" if report is None else report.name, "when": when}
    return language.say(Message("#{n}: {report}, {when}", named))


def _label(schedule: Schedule, of: int) -> Message:
    return Message("Resume") if of == 1 else Message("Resume #{n}", {"n": str(schedule.number)})


def _resume(schedule: Schedule) -> Action:
    return Action("", "schedule resume", {"schedule": f"#{schedule.number}"}, once=True)
