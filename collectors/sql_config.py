"""What a SQL source is told: which database, by whom it is read, and the figures and tables that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from collectors.definitions import Definition, Text, definitions
from collectors.sql_text import query_of
from model.form import Option, Unfit
from model.language import Message

TABLE = "table"
OPTIONS = ("days", "rows")
MOST_ROWS = 50  # of a table
_USUAL_ROWS = 10
_Text = Annotated[str, Field(min_length=1, max_length=255)]


class SqlConfig(BaseModel):
    """A SQLite file under an opened folder, or a PostgreSQL."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    database: Annotated[Literal["postgresql", "sqlite"], Option(Message("Database"))]
    path: Annotated[_Text | None, Option(Message("File (SQLite)"), example="/data/shop.db")] = None
    host: Annotated[_Text | None, Option(Message("Host (PostgreSQL)"), example="db.acme.example")] = None
    port: Annotated[int, Field(ge=1, le=65535), Option(Message("Port"))] = 5432
    dbname: Annotated[_Text | None, Option(Message("Name of the database"), example="shop")] = None
    user: Annotated[_Text | None, Option(Message("User"), example="arb")] = None
    password: Annotated[SecretStr | None, Option(Message("Password"))] = None
    tls: Annotated[Literal["verify-full", "require", "off"], Option(Message("TLS"))] = "verify-full"
    ca: Annotated[
        str | None, Field(max_length=100_000), Option(Message("Certificate of the authority (PEM)"), long=True)
    ] = None
    timeout: Annotated[int, Field(ge=1, le=120), Option(Message("Seconds that one query may take"))] = 15
    figures: Text = ""

    @field_validator("figures")
    @classmethod
    def _queries(cls, written: str) -> str:
        _checked(written)
        return written

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.database == "sqlite" and self.path is None:
            raise Unfit("A SQLite database needs path=, its file.")
        if self.database == "postgresql" and None in (self.host, self.dbname, self.user):
            raise Unfit("A PostgreSQL needs host=, dbname= and user=.")
        return self

    @property
    def asked(self) -> tuple[Definition, ...]:
        """The figures and tables, in order."""
        return _checked(self.figures)

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed: the password as it is."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        if self.password is not None:
            plain["password"] = self.password.get_secret_value()
        return plain


def rows_of(one: Definition) -> int:
    """Return how many rows of a table are shown."""
    return int(one.more.get("rows", _USUAL_ROWS))


def by_day(one: Definition) -> bool:
    """Tell whether a figure is asked for each day too."""
    return one.more.get("days") == "yes"


def _checked(written: str) -> tuple[Definition, ...]:
    found = definitions(written, (TABLE,), OPTIONS)
    for one in found:
        try:
            query_of(one.body)
        except Unfit as unfit:
            raise Unfit("{name}: {problem}", name=one.figure.name, problem=unfit.message) from None
        if one.more.get("days", "yes") not in ("yes", "no"):
            raise Unfit("{name}: write days=yes", name=one.figure.name)
        rows = one.more.get("rows", "1")
        if not (rows.isascii() and rows.isdecimal() and 1 <= int(rows) <= MOST_ROWS):
            raise Unfit("{name}: rows= is a number up to {most}", name=one.figure.name, most=MOST_ROWS)
        if one.figure.how not in (None, "window", "last"):
            raise Unfit("{name}: how= is window or last here: the query itself adds up", name=one.figure.name)
    return found
