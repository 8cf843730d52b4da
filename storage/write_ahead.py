"""SQLite's write-ahead log, copied into the file beside who writes: a commit that has to copy it takes some 30 ms more.

https://www.sqlite.org/wal.html, "Avoiding Excessively Large WAL Files"
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

_log = logging.getLogger(__name__)
LONGEST = 16_000  # pages, 128 MB: whoever commits beyond it copies it himself, and all who write wait for him
_EVERY = 0.5  # seconds: pages of records touch an index all over, often the same leaves, and those are copied once


class WriteAheadLog:
    """Has the log copied, on a thread of its own, after somebody has written."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._thread = ThreadPoolExecutor(1, "write-ahead")
        self._next = float("-inf")
        self._copying = False

    def grown(self) -> None:
        """Note that something was committed."""
        now = asyncio.get_running_loop().time()
        if not self._copying and now >= self._next:
            self._next, self._copying = now + _EVERY, True
            self._thread.submit(self._copy)

    def close(self) -> None:
        """Let what is under way come to its end."""
        self._thread.shutdown()

    def _copy(self) -> None:
        try:
            with closing(sqlite3.connect(self._file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:  # the log stays, and with it all that was written: as when a commit copies it
            _log.warning("the write-ahead log was not copied: %s", error)
        finally:
            self._copying = False
