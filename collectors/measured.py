"""Records of what a source measures: their keys, so that what is measured again takes the place of what was."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from model.form import Unfit
from model.measured import Entry, Gauge, How, Listing, Pairs, Sample, Slice, Together
from model.ready import MOST_TITLE, NAME, TAKEN, ready_of
from model.record import Record
from model.unit import Better, Unit
from model.window import Window

MOST_SLICES = 500  # values of one sample
MOST_GROUP = 120  # characters of a group's name
_START = datetime(1970, 1, 1, tzinfo=UTC)  # a definition has no date: it is there in every window
_TICK = timedelta(microseconds=1)
_LARGEST = Decimal(10) ** 18
_PLACES = Decimal("1e-9")
_WRITTEN = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
_SHOWN = 12  # digits of a value in a title


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as an owner defines it; what he leaves open is as usual for a metric of its name."""

    name: str
    title: str = ""
    unit: Unit | None = None
    better: Better | None = None
    how: How | None = None
    by: tuple[str, ...] = ()
    together: Together | None = None

    def __post_init__(self) -> None:
        for one in (self.name, *self.by):
            if not NAME.fullmatch(one):
                raise Unfit("{name} is no name: write a–z, 0–9 and _, a letter first", name=text(one))
        if self.name in TAKEN:
            raise Unfit("{name} is a figure of git or GitHub: choose another name", name=self.name)

    @property
    def usual_how(self) -> How:
        """How it is made, as its owner says or as is usual."""
        return self.how or ready_of(self.name).how

    def gauge(
        self,
        *,
        query: str = "",
        entries: str = "",
        of: str = "",
        where: Pairs = (),
        since: datetime | None = None,
        known: bool | None = None,
    ) -> Record:
        """Return the record that defines the figure."""
        usual = ready_of(self.name)
        body = Gauge(
            self.unit or usual.unit,
            self.better or usual.better,
            self.usual_how,
            self.by,
            self.together or usual.together,
            entries,
            of,
            where,
            since,
            query,
            known,
        )
        return Record(self.name, _START, None, text(self.title, MOST_TITLE), None, body)


def sample(metric: str, at: datetime, slices: Sequence[Slice], until: datetime | None = None) -> Record:
    """Return what a metric measured at an instant, or over the span until another one; raises Unfit."""
    if len(slices) > MOST_SLICES:
        raise Unfit("these are {n} groups, more than {most}", n=len(slices), most=MOST_SLICES)
    end = until or at
    key = f"{metric} {at.isoformat()}" + ("" if end == at else f" {end.isoformat()}")
    whole = next((one.value for one in slices if not one.labels), slices[0].value if len(slices) == 1 else None)
    title = metric if whole is None else f"{metric} = {plain(whole)}"
    return Record(key, at, end, title, None, Sample(metric, tuple(slices)))


def stands_at(now: datetime, window: Window) -> datetime | None:
    """Return the instant that counts for what is read now and stands for a window's end; None: that is too long ago.

    A report on last week, run on Monday, says how things stand now; one on a week in spring cannot.
    """
    if now < window.end:
        return now if now >= window.start else None
    return window.end - _TICK if now - window.end <= window.end - window.start else None


def listing(name: str, title: str, body: Listing) -> Record:
    """Return rows as they stand, under the name that templates show them by."""
    return Record(name, _START, None, text(title, MOST_TITLE), None, body)


def entry(
    of: str,
    key: str,
    at: datetime,
    title: str,
    labels: Pairs = (),
    numbers: Sequence[tuple[str, Decimal]] = (),
    url: str | None = None,
) -> Record:
    """Return something that happened; its key is stable in its set."""
    return Record(f"{of} {key}", at, at, title, url, Entry(of, labels, tuple(numbers)))


def number(value: object) -> Decimal:
    """Return a measured value, at most nine decimal places of it; raises Unfit where it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise Unfit("it is no number")
    written = str(value).strip() if isinstance(value, str | float) else None
    if isinstance(value, str) and not _WRITTEN.fullmatch(written or ""):
        raise Unfit("it is no number")
    found = Decimal(value if written is None else written)
    if not found.is_finite():
        raise Unfit("it is not finite")
    if abs(found) >= _LARGEST:
        raise Unfit("it is larger than ARB counts")
    exponent = found.as_tuple().exponent
    return found.quantize(_PLACES) if isinstance(exponent, int) and exponent < -9 else found


def text(value: str, most: int = MOST_GROUP) -> str:
    """Return text from outside on one line, without control and invisible characters, cut to a length."""
    if len(value) <= most and value.isprintable():  # most texts are
        return " ".join(value.split())
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in value[: 4 * most])
    flat = " ".join(kept.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def plain(value: Decimal) -> str:
    """Return a value as one would type it: "42", "0.5"."""
    shown = f"{value.normalize():f}"
    return shown if len(shown) <= _SHOWN else f"{value:.{_SHOWN}g}"
