"""What a JSON source knows of its pages: the opaque cursor with the validators of conditional requests.

So these belong to one source, its workspace and its credential, and go when the configuration changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

_MOST = 200  # pages that are remembered
_LONGEST = 500  # characters of a validator or an address


class Seen(BaseModel):
    """A page as it was: how to ask whether it is still the same, and where it led."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    etag: str = ""
    modified: str = ""
    next: str | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers of a conditional request."""
        found = {"if-none-match": self.etag, "if-modified-since": "" if self.etag else self.modified}
        return {name: value for name, value in found.items() if value}


class Cursor(BaseModel):
    """The pages by a digest of their address, and since when entries are held without a gap."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    version: Literal[1] = 1
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    pages: dict[str, Seen] = {}

    @classmethod
    def of(cls, text: str | None) -> Self:
        """Return what is stored; nothing where it cannot be read."""
        try:
            return cls() if text is None else cls.model_validate_json(text)
        except ValidationError:
            return cls()

    def seen(self, url: str) -> Seen | None:
        """Return what is known of a page."""
        return self.pages.get(_digest(url))

    def see(self, url: str, headers: Mapping[str, str], next: str | None) -> None:
        """Remember a page that was read whole."""
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        fits = (etag or modified) and max(len(etag), len(modified), len(next or "")) <= _LONGEST
        self.pages.pop(_digest(url), None)
        if fits and len(self.pages) < _MOST:
            self.pages[_digest(url)] = Seen(etag=etag, modified=modified, next=next)

    def reach(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Return the span to ask for, so that what is held has no gap, and note it as held."""
        if self.since is None or self.until is None:
            self.since, self.until = start, end
            return start, end
        start, end = min(start, self.until), max(end, self.since)
        self.since, self.until = min(start, self.since), max(end, self.until)
        return start, end

    def text(self) -> str:
        """Return what is stored."""
        return self.model_dump_json(exclude_defaults=True)


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]
