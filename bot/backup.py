"""`arb backup` and `arb restore`: what they do and say, without the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.settings import Settings, load
from model.clock import SystemClock
from model.errors import ConfigError
from model.language import CODES, Language, Message
from reports.restored import wind_up
from storage.archive import Archive, Header
from storage.database import Database
from storage.quarantine import Stage
from storage.restore import Restored, restore
from storage.sealing import KEY_FILE, Keyring

_ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_STAGES = {
    Stage.GENUINE: Message("Every byte of the backup is genuine."),
    Stage.UNPACKED: Message("It is unpacked beside the database, and whole."),
    Stage.SETTLED: Message("Nothing in it goes on by itself."),
}


async def back_up(file: Path, lang: str | None, tell: Callable[[str], None]) -> bool:
    """Write a backup to a file where nothing is yet, and say what else has to be kept."""
    settings = load()
    say = _language(settings, lang).say
    keyring = Keyring.open(settings.home, settings.master_keys)
    db = await Database.open(_url(settings), settings.home, keyring, SystemClock())
    try:
        await db.backups.note_erased()
        made = await db.backups.make(file)
    finally:
        await db.close()
    tell(
        say(
            Message("{file}: {n} kB, SHA-256 {digest}", {**_sizes(made.size), "file": str(file), "digest": made.digest})
        )
    )
    where = (
        Message("ARB_MASTER_KEYS")
        if settings.master_keys
        else Message("{file}", {"file": str(settings.home / KEY_FILE)})
    )
    tell(say(Message("The key that opens it is not in it: keep a copy of {where} in another place.", {"where": where})))
    return True


async def put_back(
    file: Path, lang: str | None, tell: Callable[[str], None], agree: Callable[[str], bool], *, check: bool
) -> bool:
    """Restore a backup, or only check it; `agree` is asked before anything is changed."""
    settings, clock = load(), SystemClock()
    language = _language(settings, lang)
    keyring = _keyring(settings)
    header = Archive.open(file, keyring).header
    tell(language.say(_about(header, file, language)))
    if check:
        Archive.open(file, keyring).verify()
        tell(language.say(_STAGES[Stage.GENUINE]))
        return True
    if not agree(language.say(Message("It takes the place of the database; the old one stays as a copy. Go on?"))):
        return False

    def reached(stage: Stage) -> None:
        if stage in _STAGES:
            tell(language.say(_STAGES[stage]))

    url = _url(settings)
    restored = await restore(file, url, settings.home, keyring, clock, reached)
    db = await Database.open(url, settings.home, keyring, clock)
    try:
        wound = await wind_up(db, clock)  # killed before this: the next start does it
    finally:
        await db.close()
    for message in _outcome(restored, wound, language):
        tell(language.say(message))
    return True


def _outcome(restored: Restored, wound: int, language: Language) -> Sequence[Message]:
    settled, said = restored.settled, [Message("Restored: all is as it was {made}.", _made(restored.header, language))]
    if settled.unsent:
        said.append(
            Message(
                "{n} {n:message was|messages were} not sent then: held back, for they may have been since. "
                "/report show tells of each, and sends it by hand.",
                {"n": settled.unsent},
            )
        )
    if settled.unfinished:
        said.append(Message("{n} {n:run was|runs were} not finished then: ended as failed.", {"n": settled.unfinished}))
    if wound:
        said.append(
            Message("{n} {n:schedule goes|schedules go} on from now; what they missed: /report missed", {"n": wound})
        )
    if settled.erased:
        said.append(Message("{n} {n:person|people} erased since then: erased again.", {"n": settled.erased}))
    if restored.before:
        said.append(
            Message("The old database is kept as {name}; delete it when all is well.", {"name": restored.before})
        )
    return said


def _about(header: Header, file: Path, language: Language) -> Message:
    values = {**_made(header, language), "file": file.name, "engine": _ENGINES[header.engine], "head": header.head}
    return Message("{file}: made {made}, {engine}, tables {head}.", values)


def _made(header: Header, language: Language) -> dict[str, object]:
    return {"made": language.instant(header.made)}


def _sizes(size: int) -> dict[str, object]:
    return {"n": -(-size // 1000)}


def _keyring(settings: Settings) -> Keyring:
    """Return the keys, and never make new ones: no backup opens with them."""
    if settings.master_keys is None and not (settings.home / KEY_FILE).exists():
        raise ConfigError(
            "There is no key file in {folder}, and no backup opens without its key.",
            hint=Message("Put the file “keys” of the installation that made the backup there, or set ARB_MASTER_KEYS."),
            folder=str(settings.home),
        )
    return Keyring.open(settings.home, settings.master_keys)


def _language(settings: Settings, lang: str | None) -> Language:
    code = next((known for known in CODES if known == lang), settings.language)
    return Language(code, settings.time_zone)


def _url(settings: Settings) -> str | None:
    return settings.database_url.get_secret_value() if settings.database_url else None
