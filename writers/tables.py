"""Rows as CSV and values as JSON: the files that other programs read, and that people open in spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from csv import QUOTE_NONNUMERIC, writer
from datetime import date
from decimal import Decimal
from io import StringIO
from json import dumps

from pydantic import JsonValue

from writers.safe import inert

_BOM = "\ufeff"  # without it Excel takes UTF-8 for something else and Korean is lost
_MOST_CELL = 32_000  # characters; Excel's own bound is 32,767
_FORMULA = frozenset("=+-@|%＝＋－＠")  # the wide forms too: spreadsheets in East Asia read them as their narrow ones

# What json.dumps leaves as it is and a terminal or an editor would obey.
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def csv(rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180, with a byte order mark); no text in it can become a formula."""
    out = StringIO(newline="")
    out.write(_BOM)
    lines = writer(out, quoting=QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        lines.writerow([_cell(value) for value in row])
    return out.getvalue()


def json(value: JsonValue) -> str:
    """Return a value as indented JSON; invisible characters become escapes, so nothing is lost."""
    text = dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return _UNSEEN.sub(_escaped, text) + "\n"


def _cell(value: object) -> str | int | Decimal:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int():
            return value
        case Decimal() if value.is_finite():
            return Decimal(f"{value:f}")  # never 1E+3, which a spreadsheet shows as it likes
        case date():  # a datetime is one as well
            return value.isoformat()
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    clean = inert(text, _MOST_CELL)
    return "'" + clean if clean.lstrip()[:1] in _FORMULA else clean


def _escaped(found: re.Match[str]) -> str:
    return dumps(found[0])[1:-1]
