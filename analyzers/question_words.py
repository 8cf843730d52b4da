"""The words that questions are made of, in English and Korean: the patterns of question_words.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from model.query import DIMENSIONS, Dimension, What

_COPULA = r"(?:인가요?|이었나요|였나요|였어|이었어|이었습니까|였습니까|입니까|이야|야|예요|이에요|이죠|인지|이지)"
TAIL = (
    r"(?:들)?(?:이나|에서는|에서|에는|으로|까지|부터|에게|은|는|이|가|을|를|의|도|만|와|과|로|에)?"
    rf"{_COPULA}?(?!\w)"
)  # what may follow any Korean word
_Row = Sequence[str]


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("question_words.toml").read_text(encoding="utf-8"))


def _pattern(row: _Row) -> re.Pattern[str]:
    """Return what finds one of the words of a row, its particles with it."""
    parts: Mapping[str, _Row] = _table()["parts"]
    english, korean = row
    for name, (in_english, in_korean) in parts.items():
        english, korean = english.replace(f"<{name}>", in_english), korean.replace(f"<{name}>", in_korean)
    return re.compile(rf"(?<![\w-])(?:{english})(?![\w-])|(?<!\w)(?:{korean}){TAIL}", re.IGNORECASE)


@cache
def words(name: str) -> re.Pattern[str]:
    """Return what finds the words of one kind, of those that stand under [words]."""
    return _pattern(_table()["words"][name])


@cache
def metrics() -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return what finds each metric, in the order in which they are looked for."""
    rows: Sequence[Mapping[str, _Row]] = _table()["metrics"]
    return [(name, _pattern(row)) for part in rows for name, row in part.items()]


@cache
def groups() -> Sequence[tuple[Dimension, re.Pattern[str]]]:
    """Return what finds the words that ask for groups."""
    return [(dimension, _pattern(_table()["by"][dimension])) for dimension in DIMENSIONS]


@lru_cache(maxsize=500)
def own_groups(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the words that ask for groups which are called so."""
    called = "|".join(re.escape(name).replace("_", "[ _]") for name in sorted(names, key=len, reverse=True))
    english = rf"(?:by|per|(?:for )?each|every|which|what) (?:{called})s?"
    return _pattern((english, rf"(?:{called}) ?별|어느 ?(?:{called})"))


@cache
def asks() -> Sequence[tuple[What, re.Pattern[str]]]:
    """Return what finds the words that ask for a number, and those that ask for a list."""
    kinds: tuple[What, ...] = ("figure", "records")
    return [(what, _pattern(_table()["asks"][what])) for what in kinds]


@cache
def line(name: str) -> re.Pattern[str]:
    """Return what finds how a question begins or ends."""
    english, korean = _table()["lines"][name]
    return re.compile(f"{english}|{korean}", re.IGNORECASE)


@cache
def fillers() -> re.Pattern[str]:
    """Return what finds words that change nothing of what is asked."""
    english, korean = _table()["lines"]["fillers"]
    return re.compile(rf"(?<![\w-])(?:{english})(?![\w-])|(?<!\w)(?:{korean})(?!\w)|[^\w\s]+", re.IGNORECASE)
