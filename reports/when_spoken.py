"""Rules in words: what `parse_when` reads again as the same rule, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from model.language import Language, Message
from model.rule import (
    DAY_MINUTES,
    EPOCH,
    EVERY_DAY,
    HALF,
    LAST,
    MOST_WEEKDAY,
    MOST_WORKING,
    QUARTER,
    WEEKDAYS,
    At,
    Cron,
    Days,
    Every,
    MonthDays,
    NthWeekdays,
    NthWorking,
    Paced,
    Rule,
    Times,
    Weekly,
    WorkingDays,
)

_SUFFIXES = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_KOREAN = ("", "첫째", "둘째", "셋째", "넷째", "다섯째")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SPANS = (
    (QUARTER, Message("on the {what} of every quarter")),
    (HALF, Message("on the {what} of every half-year")),
)


def spoken(rule: Rule, language: Language) -> str:
    """Return the rule for people: "every weekday at 10:00", "평일 10:00"."""
    if isinstance(rule, Cron):
        return f"cron {rule.fields}"
    if isinstance(rule.times, Every) and rule.days == EVERY_DAY:
        return language.say(_interval(rule.times))
    said = _joined(language.say(_days(rule.days, language)), rule.times, language)
    if isinstance(rule.days, Weekly | Paced) and rule.days.start:
        said = Message("{rule}, counted from {start}", {"rule": said, "start": rule.days.start.isoformat()})
    return language.say(said)


def _joined(days: str, times: Times, language: Language) -> Message:
    match times:
        case At(minutes):
            return Message("{days} at {times}", {"days": days, "times": language.listed([clock(m) for m in minutes])})
        case Every():
            return Message("{days}, {interval}", {"days": days, "interval": _interval(times)})


def clock(minutes: int) -> str:
    """Return a minute of the day as "09:05"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _interval(times: Every) -> Message:
    """Return "every 2 hours", and from when to when where it is not the whole day."""
    values: dict[str, object] = {"first": clock(times.first), "last": clock(times.last), "minute": f"{times.first:02}"}
    values["interval"] = _pace(times.step)
    hourly = times.step % 60 == 0
    if times.first >= (60 if hourly else 1) or not is_whole(times):
        return Message("{interval} from {first} to {last}", values)
    return Message("{interval} at :{minute}", values) if times.first else _pace(times.step)


def is_whole(times: Every) -> bool:
    """Return whether the times go on around the day at the same distance."""
    return times.first < times.step and times.last + times.step == times.first + DAY_MINUTES


def _pace(step: int) -> Message:
    if step == 1:
        return Message("every minute")
    if step == 60:
        return Message("every hour")
    if step % 60:
        return Message("every {n} minutes", {"n": str(step)})
    return Message("every {n} hours", {"n": step // 60})


def _days(days: Days, language: Language) -> Message:
    match days:
        case Weekly(weekdays, every):
            return _weekly(weekdays, every, language)
        case Paced(2):
            return Message("every other day")
        case Paced(every):
            return Message("every {n} days", {"n": every})
        case WorkingDays():
            return Message("every working day")
        case MonthDays(numbers, months):
            return _in_months(_month_days(numbers, months, language), numbers, months, 1, language)
        case NthWeekdays(nth, weekdays, months):
            what = f"{language.listed([_nth(n, language) for n in nth])} {weekday_names(weekdays, language)}"
            return _in_months(what, nth, months, MOST_WEEKDAY, language)
        case NthWorking(nth, months):
            what = language.say(
                Message("{nth} working day", {"nth": language.listed([_nth(n, language) for n in nth])})
            )
            return _in_months(what, nth, months, MOST_WORKING, language)


def _weekly(weekdays: tuple[int, ...], every: int, language: Language) -> Message:
    values = {"weekdays": weekday_names(weekdays, language), "n": every}
    if every > 2:
        return Message("every {n} weeks on {weekdays}", values)
    if every == 2:
        return Message("every other {weekdays}", values)
    if weekdays == EVERY_DAY.weekdays:
        return Message("every day")
    return Message("every weekday") if weekdays == WEEKDAYS.weekdays else Message("every {weekdays}", values)


def weekday_names(weekdays: Sequence[int], language: Language) -> str:
    """Return "Monday and Friday" or "월요일, 금요일"."""
    return language.listed([language.weekday(EPOCH + timedelta(days=number - 1)) for number in weekdays])


def _month_days(numbers: Sequence[int], months: Sequence[int], language: Language) -> str:
    ordinals = [_day_of_month(number, language) for number in numbers]
    if numbers == (1,) and months in (QUARTER.starts, HALF.starts):
        ordinals = [language.say(Message("first day"))]
    return language.listed(ordinals)


def _day_of_month(number: int, language: Language) -> str:
    if number == LAST:
        return language.say(Message("last day"))
    return f"{number}일" if language.code == "ko" else _nth(number, language)


def _nth(number: int, language: Language) -> str:
    if number == LAST:
        return language.say(Message("last"))
    if language.code == "ko":
        return _KOREAN[number] if number < len(_KOREAN) else f"{number}번째"
    return f"{number}{_SUFFIXES.get(number, 'th')}"


def _in_months(what: str, nth: Sequence[int], months: tuple[int, ...], most: int, language: Language) -> Message:
    """Return the days with their months; a quarter or half-year has its first month for the first `most` of them."""
    values = {"what": what, "months": _month_names(months, language)}
    if not months:
        return Message("on the {what} of every month", values)
    for span, message in _SPANS:
        if (months == span.ends and nth == (LAST,)) or (months == span.starts and 0 < nth[-1] <= most):
            return replace(message, values=values)
    return Message("on the {what} of {months} every year", values)


def _month_names(months: Sequence[int], language: Language) -> str:
    if language.code == "ko":
        return ", ".join(f"{month}월" for month in months)
    return language.listed([_MONTHS[month - 1] for month in months])
