"""Figures as an owner writes them, one below the other; what asks for each is in the language of its source.

    orders = select count(*) from orders where created_at >= :start and created_at < :end
    revenue "Net revenue" (unit=krw by=region) =
        select region, sum(amount) from orders
        where created_at >= :start and created_at < :end group by region
    # a line that starts like this is a note
    table low "Running low" (rows=20) = select name, stock from products where stock < 10

What continues a definition is indented. Options: unit, better (more, less, neither), how, by, together; a source may
know more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, cast, get_args

from pydantic import Field

from collectors.measured import Figure, text
from model.form import Option, Unfit
from model.language import Message
from model.measured import How, Together
from model.unit import Better, Unit

MOST = 60  # definitions of one source
_HEAD = re.compile(
    r"(?:(?P<word>[a-z]+)[ \t]+)?(?P<name>[^\s=()\"“”]+)(?:[ \t]+[\"“](?P<title>[^\"”]*)[\"”])?"
    r"(?:[ \t]*\((?P<options>[^()]*)\))?[ \t]*=(?P<body>.*)"
)
_OPTION = re.compile(r"([a-z]+)=([^\s=]+)")
_BETTER = {"more": Better.MORE, "less": Better.LESS, "neither": Better.NEITHER}
Text = Annotated[str, Field(max_length=20_000), Option(Message("Figures"), example="orders = …", long=True)]


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure, or one table, and what asks for it."""

    word: str  # "" for a figure, else what it is instead: "table"
    figure: Figure
    body: str
    more: Mapping[str, str] = field(default_factory=dict[str, str])  # options of this kind of source


@dataclass(frozen=True, slots=True)
class Part:
    """A definition as it is written."""

    name: str
    text: str
    body: str  # what asks for it


def definitions(written: str, words: Collection[str] = (), more: Collection[str] = ()) -> tuple[Definition, ...]:
    """Return what an owner wrote, in order; `words` may stand before a name, `more` are further options.

    Raises:
        Unfit: a line is none of it; it names the line.
    """
    found: dict[str, Definition] = {}
    for number, lines in _parts(written):
        try:
            one = _definition(lines, words, more)
            if one.figure.name in found:
                raise Unfit("{name} is defined twice", name=one.figure.name)
        except Unfit as unfit:
            raise Unfit("line {n}: {problem}", n=number, problem=unfit.message) from None
        found[one.figure.name] = one
    if len(found) > MOST:
        raise Unfit("these are {n} figures, more than {most}", n=len(found), most=MOST)
    return tuple(found.values())


def parts(written: str) -> tuple[Part, ...]:
    """Return the definitions as text, whatever is right or wrong about each."""
    found = []
    for _, lines in _parts(written):
        head = _HEAD.fullmatch(lines[0])
        name, body = (head["name"], head["body"].strip()) if head else (lines[0].split("=")[0].strip(), "")
        found.append(Part(name, "\n".join(lines), "\n".join([body, *(line.strip() for line in lines[1:])]).strip()))
    return tuple(found)


def written(one: Definition) -> str:
    """Return a definition as one would write it."""
    figure = one.figure
    options = {
        "unit": figure.unit,
        "better": None if figure.better is None else figure.better.name.lower(),
        "how": figure.how,
        "by": ",".join(figure.by),
        "together": figure.together,
        **one.more,
    }
    said = " ".join(f"{name}={value}" for name, value in options.items() if value)
    title = figure.title.replace('"', "'")
    head = " ".join(filter(None, (one.word, figure.name, title and f'"{title}"', said and f"({said})")))
    lines = one.body.strip().splitlines()
    if len(lines) == 1:
        return f"{head} = {lines[0]}"
    return "\n".join((f"{head} =", *(f"    {line.strip()}" for line in lines)))


def _parts(written: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each definition's lines with the number of the first one."""
    lines: list[str] = []
    first = 0
    for number, line in enumerate(written.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] in " \t" and lines:
            lines.append(line)
            continue
        if lines:
            yield first, lines
        first, lines = number, [line.strip()]
    if lines:
        yield first, lines


def _definition(lines: list[str], words: Collection[str], more: Collection[str]) -> Definition:
    head = _HEAD.fullmatch(lines[0])
    if head is None or (head["word"] and head["word"] not in words):
        raise Unfit("write name = what asks for it, and indent what continues it")
    body = "\n".join([head["body"].strip(), *lines[1:]]).strip()
    if not body:
        raise Unfit("{name} asks for nothing", name=text(head["name"]))
    figure, rest = _figure(Figure(head["name"], head["title"] or ""), head["options"] or "", more)
    return Definition(head["word"] or "", figure, body, rest)


def _figure(figure: Figure, options: str, more: Collection[str]) -> tuple[Figure, Mapping[str, str]]:
    rest: dict[str, str] = {}
    for option in options.split():
        found = _OPTION.fullmatch(option)
        if found is None:
            raise Unfit("{option} is no option: write unit=krw by=region", option=text(option))
        name, value = found[1], found[2]
        if name in more:
            rest[name] = value
        else:
            figure = _with(figure, name, value)
    return figure, rest


def _with(figure: Figure, name: str, value: str) -> Figure:
    """Return the figure with an option; raises Unfit where there is no such option, or no such value of it."""
    match name:
        case "unit":
            return replace(figure, unit=Unit(_one_of(value, list(Unit))))
        case "better":
            return replace(figure, better=_BETTER[_one_of(value, list(_BETTER))])
        case "how":
            return replace(figure, how=cast("How", _one_of(value, get_args(How))))
        case "together":
            return replace(figure, together=cast("Together", _one_of(value, get_args(Together))))
        case "by":
            return replace(figure, by=tuple(filter(None, value.split(","))))
        case _:
            raise Unfit("there is no option {name}: there are unit, better, how, by and together", name=text(name))


def _one_of(value: str, known: Collection[str]) -> str:
    if value not in known:
        raise Unfit("{value} is none of {names}", value=text(value), names=", ".join(known))
    return value
