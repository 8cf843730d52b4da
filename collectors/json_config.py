"""What a JSON source is told: what to ask for, where in the answer things stand, and what is measured of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from collectors.expressed import Expressed
from collectors.headers import headers_of
from model.form import Option, Unfit
from model.language import Message

_URL = re.compile(r"https?://[^\s?#@]+(\?[^\s#]*)?")
_Expression = Annotated[str, Field(max_length=300)]
_Short = Annotated[str, Field(max_length=200)]
_Lines = Annotated[str, Field(max_length=8000)]
_AT = "created_at || createdAt || timestamp || time || date || at"
_TITLE = "title || name || summary || message || subject"


class JsonConfig(Expressed):
    """An address, and either a list of entries in its answer or figures that stand there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    url: Annotated[str, Field(max_length=2000), Option(Message("Address"), example="https://desk.example/api/tickets")]
    records: Annotated[_Short, Option(Message("Where the list is"), example="data.items")] = ""
    figures: Annotated[
        str,
        Field(max_length=20_000),
        Option(Message("Figures"), example='tickets "Tickets" (by=status) = count', long=True),
    ]
    access: Annotated[Literal["open", "headers"], Option(Message("Access"))] = "open"
    headers: Annotated[SecretStr | None, Option(Message("Headers"), example="Authorization: Bearer …", long=True)] = (
        None
    )
    key: Annotated[_Expression, Option(Message("Key of an entry"), example="id")] = "id"
    at: Annotated[_Expression, Option(Message("Its time"), example="created_at")] = _AT
    title: Annotated[_Expression, Option(Message("Its title"), example="title")] = _TITLE
    link: Annotated[_Expression, Option(Message("Its link"), example="html_url")] = "html_url || web_url || link"
    labels: Annotated[_Lines, Option(Message("Its labels"), example="status = state", long=True)] = ""
    numbers: Annotated[_Lines, Option(Message("Its numbers"), example="amount = total.value", long=True)] = ""
    only: Annotated[_Expression, Option(Message("Only entries where"), example="state != 'draft'")] = ""
    whole: Annotated[bool, Option(Message("The list is all there is"))] = False
    paging: Annotated[Literal["none", "link", "next", "page"], Option(Message("Further pages"))] = "none"
    next: Annotated[_Short, Option(Message("Where the next page stands"), example="meta.next")] = ""
    parameter: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.\[\]-]{0,60}$"), Option(Message("Parameter of the page"), example="cursor")
    ] = ""
    first: Annotated[int, Field(ge=0, le=1), Option(Message("Number of the first page"))] = 1
    zone: Annotated[_Short, Option(Message("Zone of times without one"), example="Asia/Seoul")] = "UTC"
    links: Annotated[_Short, Option(Message("Links begin with"), example="https://desk.example/")] = ""
    method: Annotated[Literal["GET", "POST"], Option(Message("Method"))] = "GET"
    body: Annotated[_Lines, Option(Message("Body"), example='{"from": "{start}"}', long=True)] = ""
    timeout: Annotated[int, Field(ge=1, le=600), Option(Message("Seconds that an answer may take"))] = 60

    @field_validator("url", "links")
    @classmethod
    def _address(cls, url: str) -> str:
        if url and not _URL.fullmatch(url):
            raise Unfit("write a whole address, as https://desk.example/api/tickets; secrets belong into headers")
        return url

    @field_validator("headers")
    @classmethod
    def _header_lines(cls, headers: SecretStr | None) -> SecretStr | None:
        headers_of(headers)
        return headers

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.access == "headers" and self.headers is None:
            raise Unfit("fill in the headers that let us in, one a line")
        if not (list(self.totals) if self.records else list(self.measured)):
            raise Unfit("say what is measured: tickets = count of a list, or open = length(items) of an answer")
        if self.records and not (self.key and self.at):
            raise Unfit("entries need a key and a time: key=id at=created_at")
        if (self.paging == "next") != bool(self.next) or (self.paging == "page" and not self.parameter):
            raise Unfit("paging=next needs next=meta.next, and paging=page needs parameter=page")
        if self.paging != "none" and not self.records:
            raise Unfit("pages are those of a list: name it, as records=data.items")
        return self

    @property
    def windowed(self) -> bool:
        """Whether the window that is wanted stands in what is asked for."""
        return any(name in self.url + self.body for name in ("{start}", "{end}", "{first_day}", "{last_day}"))

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed: the secrets as they are."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        if self.headers is not None:
            plain["headers"] = self.headers.get_secret_value()
        return plain
