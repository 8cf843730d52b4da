"""Logs: an event is one line, as JSON or as text; no secret and nobody's control characters in it.

Everything goes through the standard `logging`, so that every library's lines pass here, too.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal, TextIO
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import SecretStr
from structlog.types import EventDict, Processor, WrappedLogger

from commands.secrets import redacted

Form = Literal["json", "text"]

_log = logging.getLogger(__name__)
HIDDEN = "•••"
_LONGEST = 8_000  # characters of one field; of a traceback, whose end says most, the last ones
_READ = 64_000  # characters of a field that are looked at: what is cut off must not begin with half a secret
_SHORTEST = 6  # characters of a configured secret that is looked for: shorter ones stand in every second line
# These print queries, rows, headers or bodies below this level.
_QUIET = {
    "asyncio": logging.ERROR,  # it warns of a child that was reaped before its thread looked, which harms nothing
    "aiosqlite": logging.WARNING,
    "alembic.runtime.plugins": logging.WARNING,
    "apscheduler": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx2": logging.WARNING,
    "procrastinate": logging.WARNING,
    "psycopg": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.ERROR,  # warns of every request that is no HTTP
}
_FORMS = re.compile(  # what a line typed by a person does not look like, and a library's message may
    r"""(?P<url>://[^/\s:@"']{0,200}:)[^@\s/"']+(?=@)
    | (?P<hook>hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/)[\w/-]+
    | (?P<scheme>\b(?:Bearer|Basic)[ ])[\w.~+/=-]{6,}
    | (?P<key>(?<![A-Za-z0-9])
        (?:token|password|passwd|secret|api[_-]?key|private[_-]?key|authorization|cookie|signature)["']?\s?[:=]\s?)
        (?:(?:Bearer|Basic|Digest)[ ])?(?:"[^"]*"|'[^']*'|[^\s,;&"'})\]]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_SECRET_KEYS = re.compile(r"(?i)(?:^|_)(?:token|password|secret|key|keys|authorization|cookie)$")


def set_up(level: str, form: Form | None, secrets: Iterable[SecretStr], stream: TextIO | None = None) -> None:
    """Log to `stream` (stderr) from `level` on; without a form as text on a terminal and as JSON elsewhere.

    The values of `secrets` are hidden wherever they stand.
    """
    stream = stream or sys.stderr
    text = form == "text" or (form is None and stream.isatty())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper("iso", utc=True, key="time"),
    ]
    after: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        Redaction(secrets),
        _as_text if text else _as_json,
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=after))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # it would print the arguments of a line that cannot be formatted, as they are
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_in_thread
    sys.unraisablehook = _log_unraisable


def about(**what: str) -> AbstractContextManager[None]:
    """Say what the lines within are about: `about(run="…", workspace="…")`."""
    return structlog.contextvars.bound_contextvars(**what)


def note(**what: str) -> None:
    """Say what the lines of this task are about from here on."""
    structlog.contextvars.bind_contextvars(**what)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _log.critical("the process ends", exc_info=(kind, error, trace))


def _log_in_thread(broken: threading.ExceptHookArgs) -> None:
    if broken.exc_value is not None and not isinstance(broken.exc_value, SystemExit):
        _log.error("a thread broke", exc_info=broken.exc_value)


def _log_unraisable(broken: sys.UnraisableHookArgs) -> None:
    _log.error("something broke where nobody waits: %s", broken.err_msg, exc_info=broken.exc_value)


class Redaction:
    """Hides what is secret: by its value, by its form, by the name of its field."""

    def __init__(self, secrets: Iterable[SecretStr]) -> None:
        parts = {part for secret in secrets for part in _parts(secret.get_secret_value()) if len(part) >= _SHORTEST}
        longest_first = sorted(parts, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if parts else None

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Return the event without secrets, each of its fields within bounds."""
        return {str(key): self._field(str(key), value) for key, value in event.items()}

    def _field(self, key: str, value: object) -> object:
        if isinstance(value, bool | int | float | None):
            return value
        if _SECRET_KEYS.search(key):
            return HIDDEN
        text = value if isinstance(value, str) else repr(value)
        if key == "exception":
            clean = self.clean(text[-_READ:])
            return clean if len(clean) <= _LONGEST else f"…{clean[-_LONGEST:]}"
        clean = self.clean(text[:_READ])
        return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"

    def clean(self, text: str) -> str:
        """Return a text without secrets."""
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        text = _FORMS.sub(lambda found: f"{found[found.lastgroup or 0]}{HIDDEN}", text)
        return redacted(text) or text


def _parts(secret: str) -> Iterator[str]:
    """Yield a secret, and what is secret in it: an address's password, each key of a list of keys."""
    yield secret
    for part in secret.split(","):
        yield part.partition(":")[2].strip()
    try:
        password = urlsplit(secret).password
    except ValueError:  # no address
        return
    if password:
        yield password
        yield unquote(password)


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Return an event as one line of JSON: time, level, logger, event, then what it is about."""
    first = {key: event[key] for key in ("time", "level", "logger", "event") if key in event}
    return _visible(json.dumps({**first, **event}, ensure_ascii=False), lambda char: json.dumps(char)[1:-1])


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    """Return an event as one line; a traceback's lines follow, each behind a bar, so that none passes for an event."""
    fields = dict(event)
    time, level, logger, said = (str(fields.pop(key, "")) for key in ("time", "level", "logger", "event"))
    trace = str(fields.pop("exception", ""))
    line = " ".join([time, f"{level.upper():<8}{logger}: {said}", *(f"{key}={value}" for key, value in fields.items())])
    return "\n".join([_printed(line), *(f"    | {_printed(part)}" for part in trace.splitlines())])


def _printed(text: str) -> str:
    return _visible(text, lambda char: char.encode("unicode_escape").decode("ascii"))


def _visible(text: str, escape: Callable[[str], str]) -> str:
    """Return a text whose control characters, line breaks and reversals of writing are written out."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escape(char) for char in text)


def values_of(settings: Mapping[str, object]) -> list[SecretStr]:
    """Return those of some settings that are secrets."""
    return [value for value in settings.values() if isinstance(value, SecretStr)]
