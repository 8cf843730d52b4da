"""The Markdown that a text section may write, as a tree: paragraphs, lists, headings, bold, italic, code, record links.

Collected text never becomes markup: `quote` turns each character that Markdown could read into a private one, which
Markdown takes for a letter, and the tree gets the character back. So nothing has to be escaped for a position.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from typing import NotRequired, TypedDict

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

RECORD = "record:"

# Planes of private use: the parent takes them out of the data, so only `quote` and `link` can write them.
_QUOTED, _LIVE = 0xF0000, 0xF0100
_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_CONTROLS = "".join(map(chr, (*range(1, 9), *range(0xE, 0x20), 0x7F)))  # a link's target ends at one; NUL is replaced
_QUOTE = {ord(char): _QUOTED + n for n, char in enumerate(string.punctuation + _SPACES + _CONTROLS)}
_UNQUOTE = {private: plain for plain, private in _QUOTE.items()}
_TO_LIVE = {ord(char): _LIVE + ord(char) for char in "[]():"}
_FROM_LIVE = {private: plain for plain, private in _TO_LIVE.items()}
_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]+")


class Piece(TypedDict):
    """A span of text: its style and the key of the record that it leads to."""

    text: str
    style: NotRequired[str]
    record: NotRequired[str]


class Block(TypedDict):
    """A heading, or lines."""

    heading: NotRequired[str]
    lines: NotRequired[list[list[Piece]]]
    bullets: NotRequired[bool]


def quote(text: str) -> str:
    """Return `text` on one line, in a form that Markdown reads as letters only."""
    return _BREAKS.sub(" ", text).translate(_QUOTE)


def link(title: str, key: str) -> str:
    """Return `[title](record:key)`, which stays a link wherever it is printed."""
    opening, middle = "[".translate(_TO_LIVE), f"]({RECORD}".translate(_TO_LIVE)
    return opening + quote(title) + middle + quote(key) + ")".translate(_TO_LIVE)


def blocks(markdown: str) -> list[Block]:
    """Return the tree of a text whose collected parts are quoted."""
    found: list[Block] = []
    depth, marker, heading = 0, "", False
    for token in _MARKDOWN.parse(markdown.translate(_FROM_LIVE)):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                if depth == 0:
                    found.append({"lines": [], "bullets": token.type == "bullet_list_open"})
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                marker = f"{token.info}{token.markup} " if token.info else ""
            case "heading_open" | "heading_close":
                heading = token.type == "heading_open"
            case "inline":
                _place(found, list(_lines(token.children or (), marker, whole=heading or depth > 0)), heading, depth)
                marker = ""
    return found


def _place(found: list[Block], lines: list[list[Piece]], heading: bool, depth: int) -> None:
    if heading:
        found.append({"heading": "".join(piece["text"] for line in lines for piece in line)})
    elif depth or (found and found[-1].get("bullets") is False):
        found[-1]["lines"].extend(lines)
    else:
        found.append({"lines": lines, "bullets": False})


def _lines(tokens: Sequence[Token], marker: str, whole: bool) -> Iterator[list[Piece]]:
    """Yield the lines of a paragraph; a `whole` one (a heading, an entry of a list) has one line only."""
    line: list[Piece] = [{"text": marker}] if marker else []
    open_: dict[str, int] = {"strong": 0, "em": 0}
    record = ""
    for token in tokens:
        if token.type == "hardbreak" and not whole:
            yield line
            line = []
        elif token.type == "link_open":
            record = _key(token)
        elif token.type == "link_close":
            record = ""
        elif token.tag in open_:
            open_[token.tag] += token.nesting
        else:
            text = token.content if token.type in ("text", "code_inline") else " "
            style = "code" if token.type == "code_inline" else _style(open_)
            _append(line, text.translate(_UNQUOTE), style, record)
    yield line


def _key(token: Token) -> str:
    href = str(token.attrs.get("href", "")).translate(_UNQUOTE)
    return href.removeprefix(RECORD) if href.startswith(RECORD) else ""


def _style(open_: dict[str, int]) -> str:
    if open_["strong"]:
        return "strong"
    return "emphasis" if open_["em"] else "plain"


def _append(line: list[Piece], text: str, style: str, record: str) -> None:
    if not text:
        return
    last = line[-1] if line else None
    if last is not None and (last.get("style", "plain"), last.get("record", "")) == (style, record):
        last["text"] += text
        return
    piece: Piece = {"text": text}
    if style != "plain":
        piece["style"] = style
    if record:
        piece["record"] = record
    line.append(piece)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Read a run of * or _; around * only spaces count, since Korean sets particles right after a parenthesis."""
    start, marker = state.pos, state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = state.scanDelims(start, marker == "*")
    end, opens, closes = start + run.length, run.can_open, run.can_close
    if marker == "*":
        opens = end < state.posMax and not state.src[end].isspace()
        closes = start > 0 and not state.src[start - 1].isspace()
    for _ in range(run.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(Delimiter(ord(marker), run.length, len(state.tokens) - 1, -1, opens, closes))
    state.pos = end
    return True


class _Markdown(MarkdownIt):
    """The subset; a link to anything but a record is shown as its text."""

    def __init__(self) -> None:
        super().__init__("zero", {"maxNesting": 20, "html": False})
        self.inline.ruler.at("emphasis", _emphasis)
        self.enable(["heading", "list", "backticks", "emphasis", "escape", "link", "newline"])

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return url.startswith(RECORD)

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url


_MARKDOWN = _Markdown()
