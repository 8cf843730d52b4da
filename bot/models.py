"""The language models that the operator gives, and the way to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import SecretStr

from analyzers.words.access import usual
from analyzers.words.models import model_of
from bot.settings import Settings, hide_vendors_variables
from egress.client import Egress
from model.prompt import ModelKind
from reports.models import Models


def models_of(settings: Settings, egress: Egress) -> Models:
    """Return how models are asked, with those whose keys the operator has set."""
    hide_vendors_variables()
    urls: Mapping[ModelKind, str] = {
        "claude": settings.anthropic_api_url,
        "gpt": settings.openai_api_url,
        "gemini": settings.gemini_api_url,
    }
    keys: Mapping[ModelKind, SecretStr | None] = {
        "claude": settings.anthropic_api_key,
        "gpt": settings.openai_api_key,
        "gemini": settings.gemini_api_key,
    }
    found = (usual(kind, key, urls[kind]) for kind, key in keys.items() if key is not None)
    given = {str(access.kind): access for access in found if access is not None}
    return Models(partial(model_of, egress=egress), urls, given, settings.model_workspace, settings.model_seconds)
