"""What people write down to be measured, one line each: figures of an answer, and totals of the entries of a list.

`open_tickets, count, Open tickets = length(items)` · `revenue, krw = sum amount by country where status=paid`
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from collectors.json_paths import expression
from model.form import Unfit
from model.measured import Gauge, How
from model.ready import MOST_TITLE, NAME, READY, TAKEN, ready_of
from model.unit import Unit

ENTRIES = "entries"  # the one set that such a source holds
_T = TypeVar("_T")
_MOST = 30  # of a kind
_TOTAL = re.compile(
    r"(?P<how>count|share|sum|mean|min|max|median|p90|p95|p99)(?: +(?P<of>(?!by |where )[a-z]\w*))?"
    r"(?: +by +(?P<by>[a-z]\w*(?: *, *[a-z]\w*)*))?(?: +where +(?P<where>.+))?"
)
_COUNTING = ("count", "share")
Named = tuple[str, str, Unit]  # name, title ("" of a ready-made one) and unit


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands left and right of each "="; on a line of chat a semicolon stands between two. Raises Unfit."""
    given = [part.strip() for part in re.split(r"[\n;]", text) if part.strip()]
    if len(given) > _MOST:
        raise Unfit("write at most {most} lines", most=_MOST)
    for line in given:
        left, equals, right = line.partition("=")
        if not equals or not left.strip() or not right.strip():
            raise Unfit("“{line}” lacks something on a side of its =", line=line[:60])
        yield left.strip(), right.strip()


def named(text: str) -> Mapping[str, str]:
    """Return expressions by the name of the label or number that each one finds. Raises Unfit."""
    found: dict[str, str] = {}
    for name, where in lines(text):
        if not NAME.fullmatch(name) or name in found:
            raise Unfit("“{name}” is no name, or is there twice: write small letters, as status", name=name[:60])
        found[name] = expression(where)
    return found


def figures(text: str) -> Mapping[str, tuple[Named, str]]:
    """Return figures by name, each with the expression that finds it. Raises Unfit."""
    return _defined(text, expression)


def totals(text: str, labels: Sequence[str], numbers: Sequence[str]) -> Mapping[str, tuple[Named, Gauge]]:
    """Return totals by name, each with its gauge. Raises Unfit."""
    found = _defined(text, lambda said: _total(said, labels, numbers))
    return {name: (of, _gauge(of, gauge)) for name, (of, gauge) in found.items()}


def gauge_of(of: Named, how: How, query: str) -> Gauge:
    """Return the gauge of a figure that is found whole."""
    ready = ready_of(of[0])
    return Gauge(of[2], ready.better, how, together=ready.together, query=query)


def since_of(gauge: Gauge, since: datetime | None) -> Gauge:
    """Return a gauge of entries that are held since an instant; None: all of them are."""
    return replace(gauge, since=since)


def _gauge(of: Named, gauge: Gauge) -> Gauge:
    unit = of[2] if gauge.how not in _COUNTING else Unit.COUNT if gauge.how == "count" else Unit.SHARE
    return Gauge(
        unit, ready_of(of[0]).better, gauge.how, gauge.by, entries=ENTRIES, of=gauge.of, where=gauge.where,
        query=gauge.query,
    )  # fmt: skip


def _defined(text: str, read: Callable[[str], _T]) -> Mapping[str, tuple[Named, _T]]:
    found: dict[str, tuple[Named, _T]] = {}
    for left, right in lines(text):
        name, unit, title = (*(part.strip() for part in left.split(",", 2)), "", "")[:3]
        if not NAME.fullmatch(name) or name in TAKEN or name in found:
            raise Unfit("“{name}” is taken, there twice or no name: write it as open_tickets", name=name[:60])
        if unit and unit.lower() not in set(Unit):
            raise Unfit("{unit} is no unit: use one of {units}", unit=unit[:60], units=", ".join(Unit))
        kept = Unit(unit.lower()) if unit else ready_of(name).unit
        shown = title[:MOST_TITLE] or ("" if name in READY else name)
        found[name] = (name, shown, kept), read(right)
    return found


def _total(said: str, labels: Sequence[str], numbers: Sequence[str]) -> Gauge:
    parts = _TOTAL.fullmatch(said)
    if parts is None:
        raise Unfit("“{said}” is no total: write count by status, or sum amount where status=paid", said=said[:60])
    how = cast(How, parts["how"])
    by = tuple(name.strip() for name in parts["by"].split(",")) if parts["by"] else ()
    where = tuple(_pair(one) for one in parts["where"].split(",")) if parts["where"] else ()
    unknown = [name for name in (*by, *(name for name, _ in where)) if name not in labels]
    unknown += [parts["of"]] if parts["of"] and parts["of"] not in numbers else []
    if unknown:
        raise Unfit("“{name}” is neither a label nor a number of the entries", name=unknown[0][:60])
    if bool(parts["of"]) == (how in _COUNTING) or (how == "share" and not where):
        raise Unfit("“{said}” lacks what it is of: write sum amount, count, or share where status=paid", said=said[:60])
    return Gauge(Unit.NUMBER, ready_of("").better, how, by, of=parts["of"] or "", where=where, query=said)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise Unfit("“{said}” is no condition: write status=paid", said=text.strip()[:60])
    return name, value
