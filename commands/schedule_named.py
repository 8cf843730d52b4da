"""Which schedule is meant: "#3", or the name of a report that has one."""

from __future__ import annotations

import re
from typing import Annotated

from commands.command import Arguments
from model.errors import NotAllowed, UnknownName, UsageError
from model.form import Option
from model.language import Message
from model.member import Member
from model.report import Definition, Report
from model.schedule import Schedule
from reports.rights import may_edit
from reports.templates import lookup
from storage.stores import Stores

_NUMBER = re.compile(r"#?([0-9]{1,9})")


class OneSchedule(Arguments):
    """A schedule, by its number or its report."""

    schedule: Annotated[str, Option(Message("Schedule"), names="schedule", positional=True)]


async def named(stores: Stores, name: str, by: Member) -> tuple[Schedule, Report]:
    """Return the schedule of a number, or the only one of a report, with its report.

    Raises:
        UnknownName: there is none that the member sees.
        UsageError: the report has several.
    """
    seen = await stores.schedules.seen(by)
    reports = await stores.reports.many({schedule.report for schedule in seen})
    number = _NUMBER.fullmatch(name.strip())
    wanted = name.strip().casefold()
    found = [schedule for schedule in seen if reports[schedule.report].name.casefold() == wanted]
    if not found and number is not None:
        found = [schedule for schedule in seen if schedule.number == int(number[1])]
    if not found:
        raise UnknownName(
            "There is no schedule {name} here.",
            hint=Message("All of them: /schedule list"),
            close=[f"#{schedule.number}" for schedule in seen[:3]],
            name=name[:60],
        )
    if len(found) > 1:
        numbers = ", ".join(f"#{schedule.number}" for schedule in found)
        raise UsageError(
            "Report {name} has several schedules: {numbers}.",
            hint=Message("Name one of them by its number."),
            name=name,
            numbers=numbers,
        )
    return found[0], reports[found[0].report]


async def scheduled_report(stores: Stores, name: str, by: Member, own: str) -> Report:
    """Return the saved report of a name; of a template's name, a report of it, saved now, for his own place.

    Raises UnknownName.
    """
    found = await stores.reports.find(name, by)
    if found is not None:
        return found
    try:
        template = await lookup(stores, name, by)
    except UnknownName as error:
        names = [report.name for report in await stores.reports.seen(by)]
        raise UnknownName(
            "There is no report or template called {name}.",
            hint=Message("Type /report list to see those there are."),
            close=(*[known for known in names if known.casefold().startswith(name.casefold()[:3])], *error.close),
            name=name,
        ) from error
    return await stores.reports.add(template.name, by.id, Definition(template=template.name, destinations=(own,)))


async def mine(stores: Stores, name: str, member: Member) -> tuple[Schedule, Report]:
    """Return a schedule that a member may change: his own, those of reports that he may edit, an admin's any."""
    schedule, report = await named(stores, name, member)
    if schedule.member != member.id and not may_edit(report, member):
        raise NotAllowed(
            "Schedule #{n} is not yours.",
            hint=Message("Who added it, an editor of its report or an admin can do it for you."),
            n=str(schedule.number),
        )
    return schedule, report
