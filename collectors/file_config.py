"""What a file source is told: where the file lies, how it is written, and what is an entry of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from collectors.expressed import Expressed
from model.form import Option, Unfit
from model.language import Message

_Short = Annotated[str, Field(max_length=300)]
_Lines = Annotated[str, Field(max_length=10_000)]


class FileConfig(Expressed):
    """A CSV or JSON file, or a folder of such files, under a folder that is opened for data."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    path: Annotated[
        str, Field(min_length=1, max_length=1000), Option(Message("File or folder"), example="/data/sales.csv")
    ]
    figures: Annotated[
        str,
        Field(max_length=20_000),
        Option(Message("Figures"), example='sales "Sales" (unit=krw by=region) = sum amount', long=True),
    ]
    format: Annotated[Literal["csv", "json", "lines"], Option(Message("Written as"))] = "csv"
    records: Annotated[_Short, Option(Message("Where the list is"), example="data.items")] = ""
    key: Annotated[_Short, Option(Message("Key of an entry"), example="id")] = ""
    at: Annotated[_Short, Option(Message("Its time"), example="created_at")] = ""
    title: Annotated[_Short, Option(Message("Its title"), example="name")] = ""
    link: Annotated[_Short, Option(Message("Its link"), example="url")] = ""
    labels: Annotated[_Lines, Option(Message("Its labels"), example="region = region", long=True)] = ""
    numbers: Annotated[_Lines, Option(Message("Its numbers"), example="amount = amount", long=True)] = ""
    only: Annotated[_Short, Option(Message("Only entries where"), example="state != 'draft'")] = ""
    zone: Annotated[_Short, Option(Message("Zone of times without one"), example="Asia/Seoul")] = "UTC"
    links: Annotated[_Short, Option(Message("Links begin with"), example="https://desk.example/")] = ""
    encoding: Annotated[Literal["utf-8", "cp949", "utf-16", "latin-1"], Option(Message("Encoding"))] = "utf-8"
    delimiter: Annotated[Literal["auto", "comma", "semicolon", "tab", "bar"], Option(Message("Between the fields"))] = (
        "auto"
    )
    decimal: Annotated[Literal["point", "comma"], Option(Message("Decimal sign"))] = "point"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.records and self.format != "json":
            raise Unfit("records= goes with format=json: in a CSV each row is an entry")
        if not (list(self.totals) if self.of_entries else list(self.measured)):
            raise Unfit("say what is measured, as sales = sum amount")
        return self

    @property
    def of_entries(self) -> bool:
        """Whether it holds entries; else figures stand in it."""
        return self.format != "json" or bool(self.records)

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        return plain
