"""The language models that can be asked: one explicit list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzers.words.claude import Claude
from analyzers.words.custom import Custom
from analyzers.words.gemini import Gemini
from analyzers.words.gpt import Gpt
from egress.client import Egress
from model.prompt import LanguageModel, ModelAccess, ModelKind

MODELS: Mapping[ModelKind, Callable[[ModelAccess, Egress], LanguageModel]] = {
    "claude": Claude,
    "gpt": Gpt,
    "gemini": Gemini,
    "custom": Custom,
}
ADDRESSES: Mapping[ModelKind, str] = {
    "claude": "https://api.anthropic.com",
    "gpt": "https://api.openai.com/v1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai",
}
"""Where each vendor stands, unless the operator says otherwise."""


def model_of(access: ModelAccess, egress: Egress) -> LanguageModel:
    """Return what asks a model."""
    return MODELS[access.kind](access, egress)
