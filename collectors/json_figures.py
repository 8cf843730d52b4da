"""What is measured: figures that an expression finds in an answer, or totals of the entries of a list.

`open_tickets "Open" (unit=count) = length(items)` · `revenue (unit=krw by=country) = sum amount where status=paid`
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from collectors.definitions import Definition, definitions
from collectors.json_paths import expression
from collectors.measured import Figure, text
from model.form import Unfit
from model.measured import How, Pairs
from model.ready import NAME
from model.record import Record
from model.unit import Unit

ENTRIES = "entries"  # the one set that such a source holds
_MOST = 30  # labels, and numbers
_TOTAL = re.compile(
    r"(?P<how>count|share|sum|mean|min|max|median|p90|p95|p99)(?:\s+(?P<of>(?!where\b)[a-z]\w*))?"
    r"(?:\s+where\s+(?P<where>.+))?"
)
_UNITS: Mapping[str, Unit] = {"count": Unit.COUNT, "share": Unit.SHARE}


@dataclass(frozen=True, slots=True)
class Total:
    """A figure that is made of entries."""

    figure: Figure
    said: str
    of: str
    where: Pairs

    def gauge(self, since: datetime | None) -> Record:
        """Return the record that defines it; what happened before `since` is not held."""
        return self.figure.gauge(query=self.said, entries=ENTRIES, of=self.of, where=self.where, since=since)


def named(written: str) -> Mapping[str, str]:
    """Return expressions by the name of the label or number that each finds, one a line. Raises Unfit.

    On a line of chat a semicolon stands between two.
    """
    found: dict[str, str] = {}
    for line in re.split(r"[\n;]", written):
        name, equals, where = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not equals or not NAME.fullmatch(name) or name in found:
            raise Unfit("write one name = expression a line, as status = state: not {line}", line=text(line))
        found[name] = expression(where)
    if len(found) > _MOST:
        raise Unfit("these are {n}, more than {most}", n=len(found), most=_MOST)
    return found


def figures(written: str) -> Iterator[tuple[Figure, str]]:
    """Yield figures with the expressions that find them. Raises Unfit."""
    for one in definitions(written):
        yield one.figure, expression(one.body)


def totals(written: str, labels: Collection[str], numbers: Collection[str]) -> Iterator[Total]:
    """Yield totals of entries with these labels and numbers. Raises Unfit."""
    for one in definitions(written):
        yield _total(one, labels, numbers)


def _total(one: Definition, labels: Collection[str], numbers: Collection[str]) -> Total:
    parts = _TOTAL.fullmatch(one.body)
    if parts is None:
        raise Unfit("{said} is no total: write count, or sum amount where status=paid", said=text(one.body))
    how, of = cast(How, parts["how"]), parts["of"] or ""
    where = tuple(_pair(pair) for pair in parts["where"].split(",")) if parts["where"] else ()
    unknown = [name for name in (*one.figure.by, *(name for name, _ in where)) if name not in labels]
    unknown += [of] if of and of not in numbers else []
    if unknown:
        raise Unfit("{name} is neither a label nor a number of the entries", name=text(unknown[0]))
    if bool(of) == (how in _UNITS) or (how == "share" and not where):
        raise Unfit("{said} is not whole: write count, sum amount, or share where status=paid", said=text(one.body))
    if one.figure.how is not None:
        raise Unfit("leave how away: it is what stands after the =")
    figure = replace(one.figure, how=how, unit=one.figure.unit or _UNITS.get(how))
    return Total(figure, one.body, of, where)


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in written.partition("="))
    if not equals or not value:
        raise Unfit("{said} is no condition: write status=paid", said=text(written))
    return name, value
