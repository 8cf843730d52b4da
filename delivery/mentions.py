"""Mentions that tell: each member by the name that the place a card goes to knows him under."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.card import Block, Card, Fields, Footer, Item, Items, Line, Mention, Table, Text
from model.delivery import Platform
from model.ids import MemberId
from storage.stores import Stores


async def addressed(stores: Stores, card: Card, platform: Platform) -> Card:
    """Return a card whose mentions tell the members who are somebody on a platform; the others stay names."""
    meant: set[MemberId] = set()

    def seen(line: Line) -> Line:
        meant.update(node.member for node in line if isinstance(node, Mention))
        return line

    for block in card.blocks:
        _each_line(block, seen)
    users = {
        member: identity.user
        for member in meant
        for identity in await stores.members.identities(member)
        if identity.platform == platform.value
    }

    def told(line: Line) -> Line:
        return tuple(replace(n, user=users.get(n.member)) if isinstance(n, Mention) else n for n in line)

    return replace(card, blocks=tuple(_each_line(block, told) for block in card.blocks)) if users else card


def _each_line(block: Block, change: Callable[[Line], Line]) -> Block:
    """Return a block with each of its lines changed."""
    match block:
        case Text(lines=lines):
            return replace(block, lines=tuple(map(change, lines)))
        case Fields(fields=fields):
            return replace(block, fields=tuple((name, change(line)) for name, line in fields))
        case Items(items=items):
            made = (Item(change(item.line), change(item.detail), item.rank) for item in items)
            return replace(block, items=tuple(made))
        case Table(rows=rows):
            return replace(block, rows=tuple(tuple(map(change, row)) for row in rows))
        case Footer(line=line):
            return replace(block, line=change(line))
        case _:
            return block
