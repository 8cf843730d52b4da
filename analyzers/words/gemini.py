"""Gemini, at the address where Google speaks as OpenAI does.

https://ai.google.dev/gemini-api/docs/openai
"""

from __future__ import annotations

from analyzers.words.compatible import Compatible


class Gemini(Compatible):
    """A model of Google's."""
