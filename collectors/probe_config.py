"""What a probe is told: which addresses to ask, how often, and what a good answer is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from collectors.headers import headers_of
from model.form import Listed, Option, Unfit
from model.language import Message

MOST_CHECKS = 20
_URL = re.compile(r"https?://[^\s?#@,]+(\?[^\s#,]*)?")
_CODES = re.compile(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?")


class ProbeConfig(BaseModel):
    """Addresses that are asked alike."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    urls: Annotated[
        Listed[Annotated[str, Field(max_length=500)]],
        Field(min_length=1, max_length=MOST_CHECKS),
        Option(Message("Addresses"), example="https://shop.example/health"),
    ]
    method: Annotated[Literal["GET", "HEAD", "POST"], Option(Message("Method"))] = "GET"
    status: Annotated[Listed[str], Field(max_length=20), Option(Message("Good answers"), example="200-299, 401")] = (
        "200-299",
    )
    text: Annotated[str, Field(max_length=200), Option(Message("Text that has to be in it"), example="ok")] = ""
    every: Annotated[int, Field(ge=30, le=900), Option(Message("Every so many seconds"))] = 60
    timeout: Annotated[int, Field(ge=1, le=30), Option(Message("Seconds until it is late"))] = 10
    failures: Annotated[int, Field(ge=1, le=10), Option(Message("Failures in a row that make an outage"))] = 2
    control: Annotated[
        str, Field(max_length=500), Option(Message("Address that is always there"), example="https://example.com")
    ] = ""
    headers: Annotated[SecretStr | None, Option(Message("Headers"), example="Authorization: Bearer …", long=True)] = (
        None
    )

    @field_validator("urls")
    @classmethod
    def _addresses(cls, urls: Sequence[str]) -> tuple[str, ...]:
        for url in urls:
            _address(url)
        return tuple(dict.fromkeys(urls))

    @field_validator("control")
    @classmethod
    def _maybe_address(cls, url: str) -> str:
        if url:
            _address(url)
        return url

    @field_validator("status")
    @classmethod
    def _codes(cls, codes: Sequence[str]) -> tuple[str, ...]:
        if not codes or not all(_CODES.fullmatch(code) for code in codes):
            raise Unfit("write codes and ranges, as 200-299, 401")
        return tuple(codes)

    @field_validator("headers")
    @classmethod
    def _lines(cls, headers: SecretStr | None) -> SecretStr | None:
        headers_of(headers)
        return headers

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.timeout >= self.every:
            raise Unfit("The timeout has to be shorter than the time between two tries.")
        if self.text and self.method == "HEAD":
            raise Unfit("HEAD brings no text: use GET.")
        return self

    @property
    def checks(self) -> Mapping[str, str]:
        """Return the addresses by what people call them, without what may be a secret: "shop.example/health"."""
        found: dict[str, str] = {}
        for url in self.urls:
            parts = urlsplit(url)
            name, number = f"{parts.netloc}{parts.path.rstrip('/')}", 2
            while name in found:
                name, number = f"{name.partition(' ')[0]} ({number})", number + 1
            found[name] = url
        return found

    def is_good(self, status: int) -> bool:
        """Tell whether a status is one of those expected."""
        found = (_CODES.fullmatch(code) for code in self.status)
        return any(one is not None and int(one[1]) <= status <= int(one[2] or one[1]) for one in found)

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed: the secrets as they are."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        if self.headers is not None:
            plain["headers"] = self.headers.get_secret_value()
        return plain


def _address(url: str) -> None:
    if not _URL.fullmatch(url):
        raise Unfit("write whole addresses, as https://shop.example/health")
