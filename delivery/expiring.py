"""Tell people of what is about to end: keys that their programs bring along."""

from __future__ import annotations

from datetime import timedelta

from delivery.telling import tell
from model.card import Action
from model.language import Message
from storage.stores import Stores

_AHEAD = timedelta(days=7)


async def tell_of_keys(stores: Stores) -> None:
    """Tell the owner of each API key that ends within a week, once."""
    for key in await stores.keys.expiring(stores.clock.now() + _AHEAD):
        left = max(1, (key.expires - stores.clock.now()).days)
        title = Message("The API key {name} ends in {n} {n:day|days}", {"name": key.name, "n": left})
        line = Message(
            "Have it made anew, and give the new one to whatever brings it: the old one works for a day longer, "
            "until its end at the most. {n} {n:request|requests} came with it.",
            {"n": key.requests},
        )
        anew = Action("", "arb keys", {"what": "rotate", "name": key.name}, once=True)
        await tell(stores, key.member, title, line, actions=((Message("Make it anew"), anew),))
        await stores.keys.warned(key)
