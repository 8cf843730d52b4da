"""Messages in doubt: begun to be sent, and nobody has heard how that ended."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from model.delivery import Delivery, Destination, Receipt
from model.errors import CannotAsk


class Doubt(Enum):
    """What to do with a message that is not known to have arrived."""

    AGAIN = "again"  # it is certainly not there
    REPEAT = "repeat"  # nobody can tell: once more, marked
    OVER = "over"  # nobody can tell, and it was repeated already


async def resolve(destination: Destination, delivery: Delivery, root: Receipt | None, now: datetime) -> Receipt | Doubt:
    """Ask the place about a message whose last send may have arrived.

    By now that send is over: its lease was longer than any request takes.

    Raises:
        DestinationUnavailable: the place did not answer: ask later.
    """
    try:
        found = await destination.find(delivery.to, delivery.id, delivery.began or now, root)
    except CannotAsk:
        return Doubt.OVER if delivery.repeated else Doubt.REPEAT
    return Doubt.AGAIN if found is None else found
