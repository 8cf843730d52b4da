"""One chart of each shape, as a report has them: what is not known, what is zero, and names in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from model.card import Chart, Series, Shape
from model.language import Code
from model.unit import Unit

SHAPES: tuple[Shape, ...] = ("line", "bar", "stacked", "heat")
_DAYS: Mapping[Code, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "ko": ("월", "화", "수", "목", "금", "토", "일"),
}
_NAMES: Mapping[Code, tuple[str, ...]] = {
    "en": ("This week", "The week before", "Reverted"),
    "ko": ("이번 주", "지난주", "되돌림"),
}
_AREAS: Mapping[Code, tuple[str, ...]] = {"en": ("api", "web", "docs"), "ko": ("api", "web", "문서")}
_TITLES: Mapping[Code, str] = {"en": "Commits by day", "ko": "일별 커밋"}
_ALT: Mapping[Code, str] = {
    "en": "Most on Wednesday (9), none on Sunday; Thursday is not known.",
    "ko": "수요일이 가장 많고(9) 일요일은 없습니다. 목요일은 알 수 없습니다.",
}
_ROWS: tuple[tuple[int | None, ...], ...] = ((7, 4, 9, None, 8, 1, 0), (5, 6, 8, 7, 6, 0, 0), (1, 0, 2, 3, 0, 0, 0))


def chart(shape: Shape, code: Code) -> Chart:
    """Return a week of commits in a shape: lines and bars beside the week before, the others by area."""
    whole = shape in ("stacked", "heat")
    names, rows = (_AREAS[code], _ROWS) if whole else (_NAMES[code][:2], _ROWS[:2])
    series = tuple(
        Series(name, tuple(None if value is None else Decimal(value) for value in row))
        for name, row in zip(names, rows, strict=True)
    )
    return Chart(_TITLES[code], _DAYS[code], series, Unit.COUNT, _ALT[code], shape)
