"""What /model is told: the name of a model, and how it is reached."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from commands.command import Arguments
from model.form import Option, Unfit
from model.language import Message
from model.prompt import ModelKind
from model.report import BUILT_IN


def _free(name: str | None) -> str | None:
    if name is not None and name.casefold() in (BUILT_IN, "none", "없음"):
        raise Unfit("{name} stands for no model", name=name)
    return name


class Named(Arguments):
    """One model."""

    model: Annotated[str, Option(Message("Model"), names="model", positional=True)]


class Add(Arguments):
    """The kind's own settings come as further keys."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    kind: Annotated[ModelKind, Option(Message("Kind"), positional=True)]
    name: Annotated[
        str | None, Field(pattern=r"^\w[\w.-]{0,39}$"), AfterValidator(_free), Option(Message("Name"))
    ] = None  # fmt: skip


class Edit(Named):
    """One model, and what of it is to be another."""

    api_key: Annotated[SecretStr | None, Field(max_length=500), Option(Message("API key"))] = None
    vendors_name: Annotated[str | None, Field(max_length=120), Option(Message("Vendor's name for it"))] = None
    url: Annotated[str | None, Field(max_length=300), Option(Message("Address"))] = None
    usd_read: Annotated[Decimal | None, Option(Message("Dollars for a million tokens read"))] = None
    usd_said: Annotated[Decimal | None, Option(Message("Dollars for a million tokens said"))] = None
