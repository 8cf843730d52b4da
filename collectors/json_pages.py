"""Which page follows which: by the Link header, by what stands in the answer, or by number.

T19: pages of one list stand on one server, none is asked for twice, and there is an end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from collectors.json_config import JsonConfig
from model.errors import SourceChanged, SourceRefused
from model.language import Message

_MOST = 2000
_LONGEST = 8000  # characters of a header that is looked through
_LINK = re.compile(r'<([^<>]*)>\s*((?:;\s*[a-z*]+\s*=\s*(?:"[^"]*"|[^",;]*)\s*)*)', re.IGNORECASE)
_NEXT = re.compile(r';\s*rel\s*=\s*"?([^";]*\s)?next(\s[^";]*)?"?', re.IGNORECASE)


class Pages:
    """The pages of one reading."""

    def __init__(self, config: JsonConfig, url: str) -> None:
        self._config, self._first = config, url
        self._number = config.first
        self.url: str | None = self._numbered() if config.paging == "page" else url
        self._seen = {self.url}
        self._last: object = None

    def follow(self, headers: Mapping[str, str], found: object, keys: object) -> str | None:
        """Go on to the page that follows and return it; None where this was the last one. Raises SourceError.

        `found` stands where the configuration says that the next page does, `keys` tells this page from others.
        """
        match self._config.paging:
            case "link":
                self.url = self._linked(headers.get("link", ""))
            case "next":
                self.url = self._named(found)
            case "page":
                self._same(keys)
                self._number += 1
                self.url = self._numbered() if keys else None
            case _:
                self.url = None
        self._look()
        return self.url

    def skip(self, following: str | None) -> None:
        """Go on where a page that has not changed led."""
        self._number += 1
        self._last = None
        self.url = following
        self._look()

    def _look(self) -> None:
        if self.url is None:
            return
        if _origin(self.url) != _origin(self._first):
            raise SourceChanged("The next page leads to another server.")
        if self.url in self._seen:
            raise SourceChanged("The next page leads back to one that was read.")
        if len(self._seen) >= _MOST:
            hint = Message("Ask for larger pages, or for what is new only: {start} in the address.")
            raise SourceRefused("There are more than {most} pages.", hint=hint, most=_MOST)
        self._seen.add(self.url)

    def _same(self, keys: object) -> None:
        """Raise SourceChanged where a server does not heed the number of the page."""
        if keys and keys == self._last:
            text = "Page {n} is the same as the one before: look at the parameter {name}."
            raise SourceChanged(text, n=self._number, name=self._config.parameter)
        self._last = keys

    def _linked(self, header: str) -> str | None:
        if len(header) > _LONGEST:
            raise SourceChanged("The header Link is longer than {most} characters.", most=_LONGEST)
        for found in _LINK.finditer(header):
            if _NEXT.search(found[2]):
                return self._joined(found[1])
        return None

    def _named(self, found: object) -> str | None:
        if found is None or found is False or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, str | int) or len(str(found)) > 2000:
            raise SourceChanged("What stands at {path} names no page.", path=self._config.next)
        return self._with(str(found)) if self._config.parameter else self._joined(str(found))

    def _numbered(self) -> str:
        return self._with(str(self._number))

    def _joined(self, link: str) -> str:
        try:
            return urljoin(self.url or self._first, link)
        except ValueError:
            raise SourceChanged("The next page leads to another server.") from None

    def _with(self, value: str) -> str:
        parts = urlsplit(self._first)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != self._config.parameter]
        return parts._replace(query=urlencode([*query, (self._config.parameter, value)])).geturl()


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port
    except ValueError:
        return None
