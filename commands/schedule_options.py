"""What a schedule may be told, and what is made of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from commands.command import Arguments
from commands.report_definition import fit_zone
from model.errors import NotAllowed, UsageError
from model.form import Listed, Option, Unfit
from model.language import Message
from model.member import Member, Role
from model.rule import Rule
from model.schedule import Calendar, CatchUp, OnHoliday, Slot, Wishes
from reports.answering import least_of
from reports.catching_up import firing
from reports.days_off import known_country
from reports.slots import shortest_interval, slots
from reports.when import parse_when
from storage.workspaces import WorkspaceSettings

_NONE = ("none", "없음")  # what empties a choice


def _country(text: str | None) -> str | None:
    if text is None or text.lower() in _NONE:
        return "" if text else None
    if not re.fullmatch("[A-Za-z]{2}", text):
        raise Unfit("write the two letters of a country, such as KR, or none")
    return text.upper()


class Choices(Arguments):
    """What a schedule may be told besides its rule; what is left empty follows the report, or the usual."""

    destinations: Annotated[Listed[str], Option(Message("Destinations"))] = ()
    zone: Annotated[str | None, AfterValidator(fit_zone), Option(Message("Time zone"), example="Asia/Seoul")] = None
    holidays: Annotated[
        str | None, AfterValidator(_country), Option(Message("Country of holidays"), example="KR")
    ] = None  # fmt: skip
    on_holiday: Annotated[OnHoliday | None, Option(Message("On a holiday"))] = None
    catch_up: Annotated[CatchUp | None, Option(Message("What to make up for after an outage"))] = None
    catch_up_most: Annotated[int | None, Field(ge=1, le=50), Option(Message("Of all that was missed at most"))] = None
    skip_empty: Annotated[bool | None, Option(Message("Not when nothing happened"))] = None
    skip_unchanged: Annotated[bool | None, Option(Message("Not when nothing changed"))] = None


class Timed(Arguments):
    """A report and when it runs."""

    report: Annotated[str, Option(Message("Report or template"), names="report", positional=True)]
    when: Annotated[str, Field(max_length=500), Option(Message("When"), positional=True, example="weekdays 10:00")]


class Add(Choices, Timed):
    """A new schedule."""


class _Retimed(Arguments):
    """A schedule, and when it is to run."""

    schedule: Annotated[str, Option(Message("Schedule"), names="schedule", positional=True)]
    when: Annotated[
        str | None, Field(max_length=500), Option(Message("When"), positional=True, example="weekdays 10:00")
    ] = None  # fmt: skip


class Change(Choices, _Retimed):
    """A schedule with what shall be different; the fields of its form."""


def understood(words: str, by: Member, settings: WorkspaceSettings) -> Rule:
    """Return the rule that words mean.

    Raises:
        UsageError: they mean none.
        NotAllowed: it fires more often than the member's schedules may.
    """
    rule = parse_when(words)
    least = least_of(by.role, settings)
    if shortest_interval(rule) < timedelta(minutes=least):
        name = "schedule_minutes_admin" if by.role >= Role.ADMIN else "schedule_minutes"
        raise NotAllowed(
            "That is more often than every {n} {n:minute|minutes}, and your schedules may not be.",
            hint=Message("An admin can change it: /arb settings {name}=…", {"name": name}),
            n=least,
        )
    return rule


def first_of(rule: Rule, calendar: Calendar, now: datetime) -> Slot:
    """Return the next slot of a rule that fires; raises UsageError where there is none."""
    found = next(firing(slots(rule, calendar, now), now), None)
    if found is None:
        raise UsageError(
            "That never comes round.", hint=Message("Choose other days, or let it post on holidays: on_holiday=post")
        )
    return found


def calendar_of(args: Choices, base: Calendar, by: Member) -> Calendar:
    """Return where a schedule's days are counted; raises UsageError where its holidays cannot be known."""
    country = base.country if args.holidays is None else known_country(args.holidays)
    policy = args.on_holiday or base.on_holiday
    if policy != "post" and not country:
        country = known_country(by.preferences.country) if args.holidays is None else ""
    if policy != "post" and not country:
        raise UsageError(
            "Whose holidays? Without a country nothing is one.", hint=Message("Add holidays=KR, or another country.")
        )
    return Calendar(args.zone or base.zone, country, policy)


def wishes_of(args: Choices, base: Wishes) -> Wishes:
    """Return what a schedule is told besides its rule: what is given, else what was."""
    names = ("catch_up", "catch_up_most", "skip_empty", "skip_unchanged")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    return replace(base, **given)
