"""A text section: Jinja2 in a sandbox, then Markdown, then a tree of plain values. Runs in the render child only.

What a template has: if, for, set, with, macro; the filters and methods named below; `range`. What it has not: files,
other templates, `format`, `attr`, `map(attribute=…)`, `lipsum`, `cycler`, `joiner`, `namespace`, `dict`, filter blocks.
What a macro or a set block gives back is text, not markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Literal, cast

from jinja2 import StrictUndefined, TemplateError, TemplateRuntimeError, TemplateSyntaxError, nodes, pass_context
from jinja2 import Template as Compiled
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from model.language import Language
from model.particles import particle
from model.unit import Unit
from writers.prose import Block, blocks, link, quote

MOST_TEXT = 256 << 10  # bytes a text section may write, and bytes of its tree
MOST_RANGE = 10_000

Kind = Literal["syntax", "unknown", "filter", "forbidden", "printed", "failed", "memory", "output"]

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.FilterBlock: "filter",
    nodes.ScopedEvalContextModifier: "autoescape",
}
_FILTERS = (
    "abs", "batch", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "join",
    "last", "length", "list", "lower", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select",
    "selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip
_ATTRIBUTES: dict[type, frozenset[str]] = {
    dict: frozenset({"get", "items", "keys", "values"}),
    str: frozenset({"endswith", "lower", "split", "startswith", "strip", "upper"}),
    LoopContext: frozenset(
        {"changed", "cycle", "depth", "first", "index", "index0", "last", "length", "nextitem", "previtem"}
        | {"revindex", "revindex0"}
    ),
}
_GROUP = frozenset({"grouper", "list"})
_LANGUAGES = {"en": Language("en"), "ko": Language("ko")}


class Fault(Exception):
    """What is wrong with a template; `word` is the name it is about."""

    def __init__(self, kind: Kind, word: str | None = None, _jinja: str = "", line: int | None = None) -> None:
        self.kind: Kind = kind
        self.word = word
        self.line = line
        super().__init__(kind)


def answer(request: bytes) -> bytes:
    """Return the tree of a request as JSON, or what is wrong with its template."""
    source = ""
    try:
        asked = json.loads(request)
        source = asked["source"]
        reply = json.dumps({"blocks": render(source, asked["data"])}).encode()
        if len(reply) > MOST_TEXT:
            raise Fault("output")
        return reply
    except (Fault, TemplateError, MemoryError, RecursionError) as error:
        fault = _fault(error, source)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        fault = {"kind": "failed", "line": _line(error.__traceback__)}
    return json.dumps({"fault": fault}).encode()


def render(source: str, data: Mapping[str, object]) -> list[Block]:
    """Return the tree that `source` writes about `data` (JSON values).

    Raises:
        Fault, jinja2.TemplateError: the template is wrong; whatever Python raises when values do not fit.
    """
    for node in _SANDBOX.parse(source).find_all(tuple(_REFUSED)):
        raise Fault("forbidden", _REFUSED[type(node)], line=node.lineno)
    template = _SANDBOX.from_string(source)
    pieces: list[str] = []
    size = 0
    for piece in template.root_render_func(template.new_context(dict(data))):
        size += len(piece.encode("utf-8", "replace"))
        if size > MOST_TEXT:
            raise Fault("output")
        pieces.append(piece)
    return blocks("".join(pieces))


def _fault(error: Exception, source: str) -> dict[str, object]:
    """Return an error as JSON; a word goes along only where the template itself says it, so it is never data."""
    line = _line(error.__traceback__)
    match error:
        case Fault():
            word = error.word if error.word and error.word in source else None
            return {"kind": error.kind, "line": error.line or line, "word": word}
        case TemplateSyntaxError():
            named = re.match(r"No (?:filter|test) named '([^']*)'", error.message or "")
            if named:
                return {"kind": "filter", "line": error.lineno, "word": named[1]}
            return {"kind": "syntax", "line": error.lineno, "detail": (error.message or "")[:200].rstrip(".")}
        case SecurityError():
            return {"kind": "forbidden", "line": line}
        case MemoryError():
            return {"kind": "memory", "line": line}
        case _:
            return {"kind": "failed", "line": line}


def _line(trace: TracebackType | None) -> int | None:
    """Return the template's line that was at work."""
    line = None
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Compiled):
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


class _Missing(StrictUndefined):
    """A name that is not there, or must not be used: either is an error as soon as it is needed."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[TemplateRuntimeError] = TemplateRuntimeError,
    ) -> None:
        kind: Kind = "forbidden" if exc is SecurityError else "unknown"
        raising = partial(Fault, kind, name if isinstance(name, str) else None)
        super().__init__(hint, obj, name, cast(type[TemplateRuntimeError], raising))


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with plain data, and of its methods and attributes only those that are listed."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        listed = _GROUP if isinstance(obj, tuple) else _ATTRIBUTES.get(type(obj), frozenset())
        return attr in listed and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]  # a key called "items" is the key, not the method
        return super().getattr(obj, attribute)

    def wrap_str_format(self, _value: object) -> Callable[..., str] | None:
        return None  # no format at all, not even a sandboxed one


def _printed(value: object) -> str:
    """Return what {{ value }} writes: quoted text."""
    match value:
        case str():
            return quote(value)
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return quote(str(value))
        case Undefined():
            return str(value)  # raises
        case _:
            raise Fault("printed")


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MOST_RANGE:
        raise Fault("forbidden", "range")
    return made


@pass_context
def _map(context: Context, values: object, *names: object, **extra: object) -> Iterator[object]:
    if extra or not names:
        raise Fault("forbidden", "attribute" if "attribute" in extra else "map")
    mapped: Iterator[object] = FILTERS["map"](context, values, *names)
    return mapped


def _link(value: object, key: object = None) -> str:
    """Return a link to a record: {{ commit | link }}, or {{ commit.short | link(commit.key) }}."""
    if isinstance(value, Mapping):
        return link(str(value["title"]), str(value["key"]))
    return link(str(value), str(key))


@pass_context
def _figure(context: Context, value: float | None, unit: Unit) -> str:
    if value is None:
        return "–"
    language = _LANGUAGES.get(str(context.get("language")), _LANGUAGES["en"])
    return language.figure(Decimal(str(value)), unit)


@pass_context
def _number(context: Context, value: float | None) -> str:
    return _figure(context, value, Unit.COUNT)


@pass_context
def _days(context: Context, value: float | None) -> str:
    return _figure(context, value, Unit.DAYS)


def _josa(word: str, pair: str) -> str:
    """Return a word with the particle that fits it: {{ name | josa("이/가") }}."""
    return word + particle(word, pair)


def _sandbox() -> _Sandbox:
    made = _Sandbox(undefined=_Missing, finalize=_printed, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    made.filters = {name: FILTERS[name] for name in _FILTERS}
    made.filters |= {"map": _map, "link": _link, "number": _number, "days": _days, "josa": _josa}
    made.globals = {"range": _range}
    return made


_SANDBOX = _sandbox()
