"""A manifest as text: TOML, checked field by field; what is wrong is told with its place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from analyzers.metrics import NAMES, groups_by
from model.errors import TemplateError, UsageError
from model.language import Message
from model.report import ChartSection, FiguresSection, TableSection, Template, TextSection
from model.window import parse_window

_SOME_DAY = datetime(2026, 1, 15, tzinfo=UTC)  # a window's words are checked as seen from any day
_SECTION = re.compile(r"(?m)^[ \t]*\[\[[ \t]*sections[ \t]*\]\]")


def manifest_of(text: str, file: str) -> dict[str, object]:
    """Return what a manifest says; raises TemplateError with line and column where it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        end = (text.count("\n") + 1, len(text.rpartition("\n")[2]) + 1)
        line, column = (int(where[1]), int(where[2])) if where else end
        raise TemplateError(
            "Template file {file} is not valid TOML: line {line}, column {column}.",
            hint=Message("Look for a missing quote, bracket or comma there or just before."),
            file=file,
            line=line,
            column=column,
        ) from error


def template_of(name: str, manifest: Mapping[str, object], text: str, file: str, version: int = 1) -> Template:
    """Return the template that a manifest describes; `text` is only looked at to name the line of what is wrong.

    Raises:
        TemplateError: a field does not fit; it names field and line.
    """
    for taken in ("name", "version"):
        if taken in manifest:
            raise wrong_field(file, taken, Message("it follows from the command"), _line(text, (taken,)))
    try:
        made = Template.model_validate({"name": name, "version": version, **manifest})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise wrong_field(file, _path(first["loc"]), _reason(first), _line(text, first["loc"])) from error
    for place, problem in _senseless(made):
        raise wrong_field(file, _path(place), problem, _line(text, place))
    return made


def check_texts(made: Template, text: str, file: str) -> None:
    """Raise TemplateError where a text section has no text, or a text no section."""
    wanted = {section.file: n for n, section in enumerate(made.sections) if isinstance(section, TextSection)}
    for name, number in wanted.items():
        if name not in made.texts:
            place = ("sections", number, "file")
            problem = Message("there is no {name} under [texts]", {"name": name})
            raise wrong_field(file, _path(place), problem, _line(text, place))
    for name in made.texts:
        if name not in wanted:
            problem = Message("no section shows {name}", {"name": name})
            raise wrong_field(file, "texts", problem, _line(text, ("texts", name)))


def wrong_field(file: str, field: str, problem: Message, line: int | None = None) -> TemplateError:
    """Return the error for a field that does not fit."""
    place = problem if line is None else Message("{problem}, line {line}", {"problem": problem, "line": line})
    return TemplateError(
        "Template file {file}: {field} does not fit ({problem}).",
        hint=Message("Compare it with the manifest of the template weekly."),
        file=file,
        field=field,
        problem=place,
    )


def _senseless(made: Template) -> Iterator[tuple[tuple[int | str, ...], Message]]:
    """Yield what has the right form and can never show anything."""
    try:
        parse_window(made.window, _SOME_DAY, "UTC")
    except UsageError:
        yield ("window",), Message("write last week, yesterday or 7d")
    known = {*NAMES, *made.own}
    for number, section in enumerate(made.sections):
        match section:
            case FiguresSection():
                yield from _unknown(number, "metrics", section.metrics, known)
            case TableSection():
                grouped = {name for name in known if groups_by(name, section.by)}
                yield from _unknown(number, "metrics", section.metrics, grouped)
            case ChartSection():
                grouped = {name for name in known if groups_by(name, section.by)}
                yield from _unknown(number, "metric", (section.metric,), grouped)
            case _:
                pass


def _unknown(
    number: int, field: str, metrics: Iterable[str], known: Iterable[str]
) -> Iterator[tuple[tuple[int | str, ...], Message]]:
    names = sorted(known)
    for metric in metrics:
        if metric not in names:
            values = {"metric": metric, "names": ", ".join(names)}
            yield ("sections", number, field), Message("there is no “{metric}” to show here, only {names}", values)


def _reason(error: ErrorDetails) -> Message:
    """Return pydantic's complaint in words that both languages have."""
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return Message("it is missing")
        case "extra_forbidden":
            return Message("there is no such field")
        case "literal_error":
            return Message("choose one of {names}", {"names": str(context["expected"]).replace("'", "")})
        case "union_tag_invalid" | "union_tag_not_found":
            return Message(
                "show is one of {names}", {"names": "figures, items, happened, chart, table, text, own, listing"}
            )
        case "string_type":
            return Message("it must be text in quotes")
        case "too_short" | "too_long" | "greater_than_equal" | "less_than_equal":
            return Message("too many, too few, too large or too small")
        case "string_pattern_mismatch":
            return Message("only a–z, 0–9 and - go there")
        case _:
            return Message("it is not of the right kind")


def _line(text: str, location: tuple[int | str, ...]) -> int | None:
    """Return the line where a field stands, or its section where the field itself is not there."""
    at, words = 0, [step for step in location if isinstance(step, str)]
    if location[:1] == ("sections",) and len(location) > 1 and isinstance(location[1], int):
        starts = [match.start() for match in _SECTION.finditer(text)]
        if location[1] >= len(starts):
            return None
        at = starts[location[1]]
    for word in reversed(words):
        key = re.compile(rf"(?m)^[ \t]*(?:\[[ \t]*)?[\"']?{re.escape(word)}[\"']?[ \t]*[=\]]")
        found = key.search(text, at)
        if found:
            return text.count("\n", 0, found.start()) + 1
    return text.count("\n", 0, at) + 1 if at else None


def _path(location: tuple[int | str, ...]) -> str:
    """Return where a field stands, counted from 1 as people do: "sections 2, metrics"."""
    words = ""
    for step in location:
        words += f" {step + 1}" if isinstance(step, int) else f", {step}"
    return words.removeprefix(", ") or "the manifest"
