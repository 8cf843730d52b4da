"""Report templates: those that come with ARB are folders of data, a workspace's own are manifests in its store."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType

from model.errors import TemplateError, UnknownName, UsageError
from model.language import Message
from model.member import Member
from model.report import Template, TextSection
from reports.templates.manifest import check_texts, manifest_of, template_of, wrong_field
from storage.stores import Stores

MANIFEST = "template.toml"
MOST_MANIFEST = 64 << 10  # characters, the texts in it too
_HERE = Path(__file__).parent


@cache
def builtin() -> Mapping[str, Template]:
    """Return the templates that come with ARB, by name. Raises TemplateError."""
    folders = sorted(path.parent for path in _HERE.glob(f"*/{MANIFEST}"))
    return MappingProxyType({folder.name: read(folder) for folder in folders})


def template(name: str) -> Template:
    """Return a template that comes with ARB. Raises UnknownName, with close matches."""
    found = builtin().get(name)
    if found is None:
        raise _unknown(name, builtin())
    return found


async def lookup(stores: Stores, name: str, reader: Member | None = None) -> Template:
    """Return a template by its name: one that comes with ARB, or the workspace's own at its newest version.

    Raises:
        UnknownName: there is none that the reader may see (None: whoever reads); with close matches.
        TemplateError: a newer ARB knows no more what stands in it.
    """
    if name in builtin():
        return builtin()[name]
    own = await stores.templates.find(name, reader)
    if own is None:
        raise _unknown(name, [*builtin(), *(t.name for t in await stores.templates.all(reader))])
    return from_text(name, own.manifest, own.version)


async def usable(stores: Stores, reader: Member) -> tuple[Template, ...]:
    """Return every template that the reader may use: those that come with ARB, then the workspace's own.

    One that a newer ARB cannot read any more is left out: `lookup` tells what is wrong with it.
    """
    found = list(builtin().values())
    for own in await stores.templates.all(reader):
        with suppress(TemplateError, UsageError):
            found.append(from_text(own.name, own.manifest, own.version))
    return tuple(found)


def from_text(name: str, text: str, version: int = 1) -> Template:
    """Return the template of a manifest that somebody typed, its texts under [texts].

    Raises:
        TemplateError: it does not fit; it names line and field.
        UsageError: the name is that of a template that comes with ARB.
    """
    if name in builtin():
        raise built_in(name)
    file = f"{name}.toml"
    if len(text) > MOST_MANIFEST:
        raise TemplateError("Template file {file} is longer than {most} characters.", file=file, most=MOST_MANIFEST)
    made = template_of(name, manifest_of(text, file), text, file, version)
    check_texts(made, text, file)
    return made


def built_in(name: str) -> UsageError:
    """Return the error for changing a template that comes with ARB, or for using its name."""
    return UsageError(
        "{name} comes with ARB and stays as it is.",
        hint=Message("Make a copy of it: /template clone {name} my-{name}", {"name": name}),
        name=name,
    )


def typed_manifest(name: str) -> str:
    """Return a template that comes with ARB as somebody could have typed it: manifest and texts in one."""
    found, folder = template(name), _HERE / name
    text = _text(folder, MANIFEST).strip() + "\n"
    if found.texts:
        text += "\n[texts]\n" + "".join(f'"{file}" = {_literal(source)}\n' for file, source in found.texts.items())
    return text


def read(folder: Path) -> Template:
    """Return the template that a folder holds, named like the folder.

    Raises:
        TemplateError: a file is missing or cannot be read; it names file, and line or field.
    """
    file = f"{folder.name}/{MANIFEST}"
    text = _text(folder, MANIFEST)
    manifest = manifest_of(text, file)
    if "texts" in manifest:
        raise wrong_field(file, "texts", Message("it follows from the folder"))
    bare = template_of(folder.name, manifest, text, file)
    files = [section.file for section in bare.sections if isinstance(section, TextSection)]
    return bare.model_copy(update={"texts": {name: _text(folder, name) for name in files}})


def _unknown(name: str, known: Iterable[str]) -> UnknownName:
    return UnknownName(
        "There is no template called “{name}”.",
        hint=Message("Type /template list to see them all."),
        close=difflib.get_close_matches(name.lower(), list(known), n=3),
        name=name,
    )


def _literal(source: str) -> str:
    """Return a text as a TOML string of several lines; a literal one holds everything but its own quotes."""
    if "'''" not in source:
        return f"'''\n{source}'''"
    escaped = source.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{escaped}"""'


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
