"""Every text for people has its Korean, and the Korean has the same placeholders."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message as Entry
from babel.messages.pofile import read_po

import model.errors

ROOT = Path(__file__).parent.parent
ROOMS = (
    *("model", "egress", "collectors", "analyzers", "writers", "storage"),
    *("delivery", "sources", "reports", "commands", "bot"),
)


@cache
def _entries() -> tuple[Entry, ...]:
    with (ROOT / "model" / "ko.po").open("rb") as file:
        return tuple(entry for entry in read_po(file, locale="ko", abort_invalid=True) if entry.id)


@cache
def _nodes(room: str) -> tuple[tuple[Path, ast.AST], ...]:
    files = [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple((path, node) for path, text in files for node in ast.walk(ast.parse(text)))


@cache
def _speakers() -> frozenset[str]:
    """Return what a text is handed to: Message, `say`, and every class of the error tree, wherever it is defined."""
    names = {"Message", "say"} | {name for name, value in vars(model.errors).items() if isinstance(value, type)}
    classes = [node for room in ROOMS for _, node in _nodes(room) if isinstance(node, ast.ClassDef)]
    for _ in range(3):  # a class may derive from one that derives from the tree
        for node in classes:
            if any(_name(base) in names for base in node.bases):
                names.add(node.name)
    return frozenset(names)


def _texts(room: str, speakers: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield (where, text) of each literal that is said to people and holds words."""
    for path, node in _nodes(room):
        if not isinstance(node, ast.Call) or not node.args or _name(node.func) not in speakers:
            continue
        text = node.args[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and _has_words(text.value):
            yield f"{path}:{node.lineno}", text.value


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _has_words(text: str) -> bool:
    return any(character.isalpha() for literal, *_ in string.Formatter().parse(text) for character in literal)


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _specs(text: str) -> list[str]:
    return [spec for _, _, spec, _ in string.Formatter().parse(text) if spec]


def test_every_text_has_its_korean() -> None:
    translated = {str(entry.id) for entry in _entries() if entry.string}
    said = [found for room in ROOMS for found in _texts(room, _speakers())]
    missing = [f"{where} {text!r}" for where, text in said if text not in translated]
    assert not missing, "model/ko.po lacks:\n" + "\n".join(missing)


def test_the_walk_finds_texts() -> None:
    found = {text for _, text in _texts("model", _speakers())}
    assert "Put the earlier day first." in found
    assert "The window {text} ends before it starts." in found


def test_placeholders_are_the_same() -> None:
    wrong = [entry.id for entry in _entries() if _placeholders(str(entry.string)) != _placeholders(str(entry.id))]
    assert not wrong, "the Korean of these has other placeholders"


def test_format_specs_fit_the_language() -> None:
    """A word that agrees with a number is English, a particle that fits a sound is Korean."""
    english = {spec: entry.id for entry in _entries() for spec in _specs(str(entry.id))}
    korean = {spec: entry.id for entry in _entries() for spec in _specs(str(entry.string))}
    assert not {spec: id for spec, id in english.items() if "|" not in spec}
    assert not {spec: id for spec, id in korean.items() if spec.count("/") != 1 or "|" in spec}


def test_no_text_stands_twice() -> None:
    lines = (ROOT / "model" / "ko.po").read_text(encoding="utf-8").splitlines()
    ids = [line for line in lines if line.startswith("msgid ") and line != 'msgid ""']
    assert sorted(set(ids)) == sorted(ids)
