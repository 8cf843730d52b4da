"""GPT, at OpenAI's own address.

https://developers.openai.com/api/docs/models
"""

from __future__ import annotations

from analyzers.words.compatible import Compatible


class Gpt(Compatible):
    """A model of OpenAI's, which counts what it thinks among what it says."""

    counts_thinking = True
