"""One line at the bottom of a terminal that is written over itself: how far what is waited for has got."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from writers.rows import text_of, words, wrap

_CLEAR = "\r\x1b[K"  # back to the first column, and everything behind it away


class StatusLine:
    """Shows a short text on one line; whoever prints something else clears it first."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._shown = ""

    def show(self, text: str) -> None:
        """Show a text in the place of the last one; too long for one line, it is cut off."""
        if text == self._shown:
            return
        width = shutil.get_terminal_size().columns - 1  # a full line would push the cursor to the next one
        first = next(iter(wrap(words(text), width)), ())
        self._out.write(f"{_CLEAR}{text_of(first)}")
        self._out.flush()
        self._shown = text

    def clear(self) -> None:
        """Take the text away."""
        if self._shown:
            self._out.write(_CLEAR)
            self._out.flush()
            self._shown = ""
