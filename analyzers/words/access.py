"""What is needed to reach a language model: one form for each kind, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from analyzers.words.prices import listed, price_of
from model.errors import UsageError
from model.form import Option
from model.language import Message
from model.prompt import ModelAccess, ModelKind, Price

_Dollars = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=4)]
_Name = Annotated[str, Field(pattern=r"^[\w.:/@-]{1,120}$")]


class Listed(BaseModel):
    """A model of a vendor with a list of prices; what is empty follows the list."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
    api_key: Annotated[SecretStr, Field(min_length=8, max_length=500), Option(Message("API key"))]
    model: Annotated[_Name | None, Option(Message("Model"))] = None
    usd_read: Annotated[_Dollars | None, Option(Message("Dollars for a million tokens read"))] = None
    usd_said: Annotated[_Dollars | None, Option(Message("Dollars for a million tokens said"))] = None


class Own(BaseModel):
    """A model at an address of one's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)
    url: Annotated[
        str,
        Field(pattern=r"^https?://[^\s?#@]{1,300}$"),
        Option(Message("Address"), example="https://models.acme.example/v1"),
    ]
    model: Annotated[_Name, Option(Message("Model"), example="qwen3-32b")]
    api_key: Annotated[SecretStr | None, Field(max_length=500), Option(Message("API key"))] = None
    usd_read: Annotated[_Dollars, Option(Message("Dollars for a million tokens read"))] = Decimal(0)
    usd_said: Annotated[_Dollars, Option(Message("Dollars for a million tokens said"))] = Decimal(0)


CONFIGS: Mapping[ModelKind, type[Listed] | type[Own]] = {
    "claude": Listed,
    "gpt": Listed,
    "gemini": Listed,
    "custom": Own,
}


def access_of(kind: ModelKind, config: Listed | Own, urls: Mapping[ModelKind, str]) -> ModelAccess:
    """Return how a model is reached; `urls`: where the vendors stand.

    Raises:
        UsageError: nobody has said what the model costs.
    """
    found = listed(kind)
    if isinstance(config, Own) or found is None:
        url = config.url if isinstance(config, Own) else urls[kind]
        return ModelAccess(kind, config.model or "", url, _flat(config.usd_read, config.usd_said), config.api_key)
    model = config.model or found.usual
    price = price_of(kind, model)
    if config.usd_read is not None and config.usd_said is not None:
        price = _flat(config.usd_read, config.usd_said)
    if price is None:
        raise UsageError(
            "What {model} costs is not on the list.",
            hint=Message("Say it: usd_read=… usd_said=…, in dollars for a million tokens."),
            model=model,
        )
    return ModelAccess(kind, model, urls[kind], price, config.api_key)


def usual(kind: ModelKind, key: SecretStr, url: str) -> ModelAccess | None:
    """Return how the usual model of a vendor is reached; None where it has no list."""
    found = listed(kind)
    return None if found is None else ModelAccess(kind, found.usual, url, found.prices[found.usual], key)


def _flat(read: Decimal | None, said: Decimal | None) -> Price:
    """Return a price without a cache."""
    return Price(fresh=read or Decimal(0), said=said or Decimal(0), cached=read or Decimal(0), kept=read or Decimal(0))


def sealed(config: Listed | Own) -> Mapping[str, JsonValue]:
    """Return a configuration as it is kept, its key in the clear: to be sealed at once."""
    plain: dict[str, JsonValue] = config.model_dump(mode="json", exclude_none=True)
    return plain if config.api_key is None else {**plain, "api_key": config.api_key.get_secret_value()}
