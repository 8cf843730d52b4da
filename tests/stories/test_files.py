"""A CSV file as a source, from `/source add` to the report, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.talk import Talk, talking, text

RUN = "/report run business source=sales window=2026-11-09..2026-11-16 anew=yes"
ROWS = "id,region,amount,at\n1,kr,12000,2026-11-09\n2,us,30000,2026-11-12\n3,kr,8000,2026-11-03\n"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Return a bot that may read the folder `data`."""
    (tmp_path / "data").mkdir()
    async with talking(tmp_path / "home", tmp_path, data_roots=(tmp_path / "data",)) as talk:
        yield talk


def add(path: Path) -> str:
    return (
        f"/source add file name=sales path={path} key=id at=at labels='region = region' numbers='amount = amount' "
        "figures='sales \"Sales\" (unit=krw by=region) = sum amount'"
    )


async def test_a_spreadsheet(talk: Talk, tmp_path: Path) -> None:
    """Its figure by its title, with its change; a change of the file shows, a broken row names its line."""
    file = tmp_path / "data" / "sales.csv"
    file.write_text(ROWS)
    assert "added" in text(await talk.say(add(file)))
    assert "Sales ₩42,000 (+₩34,000)" in text(await talk.say(RUN))
    assert "Sales 42,000원 (+34,000원)" in text(await talk.say(RUN, lang="ko"))
    file.write_text(ROWS + "4,kr,1000,2026-11-15\n")
    assert "Sales ₩43,000" in text(await talk.say(RUN))
    assert "identical" in text(await talk.say("/report verify last")).lower()
    file.write_text(ROWS + "4,kr\n")
    shown = text(await talk.say(RUN))
    assert "Line 5 has 2 fields instead of 4." in shown
    assert "Sales ₩" not in shown


async def test_what_cannot_be_added(talk: Talk, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.csv"
    outside.write_text(ROWS)
    assert "ARB_DATA_ROOTS" in text(await talk.say(add(outside)))
    assert "There is no file" in text(await talk.say(add(tmp_path / "data" / "gone.csv")))
    korean = tmp_path / "data" / "korean.csv"
    korean.write_bytes(ROWS.replace("kr", "서울").encode("cp949"))
    told = text(await talk.say(add(korean), lang="ko"))
    assert "인코딩" in told
    assert "encoding=cp949" in told
