"""What people call a fact."""

from __future__ import annotations

from collections.abc import Sequence

from analyzers.metrics import label_of
from model.language import Language, Message


def fact_label(metric: str, labels: Sequence[tuple[str, str]], language: Language) -> str:
    """Return the name of a fact: "Commits", "Commits · Mina", "Lines added · (root)"."""
    values = [group_label(value, language) for _, value in labels]
    return " · ".join([label_of(metric, language), *values])


def group_label(value: str, language: Language) -> str:
    """Return the name of a group that a fact is broken down by."""
    return language.say(Message("(root)")) if value == "." else value
