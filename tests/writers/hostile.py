"""Hostile and ordinary text for every renderer, and what none of them may let through."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from tests.support.cards import HOSTILE

_PIECES = (
    *("@everyone", "@", "#12", "#", "<b>", "</p>", "&amp;", "&#64;", "*", "**", "_", "__", "~~", "`", "```", "[", "]("),
    *(
        ")",
        "(",
        "!",
        "![",
        "|",
        "\\",
        "-",
        "1.",
        ">",
        "=",
        "$",
        "{{",
        "}}",
        "http://",
        "https://a.b/c",
        "www.",
        "a@b.io",
    ),
    *(".com", ":", "//", "^", "<!--", "-->", "]:", "\n", "\r", "\t", "\x00", "\x1b[1m", "\u202e", "\u2066", "\u200b"),
    *("\ufe0f", "\u2028", "\ud83d", "\U000e0041", " ", "  ", "한글", "커밋을", "x", "a b", "é", "שלום", "😀"),
)

PIECED = st.lists(st.sampled_from(_PIECES), max_size=10).map("".join)
ANYTHING = st.one_of(PIECED, st.text(max_size=30), st.sampled_from([text for text in HOSTILE if len(text) < 500]))
ORDINARY = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0\ufffc"),
    max_size=60,
)
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def unwelcome(text: str) -> set[str]:
    """Return the characters of a rendering that could act, hide or reorder."""
    return {
        f"U+{ord(letter):04X}"
        for letter in text
        if letter != "\n"
        and letter not in _VISIBLE_FORMAT
        and (
            unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") or letter in "\ufe0f\ufe0e\u3164\u115f\u034f"
        )
    }
