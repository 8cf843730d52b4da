"""Collected text made inert: what every renderer does to a text before its own escaping."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

from model.card import Inline, Mention, Span

MOST = 300  # characters of a name, a subject, a cell
MOST_PROSE = 2000  # characters of one span of a paragraph, which templates and narrators write
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Whatever would end or split a line becomes a space, and a run of them one.
_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029 ]+")

# Unicode's Default_Ignorable_Code_Point, the bidi controls among them, and what else has no shape of its own: it can
# reorder, hide or smuggle text and never shows. An emoji joined from several falls apart into its parts; that is meant.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)

# Controls, halves of surrogate pairs and code points that are no characters stay visible as U+FFFD.
_BROKEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_URL_SAFE = "/?#[]@!$&*+,;=:%~"  # without quotes and parentheses: a Markdown link and an attribute end there


def inert(text: str, most: int = MOST) -> str:
    """Return `text` on one line, without anything invisible, cut with "…" to at most `most` characters."""
    clean = _BROKEN.sub(_REPLACEMENT, _INVISIBLE.sub("", _BREAKS.sub(" ", text[: most * 4])))
    clean = _BREAKS.sub(" ", clean)  # spaces that were apart only by what is gone
    if len(clean) <= most and len(text) <= most * 4:
        return clean
    return clean[: most - 1].rstrip(" ") + "…"


def web_url(url: str | None) -> str | None:
    """Return an http(s) URL in ASCII that no syntax around it can misread, or None where it should stay text.

    A URL with a user name is none: it may hold a password, and it may pretend to lead somewhere else.
    """
    if not url or len(url) > 2000 or _BROKEN.search(url) or _INVISIBLE.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not _HOST.fullmatch(parts.netloc):
        return None
    return quote(url, safe=_URL_SAFE)


def right_to_left(text: str) -> bool:
    """Return whether a text can turn around what stands beside it."""
    return not text.isascii() and any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)


def safe_nodes(line: Sequence[Inline], most: int = MOST) -> Iterator[tuple[Inline, str]]:
    """Yield each node of a line with its inert text; the line as a whole has no space at its ends or twice."""
    texts = [inert(node.name if isinstance(node, Mention) else node.text, most) for node in line]
    spaced = True
    last = max((i for i, text in enumerate(texts) if text.strip(" ")), default=-1)
    for index, (node, text) in enumerate(zip(line, texts, strict=True)):
        kept = text.lstrip(" ") if spaced else text
        kept = kept.rstrip(" ") if index >= last else kept
        spaced = kept.endswith(" ") if kept else spaced
        if kept:
            yield node, kept


def safe_line(line: Sequence[Inline], most: int = MOST) -> str:
    """Return the inert text of a whole line."""
    return "".join(text for _, text in safe_nodes(line, most))


def linked(node: Inline) -> str | None:
    """Return the URL that a node may lead to."""
    return web_url(node.url) if isinstance(node, Span) else None
