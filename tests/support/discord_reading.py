"""Discord's Markdown, read as its clients do: one rule after the other, a backslash before punctuation first.

Written from what Discord documents and how its clients behave, and from nothing of ours: a text that reads here as it
was collected, and as nothing else, is inert there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_STAR = r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"
_INLINE = [
    ("escape", re.compile(r"\\([^0-9A-Za-z\s])")),
    ("timestamp", re.compile(r"<t:(-?\d{1,17})(?::[tTdDfFsSR])?>")),
    ("mention", re.compile(r"<@[!&]?(\d+)>|<#(\d+)>|@(everyone|here)\b|</[^:\n>]+:\d+>|<id:[a-z-]+(?::\d+)?>")),
    ("emoji", re.compile(r"<a?:\w+:\d+>|:[\w+~-]+:")),
    ("autolink", re.compile(r"<([^:\s>]+:/?/?[^>\s]+)>")),
    ("url", re.compile(r"(?:https?|steam|discord)://[^\s<]+[^<.,:;\"')\]\s]")),
    ("link", re.compile(r"\[((?:\[[^\]\n]*\]|[^\[\]\n]|\](?=[^\[\n]*\]))*)\]\(\s*<?((?:[^\s\\]|\\.)*?)>?\s*\)")),
    ("strong", re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("underline", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
    ("em", re.compile(_STAR + r"|_((?:__|\\[\s\S]|[^\\_])+?)_\b")),
    ("strike", re.compile(r"~~(?=\S)((?:\\[\s\S]|[^\\])+?)~~(?!_)")),
    ("code", re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")),
    ("spoiler", re.compile(r"\|\|([\s\S]+?)\|\|")),
]  # fmt: skip
_NESTED = ("strong", "underline", "em", "strike", "spoiler")
_BLOCK = re.compile(r"(#{1,3} |-# |>{1}(?:>>)? |\s*(?:[*-]|\d{1,10}\.) )")
_FENCE = re.compile(r"```(?:[a-z0-9_+.#-]+?\n)?\n*([^\n](?:.|\n)*?)\n*```")


@dataclass
class Reading:
    """What somebody sees, and what of it is alive."""

    text: str = ""
    live: list[tuple[str, str]] = field(default_factory=list)


def read(markdown: str) -> Reading:
    """Return a whole text as it is read."""
    found = Reading()
    at = 0
    for fence in _FENCE.finditer(markdown):
        _lines(markdown[at : fence.start()], found)
        found.text += fence[1]
        found.live.append(("block", fence[1]))
        at = fence.end()
    _lines(markdown[at:], found)
    return found


def _lines(markdown: str, found: Reading) -> None:
    for number, line in enumerate(markdown.split("\n")):
        found.text += "\n" if number else ""
        rest = line
        while start := _BLOCK.match(rest):  # a list may hold a heading, which may hold nothing
            found.live.append(("start", start[1]))
            rest = rest[start.end() :]
            if start[1].startswith(("#", "-#")):
                break
        inline(rest, found)


def inline(text: str, found: Reading) -> None:
    """Read one line, or the inside of something on it."""
    at = 0
    while at < len(text):
        for kind, rule in _INLINE:
            match = rule.match(text, at)
            if match and (kind != "em" or text[at] == "*" or at == 0 or not text[at - 1].isalnum()):
                _take(kind, match, found)
                at = match.end()
                break
        else:
            found.text += text[at]
            at += 1


def _take(kind: str, match: re.Match[str], found: Reading) -> None:
    if kind == "escape":
        found.text += match[1]
        return
    if kind == "link":
        found.live.append((kind, match[2]))
        inline(match[1], found)
    elif kind in _NESTED:
        inner = next(group for group in match.groups() if group)
        found.live.append((kind, inner))
        inline(inner, found)
    elif kind == "code":
        found.live.append((kind, match[2]))
        found.text += match[2]
    else:
        found.live.append((kind, match[0]))
