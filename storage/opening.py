"""Open the storage and, where that fails, say why as a check."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from model.clock import Clock
from model.errors import ConfigError, StorageBroken, StorageBusy
from model.health import Check, Health
from model.language import Message
from storage.database import Database
from storage.home import make_home
from storage.sealing import Keyring


async def try_open(url: str | None, home: Path, master_keys: SecretStr | None, clock: Clock) -> Database | Check:
    """Return the open database, or the check that tells why it does not open."""
    try:
        make_home(home)
    except ConfigError as error:
        return Check(Message("Data folder"), Health.CRITICAL, error.message, error.hint)
    try:
        keyring = Keyring.open(home, master_keys)
    except ConfigError as error:
        return Check(Message("Keys"), Health.CRITICAL, error.message, error.hint)
    try:
        return await Database.open(url, home, keyring, clock)
    except (ConfigError, StorageBusy, StorageBroken) as error:
        return Check(Message("Database"), Health.CRITICAL, error.message, error.hint)
    except (DBAPIError, sqlite3.Error, OSError):
        means = Message("The database does not open: it is damaged, or its disk cannot be written.")
        do = Message("See that its disk is neither full nor read-only; else go back to the last backup.")
        return Check(Message("Database"), Health.CRITICAL, means, do)
