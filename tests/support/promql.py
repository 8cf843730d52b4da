"""The part of PromQL that ARB's ready figures are made of, evaluated as Prometheus 3 does.

Selectors with matchers and ranges, subqueries, sum/avg/max/topk, rate (with its extrapolation and counter resets),
avg_over_time, max_over_time, histogram_quantile, + - * / and `or`.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]
_LOOKBACK = 300_000  # milliseconds that an instant selector looks back
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?![0-9a-zA-Z_]))|(?P<name>[a-zA-Z_][a-zA-Z0-9_:]*)|(?P<text>\"[^\"]*\")"
    r"|(?P<duration>[0-9]+[smhdw])|(?P<sign>!~|=~|!=|[-+*/(){}\[\],:=]))"
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGGREGATIONS = ("sum", "avg", "max", "topk")


class Wrong(Exception):
    """A query that cannot be evaluated: `kind` is Prometheus' errorType."""

    def __init__(self, kind: str, said: str) -> None:
        self.kind = kind
        super().__init__(said)


@dataclass
class Database:
    """Series by their labels: samples in order, at milliseconds since 1970."""

    series: dict[Labels, list[tuple[int, float]]] = field(default_factory=dict)

    def add(self, name: str, samples: Iterable[tuple[int, float]], **labels: str) -> None:
        """Add a series."""
        self.series[tuple(sorted({"__name__": name, **labels}.items()))] = list(samples)


@dataclass(frozen=True)
class _Range:
    """A range vector: what it holds at an instant, its length and where that ends."""

    series: Mapping[Labels, list[tuple[int, float]]]
    start: int
    end: int


_PUT: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "avg": lambda found: sum(found) / len(found),
}
Value = float | Vector | _Range
_Node = Callable[[int], Value]


def evaluate(database: Database, query: str, at: int) -> float | Vector:
    """Return what a query gives at an instant. Raises Wrong."""
    found = _Parser(database, query).whole()(at)
    if isinstance(found, _Range):
        raise Wrong("bad_data", 'invalid expression type "range vector"')
    return found


