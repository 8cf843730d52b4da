"""A card as GitHub-flavoured Markdown, in which collected text stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import assert_never

from model.card import (
    Attachment,
    Block,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Inline,
    Item,
    Items,
    Line,
    Note,
    Remark,
    Span,
    Style,
    Table,
    Text,
    files_of,
    unfolded,
)
from model.ids import FactId
from model.language import Code
from writers.bars import spoken, value_at
from writers.labels import FILES, file_label, more_records, say, titled
from writers.safe import MOST, MOST_PROSE, inert, linked, safe_nodes

_FACT = re.compile(r"f[0-9]{1,9}")
_SPLIT = "<!-- -->"  # GitHub looks for mentions and references after it has read escapes: only this parts them for good
_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*"}

# What can mean something anywhere in a line. An underscore inside a word means nothing, and a full stop only before a
# letter: there GitHub and others make links of bare names.
_SPECIAL = re.compile(r"[\\`*\[\]{}|~$^]|(?<![^\W_])_|_(?![^\W_])|\.(?=[^\W\d_])|:(?=//)|(?<=mailto):|(?<=xmpp):")
_REFERENCE = re.compile(r"@(?=\w|$)|#(?=[0-9]|$)")  # the end: the next span may go on
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TOGETHER = re.compile(r"!\[|\.[^\W\d_]")  # an image, a name that is taken for a host
_START = re.compile(r"(?:[-+=#:](?!<)|[0-9]{1,9}(?=[.)]))")


def render(card: Card) -> str:
    """Return a card as Markdown; its notes are footnotes, and links lead only to the http(s) URLs of spans."""
    page = _Page(card)
    parts = [_heading(1, titled(card)), _opened(_escaped(inert(card.subtitle).strip(" ")))]
    parts += [page.block(block) for block in card.blocks]
    parts += [_files(files_of(card), card.language), page.notes(card.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


class _Page:
    """What the blocks of one document share: its language and the facts that have a note."""

    def __init__(self, card: Card) -> None:
        self._code: Code = card.language
        self._noted = {note.fact for note in card.notes if _FACT.fullmatch(note.fact)}

    def block(self, block: Block) -> str:
        """Return one block without blank lines around it."""
        match block:
            case Heading(text=text):
                return _heading(2, text)
            case Text(lines=lines, bullets=True):
                return "\n".join(f"- {_opened(self._line(line))}".rstrip() for line in lines)
            case Text(lines=lines):
                return "\n\n".join(_opened(self._line(line, MOST_PROSE)) for line in lines)
            case Fields(fields=fields):
                return "\n".join(f"- {_strong(name)} {self._line(line, MOST_PROSE)}".rstrip() for name, line in fields)
            case Items(items=items):
                return "\n".join(self._item(item, number) for number, item in enumerate(items, 1))
            case Table():
                rows = [[self._line(cell) for cell in row] for row in block.rows]
                return _table([_word(name) for name in block.head], rows, block.numeric)
            case Chart():
                return self._chart(block)
            case Remark():
                return "\n\n".join(self.block(part) for part in unfolded(block))
            case Footer(line=line):
                return f"---\n\n{_opened(self._line(line, MOST_PROSE))}"
            case _:
                assert_never(block)

    def notes(self, notes: Sequence[Note]) -> str:
        """Return the evidence as footnotes, one definition per fact."""
        lines = {note.fact: self._note(note) for note in reversed(notes) if note.fact in self._noted}
        return "\n".join(lines[fact] for fact in dict.fromkeys(note.fact for note in notes) if fact in lines)

    def _note(self, note: Note) -> str:
        records = [text for text in (self._line((link,)) for link in note.links) if text]
        if note.more > 0:
            records.append(_escaped(more_records(note.more, self._code)))
        shown = [_word(note.arithmetic), *([" · ".join(records)] if records else [])]
        return f"[^{note.fact}]: " + _opened(" — ".join(part for part in shown if part))

    def _item(self, item: Item, number: int) -> str:
        rank = f" · {_word(item.rank)}" if item.rank else ""
        detail = self._line(item.detail)
        below = f"\\\n  {' ' * len(str(number))}{_opened(detail)}" if detail else ""
        return f"{number}. {_opened(self._line(item.line))}{rank}{below}"

    def _chart(self, chart: Chart) -> str:
        head = ["", *(_word(series.name) for series in chart.series)]
        rows = [
            [_word(label), *(_escaped(spoken(value_at(s, n), chart.unit, self._code)) for s in chart.series)]
            for n, label in enumerate(chart.labels)
        ]
        table = _table(head, rows, frozenset(range(1, len(head))))
        return "\n\n".join(part for part in (_strong(chart.title), table, _opened(_word(chart.alt))) if part)

    def _line(self, line: Line, most: int = MOST) -> str:
        """Return a line; each fact's footnote is referred to once in it."""
        out = ""
        seen: set[FactId] = set()
        for node, text in safe_nodes(line, most):
            out = _joined(out, _node(node, text))
            if isinstance(node, Figure) and node.fact in self._noted and node.fact not in seen:
                seen.add(node.fact)
                out = _joined(out, (f"[^{node.fact}]", ""))
        return out


