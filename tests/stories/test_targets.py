"""Targets, as people set them, see them in reports and take them back."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from commands.bounds import bound_of
from model.form import Unfit
from model.unit import Unit
from tests.support.talk import Talk, content, text

WEEK = "/report run weekly source=shop window=2026-11-09..2026-11-16"
RUNNING = "/report run weekly source=shop window=2026-11-09..2026-11-30"  # today is the 20th


@pytest.mark.parametrize(
    ("said", "keep", "bound"),
    [
        ("at least 20", "at least", 20), ("At  least 1,000", "at least", 1000), ("no fewer than 4", "at least", 4),
        (">= 20", "at least", 20), (">=20", "at least", 20), ("≥ 20", "at least", 20), ("20 or more", "at least", 20),
        ("more than 10", "at least", 11), ("> 10", "at least", 11), ("over 10", "at least", 11),
        ("at most 3", "at most", 3), ("<= 3", "at most", 3), ("3 or fewer", "at most", 3), ("up to 3", "at most", 3),
        ("fewer than 5", "at most", 4), ("< 3", "at most", 2), ("<1", "at most", 0), ("below 5", "at most", 4),
        ("20 이상", "at least", 20), ("20건 이상", "at least", 20), ("3 이하", "at most", 3),
        ("3개 이하", "at most", 3),
        ("5 미만", "at most", 4), ("10초과", "at least", 11), ("최소 20", "at least", 20), ("최대 3명", "at most", 3),
    ],
)  # fmt: skip
def test_bounds_in_words(said: str, keep: str, bound: int) -> None:
    """Strict ones become the nearest whole bound that says the same."""
    assert bound_of(said) == (keep, Decimal(bound))


@pytest.mark.parametrize(
    ("said", "unit", "keep", "bound"),
    [
        ("at least 99.5%", Unit.RATE, "at least", "0.995"), ("99.95 % 이상", Unit.RATE, "at least", "0.9995"),
        ("at most 0.5%", Unit.SHARE, "at most", "0.005"), ("< 0.5%", Unit.RATE, "at most", "0.004999"),
        ("at most 2 s", Unit.MILLISECONDS, "at most", "2000"), ("< 2 s", Unit.SECONDS, "at most", "1.999999"),
        ("500ms 이하", Unit.MILLISECONDS, "at most", "500"), ("up to 90 min", Unit.HOURS, "at most", "1.5"),
        ("30분 이하", Unit.MINUTES, "at most", "30"), ("at most 300", Unit.MILLISECONDS, "at most", "300"),
        ("at least 2.5", Unit.NUMBER, "at least", "2.5"),
    ],
)  # fmt: skip
def test_bounds_in_the_unit_of_the_figure(said: str, unit: Unit, keep: str, bound: str) -> None:
    assert bound_of(said, unit) == (keep, Decimal(bound))


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("at least 99.5", Unit.RATE),
        ("at most 2 s", Unit.RATE),
        ("at most 5%", Unit.MILLISECONDS),
        ("3 s", Unit.SECONDS),
    ],
)
def test_another_unit_is_no_bound(said: str, unit: Unit) -> None:
    with pytest.raises(Unfit):
        bound_of(said, unit)


@pytest.mark.parametrize(
    "said",
    ["", "20", "lots", "at least", "at least -3", "at least 2.5", "99.5% or more", "<0", "at least 9999999999999",
     "at least 1,00", "at least nan", "이상", "> 20 이상"],
)  # fmt: skip
def test_what_is_no_bound(said: str) -> None:
    """It is refused; nothing is guessed."""
    with pytest.raises(Unfit):
        bound_of(said)


async def test_every_report_says_met_or_missed(ready: Talk) -> None:
    """A word, the figure with its change, the bound, and by how much it was missed; a sentence at the top."""
    await ready.say("/target set commits at least 20")
    await ready.say("/target set stale_branches < 3")
    shown = text(await ready.say(WEEK))
    assert "1 of 2 targets missed: Commits 4 (at least 20)." in shown
    rows = [line.split("  ") for line in shown.splitlines() if line.startswith(("Commits  ", "Stale branches"))]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert ["Commits", "missed", "4 (+3)", "at least 20", "missed by 16"] in cells
    assert ["Stale branches", "met", "1", "at most 2", "room for 1 more"] in cells
    assert "identical" in text(await ready.say("/report verify last")).lower()


async def test_a_running_window_says_what_is_left(ready: Talk) -> None:
    """Nothing is missed before the window ends, unless it can not come right any more."""
    await ready.say("/target set commits at least 20")
    await ready.say("/target set authors at most 9")
    await ready.say("/target set merges at most 0")
    shown = text(await ready.say(RUNNING))
    for piece in ("not met yet", "16 more needed", "met so far", "room for 7 more"):
        assert piece in shown, shown
    assert "missed" not in shown


async def test_a_report_in_korean(ready: Talk) -> None:
    """The whole table is Korean."""
    await ready.say("/target set 커밋 20 이상", lang="ko")
    shown = text(await ready.say(WEEK, lang="ko"))
    for piece in ("목표 1개 중 1개를 달성하지 못했습니다: 커밋 4(20 이상).", "미달성", "20 이상", "16 모자람"):
        assert piece in shown, shown


async def test_the_export_holds_them_as_facts(ready: Talk) -> None:
    """An array; `met` is null where nothing is known."""
    await ready.say("/target set commits at least 20")
    await ready.say("/target set authors at most 9")
    await ready.say(WEEK)
    exported = json.loads(content(await ready.say("/report export last json")))
    assert exported["targets"] == [
        {"metric": "authors", "keep": "at most", "bound": 9, "value": 2, "before": 1, "state": "met", "met": True,
         "left": 7},
        {"metric": "commits", "keep": "at least", "bound": 20, "value": 4, "before": 1, "state": "missed",
         "met": False, "left": 16},
    ]  # fmt: skip
    assert exported["manifest"]["versions"]["targets"] == 2


async def test_a_run_keeps_the_targets_it_was_made_with(ready: Talk) -> None:
    """What is set or removed later changes no report that is there."""
    await ready.say("/target set commits at least 20")
    before = text(await ready.say(WEEK))
    await ready.say("/target remove commits")
    assert text(await ready.say("/report show last")) == before
    assert "Targets" not in text(await ready.say(WEEK))


async def test_an_unread_source_leaves_it_not_known(ready: Talk, tmp_path: Path) -> None:
    """A figure that nobody knows is neither met nor missed."""
    await ready.say("/target set commits at least 20")
    (tmp_path / "shop").rename(tmp_path / "moved")
    shown = text(await ready.say(WEEK))
    assert "not known" in shown
    assert "missed" not in shown


async def test_list_shows_how_they_stand(ready: Talk) -> None:
    """With the newest run's figure; a target set since then is measured too."""
    assert "no target yet" in text(await ready.say("/target list"))
    await ready.say("/target set commits at least 20")
    shown = text(await ready.say("/target list"))
    for piece in ("Commits", "at least 20", "missed", "4 (+3)", "missed by 16", "As run"):
        assert piece in shown, shown
    assert "1: 0 met, 1 missed" in text(await ready.say("/arb status"))


async def test_list_before_the_first_run(talk: Talk) -> None:
    """Nothing is known yet, and it says so."""
    await talk.say("/target set commits at least 20")
    shown = text(await talk.say("/target list"))
    assert "not known" in shown
    assert "No report is finished yet" in shown


async def test_names_that_are_no_metric(ready: Talk) -> None:
    """Close ones are named, and all of them."""
    said = await ready.say("/target set comits at least 3")
    assert said.kind == "error"
    for piece in ("no metric called comits", "Did you mean commits", "stale_branches"):
        assert piece in text(said), text(said)
    assert (await ready.say("/target set Commits few")).kind == "error"
    assert "no target for" in text(await ready.say("/target remove merges"))
    assert "no target yet" in text(await ready.say("/target list"))


async def test_viewers_look_only(ready: Talk) -> None:
    """A target is for editors to set."""
    assert (await ready.say("/target set commits at least 20", user="jun")).kind == "error"
    assert "no target yet" in text(await ready.say("/target list", user="jun"))
