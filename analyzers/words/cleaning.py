"""A model's text made harmless before anything reads it: one line, nothing invisible, three kinds of markup."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from model.card import Style
from model.errors import ArbError

_MARKS = (("**", Style.STRONG), ("__", Style.STRONG), ("*", Style.EMPHASIS), ("_", Style.EMPHASIS), ("`", Style.CODE))
# Letters without a shape, which are no format characters by their category.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_ALLOWED = re.compile(r"[\w .,;:!?'\"()%&/+±×→…“”‘’·~#–—−-]", re.ASCII)
_OTHER_SCRIPT = re.compile(r"[^\W\d_A-Za-zÀ-ɏ가-힣]")


class Refused(ArbError):
    """The sentence does not pass."""


@dataclass(frozen=True, slots=True)
class Styled:
    """A stretch of cleaned text that stands out."""

    start: int
    end: int
    style: Style


@lru_cache(maxsize=2000)
def cleaned(text: str) -> str:
    """Return the text normalised (NFKC), on one line, without control, format, private and combining characters."""
    return " ".join(_kept(unicodedata.normalize("NFKC", _kept(text))).split())


def unstyled(text: str) -> tuple[str, tuple[Styled, ...]]:
    """Return the text without its marks of bold, italic and code, and the stretches that they enclosed."""
    found: list[Styled] = []
    out, at = "", 0
    while at < len(text):
        mark, style, end = _opened(text, at)
        if mark:
            inside = text[at + len(mark) : end]
            found.append(Styled(len(out), len(out) + len(inside), style))
            out, at = out + inside, end + len(mark)
        else:
            out, at = out + text[at], at + 1
    return out, tuple(found)


def refuse_odd(text: str) -> None:
    """Raise Refused where a text holds a character that no plain sentence needs."""
    for c in text:
        if not (_ALLOWED.fullmatch(c) or (c.isalpha() and not _OTHER_SCRIPT.fullmatch(c)) or "\ue000" <= c <= "\uf8ff"):
            raise Refused("“{character}” may not stand in a sentence.", character=c)


def _kept(text: str) -> str:
    return "".join(map(_character, text))


def _character(c: str) -> str:
    kind = unicodedata.category(c)
    if c in "\t\n\r" or kind in ("Zl", "Zp"):
        return " "
    return "" if kind[0] in "CM" or c in _BLANK else c


def _opened(text: str, at: int) -> tuple[str, Style, int]:
    """Return the mark that opens here, its style and where it closes; an empty mark where none does."""
    if text[at] not in "*_`":
        return "", Style.PLAIN, at
    before = text[at - 1] if at else " "
    for mark, style in _MARKS:
        inside = at + len(mark)
        if not text.startswith(mark, at) or before.isalnum() or text[inside : inside + 1].strip() in ("", mark[0]):
            continue
        end = text.find(mark, inside)
        if end > inside and not set("*_`").intersection(text[inside:end]) and not text[end - 1].isspace():
            return mark, style, end
    return "", Style.PLAIN, at
