"""The audit as a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from model.ids import MemberId
from storage.audit import Noted
from writers import tables

_HEAD = ("number", "at", "member", "name", "command", "outcome", "said")


def as_csv(rows: Iterable[Noted], names: Mapping[MemberId, str]) -> bytes:
    """Return audit rows as CSV; what an erased person said is empty."""
    lines = [
        (row.number, row.at.isoformat(), row.member, names[row.member], row.command, row.outcome, _said(row))
        for row in rows
    ]
    return tables.csv([_HEAD, *lines]).encode()


def _said(row: Noted) -> str:
    return "" if row.said is None else json.dumps(dict(row.said), ensure_ascii=False)
