"""A query as its owner wrote it: one statement that reads, and the places where the window goes.

What a text is, a comment, or a quoted name is told apart, so that `:start` in one of those stays what it is and a
semicolon in one of them ends nothing. The database itself is what keeps a query from writing; this only gives a better
answer, and earlier.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from model.form import Unfit

PARAMETERS = (
    "start", "end", "before", "now",  # instants; `before` is the start of the window before
    "start_date", "end_date", "before_date",  # days, the end left out
    "start_epoch", "end_epoch", "before_epoch",  # seconds since 1970
)  # fmt: skip
_READS = ("select", "with", "values", "table")
_PIECE = re.compile(
    r"""(?P<escaped>[eE]'(?:[^'\\]|'')*\\)
      |(?P<quiet>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][^\]]*\]|--[^\n]*|/\*.*?\*/
          |\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$|::)
      |:(?P<name>[A-Za-z_]\w*)
      |(?P<word>[A-Za-z_]\w*)
      |(?P<open>['"`]|/\*|\*/|\$\w*\$)
      |(?P<other>.)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement in pieces: text, and names of parameters between them."""

    pieces: tuple[tuple[str, str | None], ...]  # (text, the parameter behind it)

    @property
    def parameters(self) -> Collection[str]:
        """The parameters that it takes."""
        return {name for _, name in self.pieces if name is not None}

    def rendered(self, before: str, after: str, *, double: str = "") -> str:
        """Return it with each parameter between two texts; the character `double` is written twice everywhere else."""
        return "".join(
            (text.replace(double, double * 2) if double else text) + ("" if name is None else before + name + after)
            for text, name in self.pieces
        )


def query_of(written: str) -> Query:
    """Return the statement that somebody wrote; raises Unfit where it is none, or more than one, or does not read."""
    text = written.strip().rstrip(";").rstrip()
    pieces: list[tuple[str, str | None]] = []
    first, plain, depth = "", "", 0
    for piece in _PIECE.finditer(text):
        if piece["open"]:
            raise Unfit("a quotation or a comment is not closed")
        if piece["escaped"] or (piece[0].startswith("/*") and "/*" in piece[0][2:]):
            raise Unfit("write texts without backslashes, and no comment inside a comment")
        if piece["other"] == ";":
            raise Unfit("it is more than one statement")
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        if depth < 0:
            break
        if piece["name"] is None:
            first = first or (piece["word"] or "").lower()
            plain += piece[0]
            continue
        if piece["name"] not in PARAMETERS:
            raise Unfit("there is no :{name}: there are {names}", name=piece["name"], names=", ".join(PARAMETERS))
        pieces.append((plain, piece["name"]))
        plain = ""
    if depth:
        raise Unfit("its parentheses do not match")
    if first not in _READS:
        raise Unfit("it has to start with select, with, values or table: it may only read")
    return Query((*pieces, (plain, None)))
