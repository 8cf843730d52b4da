"""Pictures of a card's charts: only where they are seen, stored once, and never in the way of a run."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from decimal import Decimal

from model.card import CARD, Card, Chart, Series, files_of, picture_of
from model.delivery import Address, Platform
from model.unit import Unit
from reports.pictures import pictured
from storage.blobs import blob_id
from writers import slack_blocks
from writers.painting import Painting
from writers.process import RenderProcess

CHART = Chart("일별 커밋", ("월", "화"), (Series("이번 기간", (Decimal(1), Decimal(2))),), Unit.COUNT, "alt")
UNKNOWN = Chart("c", ("a",), (Series("s", (None,)),), Unit.COUNT, "alt")
CARD_OF_TWO = Card("t", (CHART, UNKNOWN), "ko", run="7Q2F")
TERMINAL, SLACK = Address(Platform.TERMINAL, "a", "ann"), Address(Platform.SLACK, "T1", "C1")


async def test_a_card_is_pictured_for_places_that_show_pictures_and_stays_as_it_was() -> None:
    async with RenderProcess() as render:
        assert (await pictured(CARD_OF_TWO, render, (TERMINAL,))).files == ()
        made = await pictured(CARD_OF_TWO, render, (TERMINAL, SLACK))
    assert made.shown_at(TERMINAL) == CARD_OF_TWO
    shown = CARD.validate_json(CARD.dump_json(made.shown_at(SLACK)))
    drawn, unknown = shown.blocks
    assert isinstance(drawn, Chart)
    assert isinstance(unknown, Chart)
    picture = picture_of(shown, drawn)
    assert picture is not None
    assert (picture.name, picture.media_type) == ("7Q2F-chart-1.png", "image/png")
    assert [blob_id(data) for data in made.files] == [picture.blob]
    assert picture_of(shown, unknown) is None
    assert files_of(shown) == ()


async def test_what_cannot_be_drawn_stays_text() -> None:
    render = RenderProcess()
    await render.close()
    made = await pictured(CARD_OF_TWO, render, (SLACK,))
    assert (made.shown_at(SLACK), made.files) == (CARD_OF_TWO, ())


async def test_where_the_painter_fails_the_text_stands_and_the_next_one_is_drawn() -> None:
    """A chart of too many values, a painter that hangs, one that is killed while it draws."""
    large = replace(CHART, labels=("x",) * 200_000, series=(Series("s", (Decimal(1),) * 200_000),))
    painting = Painting(wall=0.5)
    async with RenderProcess(painting=painting) as render:
        made = await pictured(Card("t", (large,), "ko"), render, (SLACK,))
        assert (made.files, made.shown_at(SLACK).blocks) == ((), (large,))
        assert not painting.pid  # nothing was started for it
        drawn = (await pictured(CARD_OF_TWO, render, (SLACK,))).files
        for harm in (signal.SIGSTOP, signal.SIGKILL):
            assert painting.pid is not None
            os.kill(painting.pid, harm)
            made = await pictured(CARD_OF_TWO, render, (SLACK,))
            if harm is signal.SIGSTOP:
                assert (made.files, made.shown_at(SLACK)) == ((), CARD_OF_TWO)
            made = await pictured(CARD_OF_TWO, render, (SLACK,))
            assert made.files == drawn
    (payload,) = slack_blocks.render(Card("t", (CHART,), "ko"))
    assert "일별 커밋" in str(payload.body["blocks"])
    assert not payload.attachments
