"""Enough of GraphQL to answer a query: selections with aliases, arguments and inline fragments over plain values.

A value that is a function is given the arguments; a list is a connection: it takes `first`, 1 to 100.
A field that the value does not have is refused, as a schema would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r'\s*,*\s*("(?:\\.|[^"\\])*"|\.\.\.|[A-Za-z_]\w*|-?\d+|[{}():\[\]!$])\s*,*')


class Refused(Exception):
    """A part that cannot be answered."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass
class Selected:
    """One field of a selection."""

    alias: str
    name: str
    arguments: dict[str, Any]
    inner: list[Selected] | None


def parse(text: str) -> list[Selected]:
    """Return what a query selects."""
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Refused("PARSE", f"Parse error on {text[at : at + 10]!r}")
        tokens.append(found[1])
        at = found.end()
    left = iter(tokens)
    assert next(left) == "query"
    assert next(left) == "{"
    selected, _ = _selection(left)
    return selected


def _selection(left: Iterator[str]) -> tuple[list[Selected], str]:
    """Return the fields up to the brace that closes them."""
    found: list[Selected] = []
    token = next(left)
    while token != "}":
        if token == "...":
            assert next(left) == "on"
            next(left)
            assert next(left) == "{"
            found += _selection(left)[0]
            token = next(left)
            continue
        alias = name = token
        token = next(left)
        if token == ":":
            name, token = next(left), next(left)
        arguments: dict[str, Any] = {}
        if token == "(":
            arguments, token = _object(left, ")"), next(left)
        inner = None
        if token == "{":
            inner, token = _selection(left)[0], next(left)
        found.append(Selected(alias, name, arguments, inner))
    return found, token


def _object(left: Iterator[str], end: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while (name := next(left)) != end:
        assert next(left) == ":"
        value = next(left)
        found[name] = _object(left, "}") if value == "{" else json.loads(value) if value[0] in '"-0123456789' else value
    return found


class Answering:
    """One answer; `errors` as GitHub forms them."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []

    def walk(self, value: Any, selected: Sequence[Selected], path: tuple[str | int, ...] = ()) -> Any:
        """Return what is selected of a value."""
        if isinstance(value, list):
            return [self.walk(one, selected, (*path, n)) for n, one in enumerate(value)]
        return {field.alias: self._field(value, field, (*path, field.alias)) for field in selected}

    def _field(self, value: Any, field: Selected, path: tuple[str | int, ...]) -> Any:
        try:
            if field.name not in value:
                raise Refused("undefinedField", f"Field '{field.name}' doesn't exist")
            found = value[field.name]
            found = found(field.arguments) if callable(found) else found
            if isinstance(found, list) and field.inner is not None and field.name != "nodes":
                found = _connection(found, field)
        except Refused as refused:
            self.errors.append({"type": refused.kind, "path": list(path), "message": str(refused)})
            return None
        if field.inner is None or found is None:
            return found
        return self.walk(found, field.inner, path)


def _connection(things: list[Any], field: Selected) -> dict[str, Any]:
    first = field.arguments.get("first")
    if first is None and any(inner.name == "nodes" for inner in field.inner or ()):
        raise Refused("MISSING_PAGINATION_BOUNDARIES", f"You must provide a `first` value on `{field.name}`")
    if first is not None and not 1 <= first <= 100:
        raise Refused("EXCESSIVE_PAGINATION", f"Requesting {first} records exceeds the `first` limit of 100")
    start = int(field.arguments["after"].removeprefix("at:")) if field.arguments.get("after") else 0
    end = min(len(things), start + (first or 0))
    page = {"hasNextPage": end < len(things), "endCursor": f"at:{end}" if end > start else None}
    return {"nodes": things[start:end], "pageInfo": page, "totalCount": len(things)}
