from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from model.card import CARD, Attachment, Card, Chart, Series, files_of, picture_of
from model.ids import BlobId
from model.unit import Unit

CHART = Chart("c", ("a",), (Series("now", (Decimal(1),)),), Unit.COUNT, "alt")
PICTURE = Attachment("c.png", "image/png", BlobId("0" * 64), 10)
FILE = Attachment("run.html", "text/html", BlobId("1" * 64), 20)


def test_a_card_stored_before_charts_had_pictures_opens_and_is_stored_as_it_was() -> None:
    stored = CARD.dump_json(Card("t", (CHART,), "en"))
    assert "picture" not in json.loads(stored)["blocks"][0]
    opened = CARD.validate_json(stored)
    assert opened.blocks == (CHART,)
    assert CARD.dump_json(opened) == stored


def test_a_chart_names_its_picture_and_a_picture_is_no_file() -> None:
    shown = replace(CHART, picture="c.png")
    card = Card("t", (CHART, shown), "en", attachments=(PICTURE, FILE))
    again = CARD.validate_json(CARD.dump_json(card))
    assert [picture_of(again, chart) for chart in (CHART, shown)] == [None, PICTURE]
    assert files_of(again) == (FILE,)
    assert picture_of(replace(card, attachments=(FILE,)), shown) is None
