"""Secrets typed into a line of chat: found by their form, and taken out before anything is stored."""

from __future__ import annotations

from model.masking import without_secrets


def redacted(line: str) -> str | None:
    """Return the line with its secrets taken out; None where there is none."""
    hidden = without_secrets(line)
    return hidden if hidden != line else None
