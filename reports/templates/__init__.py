"""Report templates: folders of data, each a manifest `template.toml` and the Jinja2 files of its text sections."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from model.errors import TemplateError, UnknownName
from model.language import Message
from model.report import Template, TextSection

MANIFEST = "template.toml"
_HERE = Path(__file__).parent


@cache
def builtin() -> Mapping[str, Template]:
    """Return the templates that come with ARB, by name. Raises TemplateError."""
    folders = sorted(path.parent for path in _HERE.glob(f"*/{MANIFEST}"))
    return MappingProxyType({folder.name: read(folder) for folder in folders})


def template(name: str) -> Template:
    """Return a template by its name. Raises UnknownName, with close matches."""
    found = builtin().get(name)
    if found is None:
        raise UnknownName(
            "There is no template called “{name}”.",
            hint=Message("Type /template list to see them all."),
            close=difflib.get_close_matches(name.lower(), builtin(), n=3),
            name=name,
        )
    return found


def read(folder: Path) -> Template:
    """Return the template that a folder holds, named like the folder.

    Raises:
        TemplateError: a file is missing or cannot be read; it names file, and line or field.
    """
    file = f"{folder.name}/{MANIFEST}"
    manifest = _manifest(_text(folder, MANIFEST), file)
    for taken in ("name", "texts"):
        if taken in manifest:
            raise _wrong_field(file, taken, "it follows from the folder")
    try:
        bare = Template.model_validate({"name": folder.name, **manifest})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _wrong_field(file, _path(first["loc"]), first["msg"]) from error
    files = [section.file for section in bare.sections if isinstance(section, TextSection)]
    return bare.model_copy(update={"texts": {name: _text(folder, name) for name in files}})


def _manifest(text: str, file: str) -> dict[str, object]:
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


def _text(folder: Path, name: str) -> str:
    file = f"{folder.name}/{name}"
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise TemplateError(
            "Template file {file} is missing.",
            hint=Message("Add the file, or take the section that names it out of the manifest."),
            file=file,
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(
            "Template file {file} cannot be read.", hint=Message("It must be a readable text in UTF-8."), file=file
        ) from error


def _wrong_field(file: str, field: str, problem: str) -> TemplateError:
    return TemplateError(
        "Template file {file}: {field} does not fit ({problem}).",
        hint=Message("Compare it with the manifest of the template weekly."),
        file=file,
        field=field,
        problem=problem,
    )


def _path(location: tuple[int | str, ...]) -> str:
    """Return where a field stands, counted from 1 as people do: "sections 2, metrics"."""
    words = ""
    for step in location:
        words += f" {step + 1}" if isinstance(step, int) else f", {step}"
    return words.removeprefix(", ") or "the manifest"
