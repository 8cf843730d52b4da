"""Any model behind an endpoint that speaks as OpenAI does: vLLM, Ollama, a gateway of one's own."""

from __future__ import annotations

from analyzers.words.compatible import Compatible


class Custom(Compatible):
    """A model at an address that somebody has given."""
