"""Asking for JSON: one answer after the other, read as it comes, with every way to fail by its name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from collectors.headers import headers_of
from collectors.json_config import JsonConfig
from egress.strict import WHOLE
from model.errors import (
    AddressRefused,
    AnswerRefused,
    EgressError,
    SourceChanged,
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from model.language import Message
from model.outside import Answer, Limits, Outside, Request

_RAW, _DECODED = 512 << 20, 1 << 30  # bytes of one answer with a list
_REDIRECTS = 3


class JsonApi:
    """One reading of one address."""

    def __init__(self, config: JsonConfig, outside: Outside) -> None:
        self._config, self._outside = config, outside
        self._headers = {"accept": "application/json", **headers_of(config.headers)}
        if config.body:
            self._headers.setdefault("content-type", "application/json")

    def ask(self, url: str, body: str, more: Mapping[str, str]) -> AbstractAsyncContextManager[Answer]:
        """Ask for a page; the answer, 200 or 304, may be read until the block ends. Raises SourceError."""
        limits = Limits(float(self._config.timeout), _RAW, _DECODED, _REDIRECTS)
        return self._asked(url, body, more, limits)

    def whole(self, url: str, body: str) -> AbstractAsyncContextManager[Answer]:
        """Ask for an answer that is read whole, as `ask` does."""
        limits = Limits(float(self._config.timeout), WHOLE.text, WHOLE.text, _REDIRECTS)
        return self._asked(url, body, {}, limits)

    @asynccontextmanager
    async def _asked(self, url: str, body: str, more: Mapping[str, str], limits: Limits) -> AsyncIterator[Answer]:
        request = Request(self._config.method, url, {**self._headers, **more}, body.encode(), limits)
        try:
            async with self._outside.open(request) as answer:
                _check(answer.status, conditional=bool(more))
                yield answer
        except EgressError as error:
            raise _error_of(error) from None


def _check(status: int, *, conditional: bool) -> None:
    if status == 200 or (status == 304 and conditional):
        return
    if status == 429 or status >= 500:
        raise SourceUnavailable("It answered with {status}.", status=status)
    if status in (401, 403):
        hint = Message("Look at the headers. With access=headers a form asks for them; no line may hold a secret.")
        raise SourceRefused("It does not let us in ({status}).", hint=hint, status=status)
    raise SourceRefused("It answered with {status}.", hint=Message("Look at the address."), status=status)


def _error_of(error: EgressError) -> SourceError:
    match error:
        case AddressRefused():
            kind: type[SourceError] = SourceRefused
        case AnswerRefused():
            kind = SourceChanged
        case _:
            kind = SourceUnavailable
    return kind(error.message.text, hint=error.hint, **error.message.values)
