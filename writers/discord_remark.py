"""A language model's words in the room that is kept for them: how long they are moves nothing else of a card."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model.card import Line, Remark, Span, lines_of
from writers.discord_markdown import lines, size
from writers.discord_pages import LINE, Words
from writers.safe import MOST, MOST_PROSE

REMARK = 1800  # characters


def remark_words(remark: Remark) -> Iterator[Words]:
    """Yield a remark as one piece, without its links where these take more room than there is."""
    whole = list(_lines(remark))
    if sum(size(text) + 1 for text in whole) > REMARK:
        whole = []
        room = REMARK
        for text in _lines(replace(remark, lines=tuple(map(_unlinked, remark.lines)))):
            room -= size(text) + 1
            whole += [text] if room >= 0 else []
    if whole:
        yield Words("\n".join(whole), fresh=True, room=REMARK)


def _lines(remark: Remark) -> Iterator[str]:
    for bullet, line in lines_of(remark):
        before = "- " if bullet else ""
        yield from (before + text for text in lines(line, LINE, MOST if bullet else MOST_PROSE))


def _unlinked(line: Line) -> Line:
    return tuple(replace(node, url=None) if isinstance(node, Span) else node for node in line)
