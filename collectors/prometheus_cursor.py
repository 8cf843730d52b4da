"""How far Prometheus was read: the opaque cursor of its collector."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from collectors.prometheus_reading import Span

_SETTLING = timedelta(hours=1)  # for which what is newest may still be on its way
_MOST_WINDOWS = 100  # whose samples are kept; a report asks again for one that is older


class Days(BaseModel):
    """The days of a zone that are stored: all whole ones from `since` to `done`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    since: AwareDatetime
    done: AwareDatetime


class Cursor(BaseModel):
    """What is stored: days by zone, and the windows that were asked for, those longest ago first."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    version: Literal[1] = 1
    days: dict[str, Days] = {}
    windows: list[tuple[AwareDatetime, AwareDatetime]] = []

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Return what is stored; nothing where another version wrote it down."""
        if text is None:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return cls()

    def holds(self, zone: str, day: Span) -> bool:
        """Tell whether a day of a zone is stored as it was once it was over."""
        stored = self.days.get(zone)
        return stored is not None and stored.since <= day.start and day.end <= stored.done

    def read(self, zone: str, days: Sequence[Span], now: datetime) -> None:
        """Note the days that are stored now; two stretches with a gap between them are not remembered both."""
        over = [day for day in days if day.end <= now - _SETTLING]
        if not over:
            return
        since, done = min(day.start for day in over), max(day.end for day in over)
        stored = self.days.get(zone)
        if stored is not None and since <= stored.done and done >= stored.since:
            since, done = min(since, stored.since), max(done, stored.done)
        self.days[zone] = Days(since=since, done=done)

    def asked(self, windows: Sequence[Span]) -> Sequence[Span]:
        """Note the windows that were asked for; return those whose samples go."""
        these = [(one.start, one.end) for one in windows]
        kept = [one for one in self.windows if one not in these] + these
        old, self.windows = kept[:-_MOST_WINDOWS], kept[-_MOST_WINDOWS:]
        spans = [Span(start, end, end) for start, end in old]
        return [span for span in spans if not any(self.holds(zone, span) for zone in self.days)]  # it is a day, too

    def text(self) -> str:
        """Return what is stored."""
        return self.model_dump_json(exclude_defaults=True)
