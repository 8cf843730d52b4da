"""Patterns of errors: titles that differ only in numbers, ids and what stands in quotes are one. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from model.measured import Entry, Gauge
from model.record import Record
from model.report import Snapshot

ERRORS = "errors"  # the figure whose entries are looked at
_MOST = 200  # characters of a title that are looked at
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_QUOTED = re.compile(r"\"[^\"]{1,120}\"|'[^']{1,120}'|`[^`]{1,120}`|“[^”]{1,120}”")
_LONG_ID = re.compile(r"\b(?=[0-9a-fA-F]*[0-9])(?:0x)?[0-9a-fA-F]{7,}\b")
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Errors that say the same."""

    text: str
    count: int
    before: int  # in the window before
    last: Record  # the newest


def pattern_of(title: str) -> str:
    """Return a title with … for whatever changes from one error to the next."""
    found = title[:_MOST]
    for changing in (_UUID, _QUOTED, _LONG_ID, _NUMBER):
        found = changing.sub("…", found)
    return " ".join(found.split())


def patterns(snapshot: Snapshot) -> tuple[Pattern, ...]:
    """Return the patterns of the errors in the window, the most frequent first."""
    sets = {
        (source, record.body.entries)
        for source, record in snapshot.records
        if isinstance(record.body, Gauge) and record.key == ERRORS and record.body.entries
    }
    now: dict[str, list[Record]] = defaultdict(list)
    before: dict[str, int] = defaultdict(int)
    window, previous = snapshot.window, snapshot.window.previous()
    for source, record in snapshot.records:
        if isinstance(record.body, Entry) and (source, record.body.of) in sets:
            text = pattern_of(record.title)
            if record.at in window:
                now[text].append(record)
            elif record.at in previous:
                before[text] += 1
    found = [
        Pattern(text, len(records), before[text], max(records, key=lambda record: (record.at, record.key)))
        for text, records in now.items()
    ]
    return tuple(sorted(found, key=lambda pattern: (-pattern.count, pattern.text)))
