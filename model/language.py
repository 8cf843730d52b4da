"""Korean and English: the only place that forms a sentence, a number or a date for people.

Text is written in English where it is said, as a `Message`; `ko.po` beside this file holds the Korean. A placeholder
may carry a format spec:

    {name}                the value: text as it is, numbers and days in the language's form
    {n:commit|commits}    a word that agrees with the number n (English)
    {name:을/를}           the value and the particle that fits its last sound (Korean)
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from model.figures import SCALED, figure, number, round_to, with_unit
from model.particles import particle
from model.unit import Unit

Code = Literal["en", "ko"]
CODES: tuple[Code, ...] = ("en", "ko")


def code_of(locale: str) -> Code | None:
    """Return the language of a locale such as "en-US", where we speak it."""
    language = locale.partition("-")[0]
    return next((code for code in CODES if code == language), None)


@dataclass(frozen=True, slots=True)
class Message:
    """English text with its parameters; translated at the edge."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def plain(self) -> str:
        """Return the English sentence, for logs and exception texts."""
        return _Formatter("en").vformat(self.text, (), dict(self.values))


class Counted(str):
    """Text that stands for a number, so that words around it can agree with it."""

    __slots__ = ("number",)
    number: Decimal

    def __new__(cls, text: str, number: Decimal) -> Counted:
        """Return `text` carrying `number`."""
        made = super().__new__(cls, text)
        made.number = number
        return made


class Language:
    """One language in one time zone: catalogue, numbers, dates, particles."""

    def __init__(self, code: Code, zone: str = "UTC") -> None:
        self.code: Code = code
        self.zone = ZoneInfo(zone)

    def say(self, message: Message) -> str:
        """Return the message in this language; text without a translation stays English."""
        text = message.text
        if self.code == "ko":
            text = _catalogue().get(text) or text
        return _Formatter(self.code).vformat(text, (), dict(message.values))

    def figure(self, value: Decimal, unit: Unit) -> str:
        """Return `value` as people write it: "1,234", "6.2 h", "근무일 11일", "7%", "₩12,900", "1.5 GB"."""
        return figure(self.code, value, unit)

    def brief(self, value: Decimal, unit: Unit) -> str:
        """Return `value` as short as a picture needs it: "9,999", "12.3K", "1.2M h", "12만"."""
        if abs(value) < _LONG or unit.percent or unit in SCALED:
            return self.figure(value, unit)
        from babel.numbers import format_compact_decimal  # 40 ms: only where something is that large

        text = format_compact_decimal(value, format_type="short", locale=self.code, fraction_digits=1)
        return with_unit(self.code, text.replace("-", "−"), unit, value)

    def change(self, now: Decimal, before: Decimal, unit: Unit) -> str:
        """Return the signed difference: "+9", "−4", "±0", "+3 pt"; the sign is a word, never a colour."""
        difference = now - before
        if round_to(difference, unit.places) == 0:
            return "±0"
        if unit.percent:
            text = number(abs(difference) * 100, unit.places - 2) + (" pt" if self.code == "en" else "%p")
        else:
            text = figure(self.code, abs(difference), unit)
        return ("+" if difference > 0 else "−") + text

    def day(self, day: date) -> str:
        """Return "9 Nov 2026" or "2026년 11월 9일"."""
        if self.code == "ko":
            return f"{day.year}년 {day.month}월 {day.day}일"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def days(self, first: date, last: date) -> str:
        """Return an inclusive range of days as short as it can be said: "9–15 Nov 2026", "2026년 11월 9–15일"."""
        if first == last:
            return self.day(first)
        if first.year != last.year:
            return f"{self.day(first)} – {self.day(last)}"
        if self.code == "ko":
            end = f"{last.day}일" if first.month == last.month else f"{last.month}월 {last.day}일"
            start = f"{first.day}" if first.month == last.month else f"{first.day}일"
            return f"{first.year}년 {first.month}월 {start}–{end}"
        start = f"{first.day}" if first.month == last.month else f"{first.day} {_MONTHS[first.month - 1]}"
        return f"{start}–{self.day(last)}"

    def weekday(self, day: date) -> str:
        """Return "Monday" or "월요일"."""
        return (_WEEKDAYS_KO if self.code == "ko" else _WEEKDAYS)[day.weekday()]

    def short_weekday(self, day: date) -> str:
        """Return "Mon" or "월", where seven stand in a row."""
        return self.weekday(day)[: 1 if self.code == "ko" else 3]

    def instant(self, at: datetime) -> str:
        """Return the instant in this zone: "20 Nov 2026 23:36 UTC"."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())} {local:%H:%M} {local:%Z}"

    def lately(self, at: datetime, now: datetime) -> str:
        """Return an instant as short as it is clear `now`: "Fri 09:02", "13 Nov 09:02", "금요일 09:02"."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone).date()
        day = local.date()
        if timedelta(0) <= today - day < timedelta(days=7):
            name = self.weekday(day) if self.code == "ko" else self.short_weekday(day)
        elif day.year == today.year:
            name = f"{day.month}월 {day.day}일" if self.code == "ko" else f"{day.day} {_MONTHS[day.month - 1]}"
        else:
            name = self.day(day)
        return f"{name} {local:%H:%M}"

    def ago(self, span: timedelta) -> str:
        """Return a span in its largest unit: "3 days", "3일"."""
        minutes = max(0, int(span.total_seconds() // 60))
        for size, one in ((1440, "day"), (60, "hour"), (1, "minute")):
            if minutes >= size or size == 1:
                count = minutes // size
                if self.code == "ko":
                    return f"{count}{ {'day': '일', 'hour': '시간', 'minute': '분'}[one] }"
                return f"{count} {one}{'' if count == 1 else 's'}"
        raise AssertionError("a span is always some minutes long")

    def listed(self, words: Sequence[str]) -> str:
        """Return "a, b and c" or "a, b, c"."""
        if self.code == "ko" or len(words) < 2:
            return ", ".join(words)
        return f"{', '.join(words[:-1])} and {words[-1]}"


class _Formatter(string.Formatter):
    def __init__(self, code: Code) -> None:
        self.code: Code = code

    def format_field(self, value: object, format_spec: str) -> str:
        if "|" in format_spec:
            one, many = format_spec.split("|", 1)
            return one if _amount(value) == 1 else many
        text = self._text(value)
        if "/" in format_spec:
            return text + particle(text, format_spec)
        return text

    def _text(self, value: object) -> str:
        match value:
            case str():
                return value
            case bool():
                return str(value).lower()
            case int():
                return number(Decimal(value), 0)
            case Decimal():
                return number(value, 2)
            case Message():
                return Language(self.code).say(value)
            case datetime():
                return value.isoformat(timespec="minutes")
            case date():
                return Language(self.code).day(value)
            case _:
                return str(value)


def _amount(value: object) -> Decimal | None:
    if isinstance(value, Counted):
        return value.number
    return Decimal(value) if isinstance(value, int | Decimal) else None


_LONG = 10_000  # from here on a number is shortened in pictures
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_KO = ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일")


@cache
def _catalogue() -> Mapping[str, str]:
    from babel.messages.pofile import read_po  # 40 ms: only when Korean is spoken

    with (Path(__file__).parent / "ko.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale="ko") if entry.id and entry.string}
