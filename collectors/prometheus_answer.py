"""Answers of the HTTP API of Prometheus: https://prometheus.io/docs/prometheus/latest/querying/api/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from collectors.measured import number
from egress.strict import strict
from model.errors import EgressError, SourceChanged
from model.form import Unfit

_Point = tuple[float, str]  # seconds since 1970, and a number as text: "NaN" and "+Inf" among them


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Series(_Answer):
    metric: dict[str, str] = {}
    value: _Point | None = None
    values: list[_Point] = []
    histogram: object = None
    histograms: object = None

    @property
    def points(self) -> Sequence[_Point]:
        return self.values if self.value is None else [self.value]


class _Data(_Answer):
    resultType: Literal["vector", "matrix", "scalar", "string"]  # noqa: N815  # its name
    result: list[_Series] | _Point


class Whole(_Answer):
    """An answer: data, or what went wrong; `warnings` say what it lacks."""

    status: Literal["success", "error"]
    data: _Data | None = None
    errorType: str = ""  # noqa: N815  # its name
    error: str = ""
    warnings: list[str] = []


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its labels, and values by milliseconds since 1970; None where there is a value and no number."""

    labels: Mapping[str, str]
    values: Mapping[int, Decimal | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found; `histograms`: some of it was native histograms, which are left out."""

    lines: Sequence[Line]
    histograms: bool = False
    partial: str = ""  # what it lacks, as Prometheus says it


def read(body: bytes) -> Whole:
    """Return what was answered. Raises SourceChanged where it is in no known form."""
    try:
        return Whole.model_validate(strict(body))
    except EgressError as error:
        raise SourceChanged(error.message.text, hint=error.hint, **error.message.values) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "JSON"
        raise SourceChanged("Prometheus answered in a form that is not known ({place}).", place=place[:200]) from None


def found(answer: Whole) -> Found:
    """Return the series of an answer. Raises Unfit where a query gives no numbers."""
    if answer.data is None or answer.data.resultType == "string":
        raise Unfit("it gives no numbers")
    result = answer.data.result
    series = [_Series(value=result)] if isinstance(result, tuple) else result
    lines = [Line(one.metric, {_milliseconds(at): _number(said) for at, said in one.points}) for one in series]
    histograms = any(one.histogram is not None or one.histograms is not None for one in series)
    # What begins like this is advice on the query; any other warning says that a part of the data did not come.
    lacks = [said for said in answer.warnings if not said.startswith("PromQL ")]
    return Found([line for line in lines if line.values], histograms, lacks[0] if lacks else "")


def _milliseconds(at: float) -> int:
    return round(at * 1000)


def _number(said: str) -> Decimal | None:
    try:
        return number(said)
    except Unfit:  # NaN of 0/0, ±Inf
        return None
