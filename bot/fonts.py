"""Whether the font that pictures are drawn with is here, and has every Korean syllable."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from model.health import Check, Health
from model.language import Message
from writers.lettering import BOLD, FAMILY, HANGUL, REGULAR, letters_of


async def font_check(files: Sequence[Path] = (REGULAR, BOLD)) -> Check:
    """Tell whether ARB's own font can be read; no other one is used."""
    part = Message("Fonts")
    try:
        whole = [await asyncio.to_thread(letters_of, file) >= HANGUL for file in files]
    except (OSError, ValueError):
        whole = [False]
    if all(whole):
        means = Message("Pictures are drawn with {font}, which is ARB's own and has all of Hangul.", {"font": FAMILY})
        return Check(part, Health.OK, means)
    means = Message("{font} cannot be read: charts go out as text or with letters missing.", {"font": FAMILY})
    return Check(part, Health.ATTENTION, means, Message("Install ARB anew: the files of writers/fonts are damaged."))
