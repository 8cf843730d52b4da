"""The list of the erased: it lies beside the database and its backups, so that an old backup brings nobody back.

A line holds ids and fingerprints, sealed: enough to erase a person once more, nothing to know him by.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select

from model.errors import BackupError, SealBroken
from model.language import Message
from storage.erasing import FORGOTTEN
from storage.home import fresh, locked, sync_folder
from storage.sealing import Keyring
from storage.tables import IDENTITIES, MEMBERS
from storage.transactions import Transactions

ERASED_FILE = "erased"
_PLACE = {"workspace": "", "table": ERASED_FILE, "row": ""}  # what a line is sealed for


class Gone(BaseModel):
    """One member who was erased."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: str
    member: str
    forgotten: tuple[str, ...] = ()  # fingerprints of names and addresses, sorted


async def gather(transactions: Transactions) -> Sequence[Gone]:
    """Return everybody who is erased in the database."""
    erased = select(MEMBERS.c.workspace_id, MEMBERS.c.id).where(MEMBERS.c.erased.is_not(None))
    prints = select(IDENTITIES.c.member_id, IDENTITIES.c.account_user).where(IDENTITIES.c.platform == FORGOTTEN)
    async with transactions.reading() as connection:
        members = (await connection.execute(erased)).all()
        known: dict[str, list[str]] = {}
        for row in await connection.execute(prints):
            known.setdefault(row.member_id, []).append(row.account_user)
    return [Gone(workspace=m.workspace_id, member=m.id, forgotten=tuple(sorted(known.get(m.id, ())))) for m in members]


def note(folder: Path, keyring: Keyring, gone: Iterable[Gone]) -> None:
    """Add to a folder's list whom it does not have yet; nobody is ever taken off it.

    Raises:
        BackupError: the list that is there does not open, or cannot be written.
    """
    new = list(gone)
    if not new and not (folder / ERASED_FILE).exists():
        return
    try:
        with locked(folder / f".{ERASED_FILE}.lock"):
            before = read_erased(folder, keyring)
            after = _joined([*before, *new])
            if after != _joined(before):
                _write(folder / ERASED_FILE, [_sealed(one, keyring) for one in after.values()])
    except OSError as error:
        raise BackupError(
            "The list of erased people could not be written: {reason}.", reason=error.strerror or "?"
        ) from None


def read_erased(folder: Path, keyring: Keyring) -> Sequence[Gone]:
    """Return the list of a folder; raises BackupError where it cannot be read, or a line of it does not open."""
    path = folder / ERASED_FILE
    try:
        return [_opened(line, keyring) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BackupError(
            "The list of erased people cannot be read: {reason}.",
            hint=Message("Without it a restored backup could bring them back: let the file “erased” be read."),
            reason=error.strerror or "?",
        ) from None
    except (SealBroken, ValidationError, binascii.Error):
        raise BackupError(
            "The list of erased people beside the backups is damaged, or its key is not here.",
            hint=Message("Without it a restored backup could bring them back: put the file “erased” back from a copy."),
        ) from None


def joined(*lists: Iterable[Gone]) -> Sequence[Gone]:
    """Return several lists as one."""
    return list(_joined([one for some in lists for one in some]).values())


def _joined(gone: Iterable[Gone]) -> Mapping[tuple[str, str], Gone]:
    found: dict[tuple[str, str], Gone] = {}
    for one in gone:
        known = found.get((one.workspace, one.member))
        prints = {*one.forgotten, *(known.forgotten if known else ())}
        found[one.workspace, one.member] = one.model_copy(update={"forgotten": tuple(sorted(prints))})
    return found


def _sealed(one: Gone, keyring: Keyring) -> bytes:
    return base64.b64encode(keyring.seal(one.model_dump_json().encode(), **_PLACE))


def _opened(line: bytes, keyring: Keyring) -> Gone:
    return Gone.model_validate_json(keyring.open_sealed(base64.b64decode(line, validate=True), **_PLACE))


def _write(path: Path, lines: Sequence[bytes]) -> None:
    part = path.with_name(f".{path.name}.part")
    with fresh(part) as file:
        file.write(b"\n".join(lines) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_folder(path.parent)
