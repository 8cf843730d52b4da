"""Slots: the instants at which a rule comes round, with holidays and changes of the clock.

Two kinds of rules, told apart by the rule alone (`keeps_the_hour`):

* By the interval ("every 2 hours", `*/15 * * * *`): whenever the clock of the zone shows one of the times. Times that
  the clock skips are skipped; those that it shows twice come twice, so "every hour" is every real hour.
* By the time of day (everything else, also "9:00 and 18:00"): each time once per civil date. Where the clock skips it,
  at the first minute that the clock shows again; where it is shown twice, the first time.

No two slots of a rule share an instant: of several that a skipped hour moves together one is left, and its note names
the others. The search ends after `_HORIZON` years without a slot, and before the calendar does.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from model.language import Message
from model.rule import At, Cron, Every, Rule
from model.schedule import Calendar, Slot
from reports.cron import by_interval, cron_minutes
from reports.days import falls, shortest_days
from reports.days_off import holiday, next_working

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_HORIZON = 60  # years: 29 February on a given weekday can be 40 years away
_LOOK_BACK = 40  # days before `after` from which a slot may have been moved behind it


def slots(rule: Rule, calendar: Calendar, after: datetime) -> Iterator[Slot]:
    """Yield the slots due strictly after `after` (aware), ascending by their instant, as they are asked for."""
    zone = _Zone(calendar.zone)
    waiting: list[_Due] = []
    last_found = zone.day_of(after)
    for day, moved_in in _days(rule, calendar, last_found):
        coming = zone.earliest(day + _DAY)
        if coming > after or not zone.steady(day):
            for due in _dues(rule, calendar, zone, day, moved_in):
                if due.at > after:
                    heapq.heappush(waiting, due)
        if waiting:
            last_found = day
        elif (day - last_found).days > _HORIZON * 366:
            return
        while waiting and waiting[0].at < coming:
            yield _slot(_same_instant(waiting), zone)


def shortest_interval(rule: Rule) -> timedelta:
    """Return the shortest distance between two slots, where no clock changes and no holiday moves one."""
    minutes = times_of(rule)
    within = [later - earlier for earlier, later in pairwise(minutes)]
    overnight = shortest_days(rule) * 1440 + minutes[0] - minutes[-1]
    return timedelta(minutes=min([*within, overnight]))


def times_of(rule: Rule) -> tuple[int, ...]:
    """Return the minutes of a day at which the rule comes round, ascending."""
    if isinstance(rule, Cron):
        return cron_minutes(rule.fields)
    match rule.times:
        case At(minutes):
            return minutes
        case Every(step, first, last):
            return tuple(range(first, last + 1, step))


def keeps_the_hour(rule: Rule) -> bool:
    """Return whether the rule goes by the interval rather than by the time of day."""
    return by_interval(rule.fields) if isinstance(rule, Cron) else isinstance(rule.times, Every)


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class _Due:
    """One civil time of the rule and its instant; ordered so that of one instant the best comes first."""

    at: datetime
    skipped: bool = False  # because of a holiday
    displaced: bool = False  # the clock skips the civil time
    civil: datetime  # naive
    again: bool = False  # the clock shows it the second time
    holiday: str = ""  # of its nominal day
    notes: tuple[Message, ...] = ()


class _Zone:
    """A zone's civil clock."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._info = ZoneInfo(name)

    def day_of(self, at: datetime) -> date:
        """Return the civil day of an instant."""
        return at.astimezone(self._info).date()

    def earliest(self, day: date) -> datetime:
        """Return an instant that no civil time of `day` or later comes before."""
        return _earliest(self._name, day)

    def steady(self, day: date) -> bool:
        """Return whether the clock does not change on the day."""
        return _steady(self._name, day)

    def shown(self, civil: datetime) -> list[datetime]:
        """Return the instants at which the clock shows a civil time: one, two in a fold, none in a gap."""
        found = {civil.replace(tzinfo=self._info, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(at for at in found if at.astimezone(self._info).replace(tzinfo=None) == civil)

    def behind_gap(self, civil: datetime) -> datetime:
        """Return the first instant after a civil time that the clock skips."""
        while not (found := self.shown(civil)):
            civil += _MINUTE
        return found[0]

    def spell(self, due: _Due) -> str:
        """Return the name of a slot: "2026-11-23T10:00", with its offset where the clock shows it the second time."""
        aware = due.at.astimezone(self._info)
        return (aware if due.again else due.civil).isoformat(timespec="minutes")

    def told(self, due: _Due) -> str:
        """Return a civil time for people, with its day where that is not the day of its instant."""
        return f"{due.civil:%H:%M}" if self.day_of(due.at) == due.civil.date() else f"{due.civil:%Y-%m-%d %H:%M}"


@lru_cache(maxsize=4096)
def _earliest(zone: str, day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return min(midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC))


@lru_cache(maxsize=4096)
def _steady(zone: str, day: date) -> bool:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    offsets = {(midnight + timedelta(hours=hour)).utcoffset() for hour in range(25)}
    return len({midnight.replace(fold=1).utcoffset(), *offsets}) == 1


def _days(rule: Rule, calendar: Calendar, around: date) -> Iterator[tuple[date, tuple[date, ...]]]:
    """Yield each day from well before `around`, with the holidays whose slots were moved to it."""
    moves = calendar.on_holiday == "move" and bool(calendar.country)
    back = _LOOK_BACK if moves else 2
    day = around - timedelta(days=min(back, (around - date.min).days))
    moved: dict[date, list[date]] = {}
    while day < date.max - 3 * _DAY:
        if moves and falls(rule, day, calendar.country) and holiday(day, calendar.country):
            moved.setdefault(next_working(day, calendar.country), []).append(day)
        yield day, tuple(moved.pop(day, ()))
        day += _DAY


def _dues(rule: Rule, calendar: Calendar, zone: _Zone, day: date, moved_in: tuple[date, ...]) -> Iterator[_Due]:
    """Yield the civil times of one day."""
    own = falls(rule, day, calendar.country)
    name = holiday(day, calendar.country) or "" if own else ""
    if not moved_in and (not own or (name and calendar.on_holiday == "move")):
        return
    notes = tuple(_moved(day_off, calendar.country, own) for day_off in moved_in)
    skipped = bool(name) and calendar.on_holiday == "skip"
    if moved_in:
        name = holiday(moved_in[-1], calendar.country) or ""
    for due in _times(rule, zone, day):
        yield replace(due, skipped=skipped, holiday=name, notes=notes + due.notes) if name or notes else due


def _times(rule: Rule, zone: _Zone, day: date) -> Iterator[_Due]:
    """Yield when the times of a day are due by the clock of the zone."""
    hourly, steady, start = keeps_the_hour(rule), zone.steady(day), zone.earliest(day)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - civil
    for minutes in times_of(rule):
        civil = midnight + minutes * _MINUTE
        if steady:
            yield _Due(at=start + minutes * _MINUTE, civil=civil)
        else:
            yield from _unsteady(zone, civil, hourly)


def _unsteady(zone: _Zone, civil: datetime, hourly: bool) -> Iterator[_Due]:
    """Yield when a civil time is due on a day on which the clock changes."""
    shown = zone.shown(civil)
    clock = {"time": f"{civil:%H:%M}"}
    if not shown and not hourly:
        yield _Due(at=zone.behind_gap(civil), displaced=True, civil=civil)
    elif len(shown) < 2:
        yield from (_Due(at=at, civil=civil) for at in shown)
    elif hourly:
        again = Message("the clock shows {time} a second time", clock)
        yield from (_Due(at=shown[0], civil=civil), _Due(at=shown[1], civil=civil, again=True, notes=(again,)))
    else:
        twice = Message("the clock shows {time} twice that day; this is the first time", clock)
        yield _Due(at=shown[0], civil=civil, notes=(twice,))


def _moved(day: date, country: str, own: bool) -> Message:
    values = {"day": day, "holiday": holiday(day, country) or ""}
    if own:
        return Message("also stands for {day} ({holiday})", values)
    return Message("moved from {day} ({holiday})", values)


def _same_instant(waiting: list[_Due]) -> list[_Due]:
    """Take the next instant's civil times off the heap, the best first."""
    found = [heapq.heappop(waiting)]
    while waiting and waiting[0].at == found[0].at:
        found.append(heapq.heappop(waiting))
    return found


def _slot(found: list[_Due], zone: _Zone) -> Slot:
    """Return the slot of one instant; what the clock skipped on the way there stands in its note."""
    best = found[0]
    notes = list(best.notes)
    if skipped := [zone.told(due) for due in found if due.displaced]:
        text = Message(
            "the clock skips {times} that day; this is the first minute after", {"times": ", ".join(skipped)}
        )
        notes.append(text)
    note = notes.pop(0) if notes else None
    for other in notes:
        note = Message("{one}; {other}", {"one": note, "other": other})
    return Slot(zone.spell(best), best.at, best.holiday or None, best.skipped, note)
