"""What one person is told in private: how each chat writes a card for him."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.card import Card
from model.delivery import Payload, Platform
from writers import discord_components, slack_blocks, terminal

Render = Callable[[Card], tuple[Payload, ...]]


def _at_a_terminal(card: Card) -> tuple[Payload, ...]:
    return (terminal.payload_of(card),)


# The chats in which a person can be told something, the one that reaches him soonest first.
CHATS: Mapping[Platform, Render] = {
    Platform.TERMINAL: _at_a_terminal,
    Platform.SLACK: slack_blocks.render,
    Platform.DISCORD: discord_components.render,
}


def payloads_of(card: Card, platform: Platform) -> tuple[Payload, ...]:
    """Return a card as the messages of a chat."""
    return CHATS[platform](card)
