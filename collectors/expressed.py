"""What settings have in common that say with expressions where things stand in a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import BaseModel, field_validator

from collectors.json_figures import Total, figures, named, totals
from collectors.json_paths import expression, path
from collectors.measured import Figure
from model.form import Unfit


class Expressed(BaseModel):
    """Checks the expressions and reads what is measured; each kind of source names the fields for its own form."""

    if TYPE_CHECKING:
        figures: str
        labels: str
        numbers: str

    @field_validator("records", "next", check_fields=False)
    @classmethod
    def _way(cls, text: str) -> str:
        if text:
            path(text)
        return text

    @field_validator("key", "at", "title", "link", "only", check_fields=False)
    @classmethod
    def _expression(cls, text: str) -> str:
        return expression(text) if text else text

    @field_validator("zone", check_fields=False)
    @classmethod
    def _a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise Unfit("write a time zone, as Asia/Seoul") from None
        return name

    @property
    def of_labels(self) -> Mapping[str, str]:
        """Return the expressions of labels by their names."""
        return named(self.labels)

    @property
    def of_numbers(self) -> Mapping[str, str]:
        """Return the expressions of numbers by their names."""
        return named(self.numbers)

    @property
    def totals(self) -> Iterator[Total]:
        """Yield what is measured of entries."""
        return totals(self.figures, self.of_labels, self.of_numbers)

    @property
    def measured(self) -> Iterator[tuple[Figure, str]]:
        """Yield the figures of a document with the expressions that find them."""
        return figures(self.figures)
