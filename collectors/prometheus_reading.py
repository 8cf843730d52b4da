"""Reading Prometheus: each figure for the window, for the one before it, and for their days.

A value over a span is asked for at its last millisecond with a range of the span's length, so that the range holds
exactly what lies in it. Days of one length are asked for together, as steps of a range query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from collectors.measured import sample, text
from collectors.prometheus_answer import Found
from collectors.prometheus_api import Prometheus
from collectors.prometheus_config import Asked
from model.form import Unfit
from model.language import Message
from model.measured import Slice
from model.record import Record
from model.window import Window, days_window

MOST_GROUPS = 50  # of one label; the largest
_MOST_DAYS = 31  # as a chart shows
_TICK = timedelta(milliseconds=1)
_FINEST = 60  # seconds between two points of a subquery
_POINTS = 1000  # of one, at most


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that a value is asked for; `until` is where it stops by now."""

    start: datetime
    end: datetime
    until: datetime

    @property
    def seconds(self) -> int:
        """How long it is by now."""
        return max(1, int((self.until - self.start).total_seconds()))

    @property
    def instant(self) -> str:
        """Its last millisecond, in seconds since 1970."""
        return f"{(self.until - _TICK).timestamp():.3f}"


@dataclass(slots=True)
class Reading:
    """What was read of one figure, and what about it is not known."""

    records: list[Record] = field(default_factory=list)
    problem: Message | None = None  # why it could not be asked
    notes: list[Message] = field(default_factory=list)
    empty: bool = True  # whether there are no data at all
    late: bool = False  # whether they begin within the window
    gone: list[str] = field(default_factory=list)  # samples that do not hold any more


Stored = Callable[[Span], bool]  # whether a day was read when it was over


def spans_of(window: Window, now: datetime) -> tuple[Sequence[Span], Sequence[Span]]:
    """Return the window and the one before it, and their days, as far as they have come."""
    halves = (window, window.previous())
    days = window.days()
    single = [] if not 1 < len(days) <= _MOST_DAYS else [day for half in halves for day in half.days()]
    parts = (days_window(day, day + timedelta(days=1), window.zone) for day in single)
    return (
        [Span(half.start, half.end, min(half.end, now)) for half in halves if half.start < now],
        [Span(part.start, part.end, min(part.end, now)) for part in parts if part.start < now],
    )


async def read(prometheus: Prometheus, asked: Asked, window: Window, now: datetime, stored: Stored) -> Reading:
    """Return a figure's samples; of the days that are stored already, only the first ones. Raises SourceError."""
    made = Reading()
    wholes, days = spans_of(window, now)
    firsts = {span.start for span in wholes}
    try:
        daily = await _days(prometheus, asked, [day for day in days if day.start in firsts or not stored(day)])
        for span in wholes:
            slices = await _whole(prometheus, asked, span, made)
            begins = any(day.start == span.start and found is None for day, found in daily.items())
            if begins and slices:  # the data begin somewhere within: of a window before it, that makes no figure
                made.late = made.late or span.start == window.start
                slices = slices if span.start == window.start else ()
            made.empty = made.empty and not slices
            made.records.append(record_of(asked, span, slices))
    except Unfit as unfit:
        made.problem = Message("{name}: {problem}", {"name": asked.figure.name, "problem": unfit.message})
        made.records.clear()
        made.gone = [record_of(asked, span, ()).key for span in (*wholes, *days)]
        return made
    made.records += [record_of(asked, day, slices) for day, slices in daily.items() if slices is not None]
    return made


async def value_of(prometheus: Prometheus, asked: Asked, span: Span) -> Decimal | None:
    """Return the value of a span; None where there is none. Raises Unfit, or SourceError."""
    return _total(await prometheus.instant(filled(asked.query, span), span.instant, 2))


async def _whole(prometheus: Prometheus, asked: Asked, span: Span, made: Reading) -> Sequence[Slice]:
    """Return the value of a span and those of its groups. Raises Unfit."""
    total = await value_of(prometheus, asked, span)
    slices = [] if total is None else [Slice(total)]
    for label in asked.figure.by:
        groups = await _groups(prometheus, asked, span, label, made)
        slices += [Slice(value, ((label, group),)) for group, value in groups]
    return slices


async def _groups(
    prometheus: Prometheus, asked: Asked, span: Span, label: str, made: Reading
) -> Sequence[tuple[str, Decimal]]:
    query = f"topk({MOST_GROUPS + 1}, {filled(asked.query, span, label)})"
    found = await prometheus.instant(query, span.instant, MOST_GROUPS + 1)
    _whole_or_raise(found)
    named = [(text(line.labels.get(label, "")) or "–", line.values.values()) for line in found.lines]
    known = [(group, value) for group, values in named for value in values if value is not None]
    ranked = sorted(known, key=lambda one: (-one[1], one[0]))
    if len(ranked) > MOST_GROUPS:
        values = {"label": label, "most": MOST_GROUPS}
        note = Message("{label} has more than {most} groups: the largest are shown.", values)
        made.notes += [] if note in made.notes else [note]
    return list(dict(ranked[:MOST_GROUPS]).items())


async def _days(prometheus: Prometheus, asked: Asked, days: Sequence[Span]) -> dict[Span, Sequence[Slice] | None]:
    """Return the value of each day: () where there is none, None where there are no data at all. Raises Unfit."""
    found: dict[Span, Sequence[Slice] | None] = {}
    for run in _runs(days):
        query, first, last = filled(asked.query, run[0]), run[0], run[-1]
        if len(run) == 1:
            answer = await prometheus.instant(query, first.instant, 2)
        else:
            answer = await prometheus.range(query, first.instant, last.instant, str(first.seconds))
        _total(answer)
        values = answer.lines[0].values if answer.lines else {}
        for day in run:
            at = round(float(day.instant) * 1000)
            value = values.get(at)
            found[day] = (() if at in values else None) if value is None else (Slice(value),)
    return found


def _runs(days: Iterable[Span]) -> Iterator[Sequence[Span]]:
    """Yield days that follow each other and are of one length together."""
    run: list[Span] = []
    for day in sorted(days, key=lambda day: day.start):
        if run and not (day.start == run[-1].end and day.seconds == run[-1].seconds):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def filled(query: str, span: Span, label: str = "") -> str:
    """Return a query for a span: in all, or by a label."""
    step = -(-max(_FINEST, span.seconds // _POINTS) // _FINEST) * _FINEST
    return (
        query.replace("$window", f"{span.seconds}s")
        .replace("$step", f"{step}s")
        .replace("$by", f"by ({label})" if label else "")
        .replace("$le", f"by (le, {label})" if label else "by (le)")
    )


def _total(found: Found) -> Decimal | None:
    """Return the one value of a query. Raises Unfit where there are several, or only a part of the data came."""
    _whole_or_raise(found)
    if len(found.lines) > 1:
        raise Unfit("it gives several series: write sum(…) or the like around it")
    return next(iter(found.lines[0].values.values()), None) if found.lines else None


def _whole_or_raise(found: Found) -> None:
    if found.partial:
        raise Unfit("a part of the data did not come: {said}", said=text(found.partial))
    if found.histograms:
        raise Unfit("it gives native histograms, of which no number can be read: write histogram_quantile(…)")


def record_of(asked: Asked, span: Span, slices: Sequence[Slice]) -> Record:
    """Return the record of a figure's values over a span."""
    return sample(asked.figure.name, span.start, slices, span.end)
