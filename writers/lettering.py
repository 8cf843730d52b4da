"""The font that pictures are drawn with, Pretendard: which letters it has, and how wide they are."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from writers.safe import inert

FOLDER = Path(__file__).parent / "fonts"
FAMILY = "Pretendard"
REGULAR, BOLD = FOLDER / "Pretendard-Regular.otf", FOLDER / "Pretendard-Bold.otf"
HANGUL = frozenset(range(0xAC00, 0xD7A4))  # all 11,172 syllables
_MISSING = "□"  # stands for a letter that the font lacks: other fonts of the machine are not asked
_UNICODE = (3, 10)  # the table for all of Unicode: https://learn.microsoft.com/typography/opentype/spec/cmap
_SEGMENTED = 12  # its format


def drawable(text: str, most: int) -> str:
    """Return text on one line, of letters that the font has, cut with "…" to at most `most` characters."""
    clean = unicodedata.normalize("NFC", inert(text, most)).strip(" ")
    return "".join(letter if ord(letter) in letters() else _MISSING for letter in clean)


def width(text: str) -> float:
    """Return how wide a text is drawn, in sizes of its letters; bold ones are at most a tenth wider."""
    known = letters()
    return sum(known.get(ord(letter), 1.0) for letter in text)


@cache
def letters() -> Mapping[int, float]:
    """Return the code points that both weights of the font have, and how wide each is in sizes of the font.

    Raises:
        OSError: or ValueError; the font cannot be read.
    """
    bold = letters_of(BOLD)
    return {code: wide for code, wide in _widths(REGULAR.read_bytes()) if code in bold}


def letters_of(file: Path) -> frozenset[int]:
    """Return the code points that a font file has. Raises OSError or ValueError: it cannot be read."""
    return frozenset(code for code, _ in _widths(file.read_bytes()))


def _widths(data: bytes) -> Iterator[tuple[int, float]]:
    """Yield each code point that an OpenType file has a glyph for, with the glyph's width."""
    try:
        size = struct.unpack_from(">H", data, _table(data, b"head") + 18)[0]
        count = struct.unpack_from(">H", data, _table(data, b"hhea") + 34)[0]
        at = _table(data, b"hmtx")
        advances = [struct.unpack_from(">H", data, at + 4 * n)[0] / size for n in range(count)]
        for first, last, glyph in _groups(data, _table(data, b"cmap")):
            for n in range(last - first + 1):
                yield first + n, advances[min(glyph + n, count - 1)]
    except (struct.error, StopIteration, ZeroDivisionError, IndexError) as error:
        raise ValueError("this is no font with a Unicode table") from error


def _groups(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield runs of code points: the first, the last, and the glyph of the first."""
    count = struct.unpack_from(">H", data, at + 2)[0]
    parts = [struct.unpack_from(">HHI", data, at + 4 + 8 * n) for n in range(count)]
    start = at + next(offset for platform, encoding, offset in parts if (platform, encoding) == _UNICODE)
    kind, _, _, _, groups = struct.unpack_from(">HHIII", data, start)
    for n in range(groups if kind == _SEGMENTED else 0):
        first, last, glyph = struct.unpack_from(">III", data, start + 16 + 12 * n)
        yield first, last, glyph


def _table(data: bytes, tag: bytes) -> int:
    """Return where a table of the file begins."""
    count = struct.unpack_from(">H", data, 4)[0]
    entries = (struct.unpack_from(">4sIII", data, 12 + 16 * n) for n in range(count))
    return next(int(offset) for name, _, offset, _ in entries if name == tag)
