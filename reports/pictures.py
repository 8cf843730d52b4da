"""Pictures of a card's charts, for the places that show them. They follow from the card, and no hash covers them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from model.card import Attachment, Block, Card, Chart
from model.delivery import Address
from model.errors import PictureError
from storage.blobs import blob_id
from storage.stores import Stores
from writers.process import RenderProcess
from writers.scales import can_draw

_log = logging.getLogger(__name__)
_MOST = 10  # charts of one card: as many files as Discord takes with a message


@dataclass(frozen=True, slots=True)
class Pictured:
    """A card whose charts name their pictures, and the bytes of these; `plain`: the card as it was."""

    plain: Card
    card: Card
    files: tuple[bytes, ...] = ()

    def shown_at(self, to: Address) -> Card:
        """Return the card as a place shows it."""
        return self.card if to.platform.shows_pictures else self.plain

    async def keep(self, stores: Stores) -> None:
        """Put the pictures where destinations find them; part of the open transaction."""
        for data in self.files:
            await stores.blobs.put(data)


async def pictured(card: Card, render: RenderProcess, places: Iterable[Address]) -> Pictured:
    """Draw the charts of a card that goes to these places; one that cannot be drawn stays text, which the log says."""
    blocks: list[Block] = []
    files: list[tuple[Attachment, bytes]] = []
    wanted = any(to.platform.shows_pictures for to in places)
    for block in card.blocks:
        if wanted and isinstance(block, Chart) and can_draw(block) and len(files) < _MOST:
            try:
                data = await render.chart(block, card.language, "png")
            except PictureError as error:
                _log.warning("a chart of run %s stays text: %s", card.run, error)
            else:
                name = f"{card.run or 'card'}-chart-{len(files) + 1}.png"
                files.append((Attachment(name, "image/png", blob_id(data), len(data)), data))
                block = replace(block, picture=name)  # noqa: PLW2901
        blocks.append(block)
    shown = replace(card, blocks=tuple(blocks), attachments=(*card.attachments, *(file for file, _ in files)))
    return Pictured(card, shown, tuple(data for _, data in files))
