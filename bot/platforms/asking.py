"""What is said where somebody asks about a report."""

from __future__ import annotations

from model.errors import UsageError
from model.language import Message

NOT_YET = UsageError(
    "Questions about a report cannot be asked yet.",
    hint=Message("What stands behind a figure: press Why? below the report."),
)
