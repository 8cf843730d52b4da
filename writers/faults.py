"""What can be wrong with a template, in words: what its child tells, as the error that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from model.errors import TemplateError
from model.language import Message


class Fault(BaseModel):
    """Why a child has no text to give."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal[
        "syntax", "unknown", "filter", "forbidden", "printed", "failed", "memory", "output", "time", "died"
    ]  # fmt: skip
    line: int | None = None
    word: str | None = None
    detail: str = ""


_WRONG: dict[str, tuple[str, str]] = {
    "syntax": (
        "Template {name}, {place}: this is not valid Jinja2 ({detail}).",
        "Check that each tag is closed, and that each if and for has its end.",
    ),
    "unknown": ("Template {name}, {place}: there is nothing called “{word}”.", "Known here: {known}."),
    "filter": (
        "Template {name}, {place}: there is no filter or test called “{word}”.",
        "Filters for reports are link, number, days and josa; of Jinja2’s own, those that read plain values.",
    ),
    "forbidden": (
        "Template {name}, {place}: “{word}” is not allowed.",
        "A template sees the data of its report only: no files, no other templates, no insides of values.",
    ),
    "printed": (
        "Template {name}, {place}: what is printed is neither text nor a number.",
        "Print one of its parts, or go through it with for.",
    ),
    "failed": ("Template {name}, {place}: this cannot be computed.", "Check whether its values are text or numbers."),
    "memory": ("Template {name} needed too much memory and was stopped.", "Build shorter texts and lists."),
    "output": ("Template {name} writes too much text.", "Show fewer entries."),
    "time": ("Template {name} took too long and was stopped.", "Shorten its loops: it may compute for one second."),
    "died": (
        "The render process broke off template {name}.",
        "Simplify the template; if it stays so, ask the operator.",
    ),
}


def template_error(fault: Fault, name: str, source: str, data: Mapping[str, JsonValue]) -> TemplateError:
    """Return the error for what a child has told."""
    text, hint = _WRONG[fault.kind]
    known = ", ".join(sorted(data))
    word = fault.word or "…"
    return TemplateError(
        text,
        hint=Message(hint, {"known": known}),
        name=name,
        place=_place(fault, source),
        word=word,
        detail=fault.detail,
    )


def _place(fault: Fault, source: str) -> Message:
    """Return where it is; the column only where the word stands once in its line."""
    if fault.line is None:
        return Message("line unknown")
    lines = source.splitlines()
    line = lines[fault.line - 1] if 0 < fault.line <= len(lines) else ""
    found = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(fault.word)}(?!\w)", line)] if fault.word else []
    if len(found) == 1:
        return Message("line {line}, column {column}", {"line": fault.line, "column": found[0] + 1})
    return Message("line {line}", {"line": fault.line})