def _node(node: Inline, text: str) -> tuple[str, str]:
    """Return (text as it is shown, the same without a style of its own)."""
    bare = _escaped(text)
    if not isinstance(node, Span):
        return bare, bare
    url = linked(node)
    if url:
        inner = bare.strip(" ")
        made = bare.replace(inner, f"[{inner}]({url.replace('&', '&amp;')})") if inner else bare
        return made, made
    return _styled(text, node.style) or bare, bare


def _styled(text: str, style: Style) -> str:
    """Return text in its style, or nothing where Markdown could not be sure to read it so."""
    inner = text.strip(" ")
    if style is Style.CODE and inner and not set(inner) & set("`\\|"):
        return text.replace(inner, f"`{inner}`")
    mark = _MARKS.get(style)
    if mark and inner and inner[0].isalnum() and inner[-1].isalnum():
        return text.replace(inner, f"{mark}{_escaped(inner)}{mark}")
    return ""


def _joined(before: str, node: tuple[str, str]) -> str:
    """Return what has been written with the next node behind it, none of the two changing what the other means."""
    styled, bare = node
    if before[-1:] in ("*", "`") and styled[:1] in ("*", "`"):
        return before + bare
    if _TOGETHER.search(before[-1:] + styled[:1]) or (before.endswith((":", "/")) and styled.startswith("/")):
        return f"{before[:-1]}\\{before[-1]}{styled}"
    if before.endswith("]") and styled.startswith("("):
        return f"{before}\\{styled}"
    return before + styled


def _heading(level: int, text: str) -> str:
    return f"{'#' * level} {_word(text)}"


def _strong(text: str) -> str:
    clean = inert(text).strip(" ")
    return _opened(_styled(clean, Style.STRONG) or _escaped(clean))


def _word(text: str) -> str:
    return _escaped(inert(text).strip(" "))


def _escaped(text: str) -> str:
    """Return inert text so that it reads as itself wherever it stands, but for the beginning of a line."""
    marked = _REFERENCE.sub(lambda found: found[0] + "\0", _SPECIAL.sub(r"\\\g<0>", text))
    return "".join(_ENTITIES.get(letter, letter) for letter in marked).replace("\0", _SPLIT)


def _opened(line: str) -> str:
    """Return a line that does not begin a list, a heading or a rule."""
    found = _START.match(line)
    if not found:
        return line
    if found[0][0].isdigit():
        return f"{found[0]}\\{line[found.end() :]}"
    return "\\" + line


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numeric: frozenset[int]) -> str:
    count = max([len(head), *(len(row) for row in rows)], default=0)
    if not count:
        return ""
    rule = ["---:" if n in numeric else "---" for n in range(count)]
    return "\n".join(f"| {' | '.join([*row, *[''] * (count - len(row))])} |" for row in (head, rule, *rows))


def _files(attachments: Sequence[Attachment], code: Code) -> str:
    if not attachments:
        return ""
    return "\n".join([_heading(2, say(FILES, code)), "", *(f"- {_word(file_label(a))}" for a in attachments)])
