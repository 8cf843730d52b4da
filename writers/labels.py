"""The renderers' own words: what they add to a card's text, in the card's language."""

from __future__ import annotations

from model.card import Attachment, Card, Tone
from model.language import Code, Language, Message
from writers.safe import inert

FILES = Message("Files")
EVIDENCE = Message("Evidence")
DATA = Message("Values")

# A tone is said by a word; a colour may repeat it.
_TONES = {Tone.GOOD: Message("OK"), Tone.WARNING: Message("Attention"), Tone.CRITICAL: Message("Critical")}


def say(message: Message, code: Code) -> str:
    """Return one of the renderers' own sentences."""
    return Language(code).say(message)


def tone_word(card: Card) -> str:
    """Return the word for how serious a card is; none for a neutral one."""
    message = _TONES.get(card.tone)
    return say(message, card.language) if message else ""


def titled(card: Card) -> str:
    """Return the inert title with its tone: "Critical · The disk is full"."""
    return " · ".join(part for part in (tone_word(card), inert(card.title).strip(" ")) if part)


def more_records(count: int, code: Code) -> str:
    """Return how many records are not shown: "and 12 more"."""
    return say(Message("and {count} more", {"count": count}), code)


def file_label(attachment: Attachment) -> str:
    """Return a file's inert name and size: "report.html (12 KB)"."""
    size = attachment.size
    shown = f"{size} B" if size < 1000 else f"{size / 1000:,.0f} KB" if size < 1_000_000 else f"{size / 1e6:,.1f} MB"
    return f"{inert(attachment.name)} ({shown})"