class _Parser:
    def __init__(self, database: Database, query: str) -> None:
        self._db = database
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(query.rstrip()):
            found = _TOKEN.match(query, at)
            if found is None or found.lastgroup is None:
                raise Wrong("bad_data", f"1:{at + 1}: parse error: unexpected character: {query[at : at + 1]!r}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self._at = 0

    def whole(self) -> _Node:
        node = self._or()
        if self._at < len(self._tokens):
            raise self._unexpected()
        return node

    def _or(self) -> _Node:
        node = self._sum()
        while self._taken("or"):
            node = _either(node, self._sum())
        return node

    def _sum(self) -> _Node:
        node = self._product()
        while (sign := self._one_of("+", "-")) is not None:
            node = _calculated(sign, node, self._product())
        return node

    def _product(self) -> _Node:
        node = self._part()
        while (sign := self._one_of("*", "/")) is not None:
            node = _calculated(sign, node, self._part())
        return node

    def _part(self) -> _Node:
        kind, text = self._next()
        if kind == "number":
            return lambda _: float(text)
        if text == "(":
            node = self._or()
            self._expect(")")
        elif kind == "name" and text in _AGGREGATIONS:
            node = self._aggregation(text)
        elif kind == "name" and self._peek() == "(":
            node = self._function(text)
        elif kind == "name":
            return self._selector(text)
        else:
            self._at -= 1
            raise self._unexpected()
        return self._subquery(node) if self._peek() == "[" else node

    def _selector(self, name: str) -> _Node:
        tests = [("__name__", "=", name), *(self._matchers() if self._taken("{") else [])]
        if not self._taken("["):
            return lambda at: {
                _bare(labels): found[-1][1]
                for labels, samples in self._selected(tests)
                if (found := _within(samples, at - _LOOKBACK, at))
            }
        length = self._duration()
        self._expect("]")
        return lambda at: _Range(
            {
                labels: found
                for labels, samples in self._selected(tests)
                if (found := _within(samples, at - length, at))
            },
            at - length,
            at,
        )

    def _matchers(self) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        while not self._taken("}"):
            name = self._next()[1]
            sign = self._one_of("=", "!=", "=~", "!~")
            kind, text = self._next()
            if sign is None or kind != "text":
                raise self._unexpected()
            found.append((name, sign, text[1:-1]))
            if not self._taken(",") and self._peek() != "}":
                raise self._unexpected()
        return found

    def _selected(self, tests: list[tuple[str, str, str]]) -> Iterable[tuple[Labels, list[tuple[int, float]]]]:
        for labels, samples in self._db.series.items():
            if all(_matches(dict(labels).get(name, ""), sign, text) for name, sign, text in tests):
                yield labels, samples

    def _subquery(self, inner: _Node) -> _Node:
        self._expect("[")
        length = self._duration()
        self._expect(":")
        step = self._duration()
        self._expect("]")

        def node(at: int) -> Value:
            series: dict[Labels, list[tuple[int, float]]] = defaultdict(list)
            for instant in range((at - length) // step * step + step, at + 1, step):
                for labels, value in _vector(inner(instant)).items():
                    series[labels].append((instant, value))
            return _Range(series, at - length, at)

        return node

    def _aggregation(self, name: str) -> _Node:
        by = self._labels() if self._taken("by") else ()
        self._expect("(")
        most = int(self._next()[1]) if name == "topk" else 0
        if most:
            self._expect(",")
        inner = self._or()
        self._expect(")")
        if most:
            return lambda at: dict(sorted(_vector(inner(at)).items(), key=lambda one: -one[1])[:most])

        def node(at: int) -> Value:
            groups: dict[Labels, list[float]] = defaultdict(list)
            for labels, value in _vector(inner(at)).items():
                groups[tuple(pair for pair in labels if pair[0] in by)].append(value)
            put = _PUT[name]
            return {labels: float(put(values)) for labels, values in groups.items()}

        return node

    def _labels(self) -> tuple[str, ...]:
        self._expect("(")
        found: list[str] = []
        while not self._taken(")"):
            found.append(self._next()[1])
            self._taken(",")
        return tuple(found)

    def _function(self, name: str) -> _Node:
        self._expect("(")
        inner = [self._or()]
        while self._taken(","):
            inner.append(self._or())
        self._expect(")")
        match name:
            case "rate":
                return lambda at: _each(inner[0](at), _rate)
            case "avg_over_time":
                return lambda at: _each(inner[0](at), lambda found, *_: sum(v for _, v in found) / len(found))
            case "max_over_time":
                return lambda at: _each(inner[0](at), lambda found, *_: max(v for _, v in found))
            case "histogram_quantile":
                return lambda at: _quantiles(inner[0](at), _vector(inner[1](at)))
            case _:
                raise Wrong("bad_data", f'1:1: parse error: unknown function with name "{name}"')

    def _duration(self) -> int:
        kind, text = self._next()
        if kind != "duration":
            raise self._unexpected()
        return int(text[:-1]) * _UNITS[text[-1]] * 1000

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise Wrong("bad_data", "1:1: parse error: unexpected end of input")
        self._at += 1
        return self._tokens[self._at - 1]

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _taken(self, text: str) -> bool:
        found = self._peek() == text
        self._at += found
        return found

    def _one_of(self, *texts: str) -> str | None:
        return next((text for text in texts if self._taken(text)), None)

    def _expect(self, text: str) -> None:
        if not self._taken(text):
            raise self._unexpected()

    def _unexpected(self) -> Wrong:
        return Wrong("bad_data", f"1:1: parse error: unexpected {self._peek() or 'end of input'!r}")


def _within(samples: list[tuple[int, float]], start: int, end: int) -> list[tuple[int, float]]:
    """Return the samples after `start` and up to `end`: a range is open on its left."""
    return samples[bisect_right(samples, (start, math.inf)) : bisect_right(samples, (end, math.inf))]


def _matches(value: str, sign: str, text: str) -> bool:
    same = re.fullmatch(text, value) is not None if "~" in sign else value == text
    return same != sign.startswith("!")


def _bare(labels: Labels) -> Labels:
    return tuple(pair for pair in labels if pair[0] != "__name__")


def _vector(value: Value) -> Vector:
    if not isinstance(value, dict):
        raise Wrong("bad_data", "expected type instant vector")
    return value


def _each(value: Value, put: Callable[[list[tuple[int, float]], int, int], float | None]) -> Vector:
    if not isinstance(value, _Range):
        raise Wrong("bad_data", "1:1: parse error: expected type range vector in call to function")
    found = {_bare(labels): put(samples, value.start, value.end) for labels, samples in value.series.items()}
    return {labels: one for labels, one in found.items() if one is not None}


def _rate(samples: list[tuple[int, float]], start: int, end: int) -> float | None:
    """Return what `extrapolatedRate` of Prometheus' promql/functions.go gives for a counter."""
    if len(samples) < 2:
        return None
    (first, value), (last, _) = samples[0], samples[-1]
    grown = sum(b if b < a else b - a for (_, a), (_, b) in pairwise(samples))
    sampled, between = last - first, (last - first) / (len(samples) - 1)
    before, after = float(first - start), float(end - last)
    before = between / 2 if before >= 1.1 * between else before
    if grown > 0 and value >= 0:
        before = min(before, sampled * value / grown)
    after = between / 2 if after >= 1.1 * between else after
    return grown * (sampled + before + after) / sampled / ((end - start) / 1000)


def _calculated(sign: str, one: _Node, other: _Node) -> _Node:
    def put(a: float, b: float) -> float:
        if sign == "/":
            return a / b if b else math.nan if a == 0 else math.inf
        return a + b if sign == "+" else a - b if sign == "-" else a * b

    def node(at: int) -> Value:
        left, right = one(at), other(at)
        if isinstance(left, float) and isinstance(right, float):
            return put(left, right)
        if isinstance(left, float):
            return {labels: put(left, value) for labels, value in _vector(right).items()}
        if isinstance(right, float):
            return {labels: put(value, right) for labels, value in _vector(left).items()}
        pairs = _vector(right)
        return {labels: put(value, pairs[labels]) for labels, value in _vector(left).items() if labels in pairs}

    return node


def _either(one: _Node, other: _Node) -> _Node:
    return lambda at: {**_vector(other(at)), **_vector(one(at))}


def _quantiles(part: Value, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, value in buckets.items():
        edge = dict(labels).get("le", "")
        groups[tuple(pair for pair in labels if pair[0] != "le")].append((float(edge.replace("+Inf", "inf")), value))
    if not isinstance(part, float):
        raise Wrong("bad_data", "expected type scalar")
    return {labels: _quantile(part, sorted(found)) for labels, found in groups.items()}


def _quantile(part: float, buckets: list[tuple[float, float]]) -> float:
    total = buckets[-1][1]
    if len(buckets) < 2 or total == 0 or not math.isinf(buckets[-1][0]):
        return math.nan
    rank = part * total
    at = next(n for n, (_, count) in enumerate(buckets) if count >= rank)
    if at == len(buckets) - 1:
        return buckets[-2][0]
    (below, before) = buckets[at - 1] if at else (0.0, 0.0)
    edge, count = buckets[at]
    return below + (edge - below) * (rank - before) / (count - before)
