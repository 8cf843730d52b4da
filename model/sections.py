"""The sections that a report template is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field

from model.language import Code

_STRICT = ConfigDict(extra="forbid", frozen=True)
DIMENSION = r"^[a-z][a-z0-9_]{0,39}$"  # "day", "author", or what a source tells apart


class Spoken(BaseModel):
    """A text in both languages."""

    model_config = _STRICT
    en: str
    ko: str

    def in_(self, code: Code) -> str:
        """Return the text in one language."""
        return self.ko if code == "ko" else self.en


class FiguresSection(BaseModel):
    """Three to six totals with their change."""

    model_config = _STRICT
    show: Literal["figures"]
    metrics: tuple[str, ...] = Field(min_length=1, max_length=6)


class ItemsSection(BaseModel):
    """What needs somebody, ranked."""

    model_config = _STRICT
    show: Literal["items"]
    title: Spoken
    most: int = Field(default=5, ge=1, le=30)


class HappenedSection(BaseModel):
    """Sentences of the narrator: what happened and what changed."""

    model_config = _STRICT
    show: Literal["happened"]
    title: Spoken
    parts: tuple[Literal["happened", "changed"], ...] = ("happened", "changed")
    most: int = Field(default=6, ge=1, le=30)


class ChartSection(BaseModel):
    """One metric per day or by label, this window and the one before; by area where persons are not named."""

    model_config = _STRICT
    show: Literal["chart"]
    title: Spoken
    metric: str
    by: str = Field(default="day", pattern=DIMENSION)


class TableSection(BaseModel):
    """Metrics broken down by one label."""

    model_config = _STRICT
    show: Literal["table"]
    title: Spoken
    by: str = Field(pattern=DIMENSION)
    metrics: tuple[str, ...] = Field(min_length=1, max_length=6)
    most: int = Field(default=8, ge=1, le=50)


class TextSection(BaseModel):
    """Jinja2 in Markdown, rendered in the sandboxed child."""

    model_config = _STRICT
    show: Literal["text"]
    title: Spoken | None = None
    file: str = Field(pattern=r"^[a-z0-9_-]{1,40}\.md$")


class OwnSection(BaseModel):
    """All totals that the owners of sources named themselves."""

    model_config = _STRICT
    show: Literal["own"]
    title: Spoken | None = None
    most: int = Field(default=12, ge=1, le=24)


class ListingSection(BaseModel):
    """Rows as they stood when a source was read: those of one name, or all there are, each under its own title."""

    model_config = _STRICT
    show: Literal["listing"]
    name: str | None = Field(default=None, pattern=DIMENSION)
    most: int = Field(default=10, ge=1, le=50)


_AnySection = (
    FiguresSection
    | ItemsSection
    | HappenedSection
    | ChartSection
    | TableSection
    | TextSection
    | OwnSection
    | ListingSection
)
Section = Annotated[_AnySection, Discriminator("show")]
