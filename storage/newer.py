"""What a hooked source holds already of the records that come: nothing older takes the place of what is newer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select

from model.ids import SourceId
from model.newest import kept, like_its_pull
from model.record import BODY, Record, Review
from storage.tables import HOOKS, RECORDS
from storage.transaction import Transaction

_TOGETHER = 500  # keys in one statement
READ = (*(RECORDS.c[name] for name in ("kind", "key", "at", "ended", "title", "url", "body")),)
_Known = dict[tuple[str, str], Record]
_PULL = "pull_request"


async def is_hooked(inside: Transaction, source: SourceId) -> bool:
    """Tell whether a source is pushed to."""
    hook = select(HOOKS.c.id).where(inside.ours(HOOKS), HOOKS.c.source_id == source)
    return await inside.first(hook) is not None


async def newest(inside: Transaction, source: int, records: Sequence[Record], *, read: bool) -> tuple[Record, ...]:
    """Return what is to be stored where these come; the row of the source, by its number, is held by the transaction.

    `read`: they were read, and are whole; else they were pushed, and reviews are brought in line with what is newest
    of their pull requests.
    """
    known = await _known(inside, source, records)
    for record in records:
        at = (record.kind, record.key)
        known[at] = kept(known[at], record, read=read) if at in known else record
    wanted = dict.fromkeys((record.kind, record.key) for record in records)
    if not read:
        wanted |= dict.fromkeys(await _reviews(inside, source, known, [key for kind, key in wanted if kind == _PULL]))
    return tuple(known[at] for at in wanted)


async def _reviews(inside: Transaction, source: int, known: _Known, pulls: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Bring the reviews of pull requests in line with them; return those that are another by that."""
    changed = []
    for key in pulls:
        of_it = (RECORDS.c.kind == "review", RECORDS.c.key > f"{key}/", RECORDS.c.key < f"{key}0")  # "0" follows "/"
        rows = await inside.all(select(*READ).where(RECORDS.c.source == source, *of_it))
        for record in map(record_of, rows):
            known.setdefault((record.kind, record.key), record)
        for at, record in list(known.items()):
            if isinstance(record.body, Review) and record.key.startswith(f"{key}/"):
                like = like_its_pull(record, known[_PULL, key])
                if like != record:
                    known[at] = like
                    changed.append(at)
    return changed


async def _known(inside: Transaction, source: int, records: Sequence[Record]) -> _Known:
    """Return what is stored under the keys of these."""
    by_kind: dict[str, list[str]] = {}
    for record in records:
        by_kind.setdefault(record.kind, []).append(record.key)
    found: _Known = {}
    for kind, keys in by_kind.items():
        for start in range(0, len(keys), _TOGETHER):
            some = (RECORDS.c.kind == kind, RECORDS.c.key.in_(keys[start : start + _TOGETHER]))
            rows = await inside.all(select(*READ).where(RECORDS.c.source == source, *some))
            found |= {(row.kind, row.key): record_of(row) for row in rows}
    return found


def record_of(row: Row[*tuple[object, ...]]) -> Record:
    """Return the record that a row holds."""
    return Record(row.key, row.at, row.ended, row.title, row.url, BODY.validate_json(row.body))
