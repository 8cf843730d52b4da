"""A shop's figures, from `/source add` to the report, in both languages, on both databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.terminal import Said
from commands import source_figures
from model.language import Code
from tests.stories.test_forms import submit
from tests.support.shop import FIGURES, PASSWORD, ShopServer, sqlite_shop
from tests.support.talk import Talk, content, talking, text

RUN = "/report run business source=shop window=2026-11-09..2026-11-16"
LINE = "/source add sql name=shop database=sqlite path={path}"


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Return a bot that may read the folder and reach a database on this machine."""
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",), data_roots=(tmp_path,)) as talk:
        yield talk


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, Any]:
    if request.param == "sqlite":
        return {"database": "sqlite", "path": str(sqlite_shop(tmp_path / "shop.db"))}
    server: ShopServer = request.getfixturevalue("shop_server")
    return server.settings()


async def added(talk: Talk, settings: Mapping[str, Any], lang: Code = "en") -> Said:
    """Add the shop by its form, the only way for a password."""
    asked = await talk.say("/source add sql name=shop", lang=lang)
    assert asked.form is not None, text(asked)
    given = {name: str(value) for name, value in settings.items()}
    done = await submit(talk, asked, {**given, "figures": FIGURES})
    assert done.kind == "card", text(done)
    return done


async def test_a_week_of_business(talk: Talk, settings: Mapping[str, Any]) -> None:
    """Every figure with its change, the own one by its title, groups, days, rows; and it comes out the same again."""
    await added(talk, settings)
    shown = text(await talk.say(RUN))
    for said in (
        "Orders 3 (+1)", "Revenue ₩50,000 (+₩29,000)", "Low stock 2", "Refund rate 2.15% (±0)",
        "Orders: 3 (2 the week before).", "Running low", "Lamp", "shop 5/5",
    ):  # fmt: skip
        assert said in shown, shown
    assert "commit" not in shown.lower()
    assert "identical" in text(await talk.say("/report verify last")).lower()
    why = text(await talk.say("/report why last revenue"))
    assert "revenue = 50000" in why
    assert "select coalesce(sum(amount), 0)" in why
    exported = json.loads(content(await talk.say("/report export last json")))
    own = next(fact for fact in exported["facts"] if fact["metric"] == "refunds" and not fact["labels"])
    assert (own["title"], own["value"], own["unit"]) == ("Refund rate", 0.0215, "rate")
    assert PASSWORD not in json.dumps(exported)


async def test_in_korean(talk: Talk, settings: Mapping[str, Any]) -> None:
    await added(talk, settings, "ko")
    shown = text(await talk.say(RUN, lang="ko"))
    for said in ("주문 3 (+1)", "매출 50,000원 (+29,000원)", "재고 부족 2", "Refund rate 2.15%", "직접 정한 수치"):
        assert said in shown, shown
    asked = {
        "지난주 매출은?": "매출: 50,000원. 전주는 21,000원",
        "shop의 매출은 얼마였나요?": "매출 · shop: 50,000원",
        "지역별 주문은?": "가장 많은 쪽: kr",
        "화요일 주문은 몇 건?": "주문 · 2026년 11월 10일: 1",
    }
    for question, answer in asked.items():
        assert answer in text(await talk.say(f"/ask {question}", lang="ko")), question


async def test_what_a_query_lacks_is_told_and_no_other_figure_is_lost(talk: Talk, tmp_path: Path) -> None:
    """A table that goes: its figures are not known, the coverage says why, the rest stands."""
    path = sqlite_shop(tmp_path / "shop.db")
    await added(talk, {"database": "sqlite", "path": str(path)})
    await talk.say(RUN)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE orders RENAME TO gone")
        connection.commit()
    shown = text(await talk.say("/report run business source=shop window=2026-11-09..2026-11-16 anew=yes"))
    assert "shop 3/5" in shown, shown
    assert "no such table: orders" in shown
    assert "Low stock 2" in shown
    assert "Revenue ₩" not in shown


async def test_a_wrong_definition_is_told_at_its_field(talk: Talk, tmp_path: Path) -> None:
    path = sqlite_shop(tmp_path / "shop.db")
    for figures, says in (
        ("orders = delete from orders", "only read"), ("orders = select 1; select 2", "it is more than"),
        ("commits = select 1", "figure of git"), ("orders = select x from nowhere", "no such table: nowhere"),
    ):  # fmt: skip
        asked = await talk.say(f"/source add sql name=shop database=sqlite path={path}")
        if asked.form is None:
            await talk.say("/source remove shop")
            asked = await talk.say("/source add sql name=shop")
        assert asked.form is not None
        told = await submit(talk, asked, {"database": "sqlite", "path": str(path), "figures": figures})
        assert says in text(told), text(told)


async def test_figures_one_by_one(talk: Talk, tmp_path: Path) -> None:
    """Defined on a line or by the ready form, changed, shown and forgotten; a wrong one changes nothing."""
    path = sqlite_shop(tmp_path / "shop.db")
    await talk.say(LINE.format(path=path))
    shown = text(await talk.say("/source figures shop"))
    assert "No figure is defined yet." in shown
    assert "/source figure shop orders" in shown
    asked = await talk.say("/source figure shop churn")
    assert asked.form is not None
    assert (await submit(talk, asked, {})).kind == "card"
    query = "select count(*) from orders where region = 'kr'"
    line = f'/source figure shop paid query="{query}" title="Korean orders" unit=count'
    assert "changed" in text(await talk.say(line))
    wrong = text(await talk.say('/source figure shop paid "select none from orders"'))
    assert "no such column: none" in wrong
    assert "there is no option colour" in text(await talk.say('/source figure shop paid "select 1" colour=red'))
    report = text(await talk.say(RUN))
    assert "Korean orders 3" in report
    assert "Churn 50%" in report
    assert "Korean" not in text(await talk.say("/source forget shop churn"))
    listed = text(await talk.say("/source figures shop"))
    assert "paid" in listed
    assert "nullif" not in listed
    assert "no figure called churn" in text(await talk.say("/source forget shop churn"))
    for example in (command.example for command in source_figures.COMMANDS):
        assert (await talk.say(example)).kind == "card", example
    assert "수치를 바꿨습니다" in text(await talk.say('/source figure shop n "select 1"', lang="ko"))


async def test_a_file_elsewhere_is_refused(talk: Talk) -> None:
    for path in ("/etc/passwd", "../../etc/passwd"):
        told = " ".join(text(await talk.say(LINE.format(path=path))).split())
        assert "not under a folder that data may be read from" in told
        assert "ARB_DATA_ROOTS" in told


async def test_another_host_gets_no_password(talk: Talk, shop_server: ShopServer) -> None:
    """Who changes where it is sent to has to give it again."""
    await added(talk, shop_server.settings())
    told = text(await talk.say("/source edit shop host=localhost tls=off"))
    assert "refuses the user or the password" in told or "Nothing can be reached" in told, told
    assert PASSWORD not in told
