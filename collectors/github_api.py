"""GitHub's manners over our way out: what is left of the hour, when to wait and when to give up.

Of gidgethub only what knows the protocol is used: its client drops Retry-After, and raises on an answer that is there
in part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from gidgethub.sansio import RateLimit
from pydantic import ValidationError

from collectors.github_answer import ANSWER, Answer
from collectors.github_config import GitHubConfig
from collectors.github_credential import Credential
from model.clock import Clock
from model.errors import (
    AnswerRefused,
    EgressError,
    NoAnswer,
    SourceChanged,
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from model.language import Message
from model.outside import Allowance, Limits, Outside, Response

_LIMITS = Limits(deadline=60.0, decoded=8 << 20)
_MOST_VALUES = 300_000  # in one answer: a small text can be a large thing once it is read
_TRIES = 6
_TRIES_OF_LARGE = 2  # until a large question is asked in parts
_FIRST_WAIT = 0.1  # seconds after the first failure; twice as long after each further one
_PATIENCE = 90.0  # seconds that GitHub may ask to wait
_MINUTE = 60.0  # GitHub's advice where it asks to wait without saying how long
_TIMED_OUT = (502, 504)


class TooMuch(SourceUnavailable):
    """GitHub did not manage to answer so large a question: ask for less at once."""


class GitHub:
    """One reading of GitHub, with one credential."""

    def __init__(self, config: GitHubConfig, outside: Outside, clock: Clock) -> None:
        self._config, self._outside, self._clock = config, outside, clock
        self._credential = Credential(config, outside, clock)
        self.allowance: Allowance | None = None  # after the last answer, of what is the scarcest

    async def ask(self, query: str, *, large: bool = False) -> Answer:
        """Return the answer to a GraphQL query, its problems in it.

        Raises:
            TooMuch: it was `large` and is to be asked in smaller parts.
            SourceError: there is no answer.
        """
        body = json.dumps({"query": query}).encode()
        response = await self._sent("POST", self._config.graphql_url, {}, body, large=large)
        if sum(map(response.body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise _refused(AnswerRefused("The answer holds more than is read at once."), large)
        try:
            answer = ANSWER.validate_json(response.body)
        except ValidationError as error:
            raise changed(error) from None
        if any(problem.type == "RATE_LIMITED" for problem in answer.errors):
            self._give_up(response)
        return answer

    async def get(self, path: str, etag: str = "") -> Response:
        """Return what the REST API says: 304 where nothing changed since `etag`, 403 or 404 where a part is closed."""
        more = {"if-none-match": etag} if etag else {}
        return await self._sent("GET", self._config.api_url + path, more, answers=(403, 404, 410))

    async def _sent(
        self,
        method: str,
        url: str,
        more: Mapping[str, str],
        body: bytes = b"",
        *,
        answers: tuple[int, ...] = (),
        large: bool = False,
    ) -> Response:
        """Send until there is an answer that counts. Raises SourceError."""
        failed: SourceError = SourceUnavailable("GitHub did not answer.")
        for tried in range(_TRIES):
            if tried:
                await self._clock.sleep(_FIRST_WAIT * 2 ** (tried - 1))
            headers = {**await self._credential.headers(), **more}
            try:
                response = await self._outside.fetch(method, url, headers=headers, body=body, limits=_LIMITS)
            except NoAnswer as error:
                failed = _unavailable(error)
                continue
            except EgressError as error:
                raise _refused(error, large) from None
            self._count(response)
            if _asks_to_wait(response):
                failed = await self._waited(response)
            elif response.status >= 500:
                failed = SourceUnavailable("GitHub answered with {status}.", status=response.status)
                if large and tried + 1 >= _TRIES_OF_LARGE and response.status in _TIMED_OUT:
                    raise TooMuch(failed.message.text, hint=None, **failed.message.values)
            else:
                return _checked(response, answers)
        raise failed

    def _count(self, response: Response) -> None:
        """Note how many requests are left: GraphQL and REST are counted apart."""
        with suppress(ValueError, OverflowError, OSError):  # whatever stands in the headers
            rate = RateLimit.from_http(response.headers)
            if rate is not None and 0 <= rate.remaining <= rate.limit:
                found, known = Allowance(rate.remaining, rate.limit, rate.reset_datetime), self.allowance
                if known is None or found.left * known.of <= known.left * found.of:
                    self.allowance = found

    async def _waited(self, response: Response) -> SourceError:
        """Wait as long as GitHub asks to; return the error for the case that it still says no."""
        seconds = self._asked(response)
        if seconds > _PATIENCE:
            self._give_up(response)
        await self._clock.sleep(seconds)
        return SourceUnavailable("GitHub asks again and again to wait.")

    def _asked(self, response: Response) -> float:
        if response.retry_after is not None:
            return response.retry_after
        with suppress(ValueError, OverflowError, OSError):  # whatever stands in the headers
            rate = RateLimit.from_http(response.headers)
            if rate is not None and rate.remaining == 0:
                return max(0.0, (rate.reset_datetime - self._clock.now()).total_seconds()) + 1.0
        return _MINUTE

    def _give_up(self, response: Response) -> NoReturn:
        at = self._clock.now() + timedelta(seconds=self._asked(response))
        raise SourceUnavailable(
            "GitHub's limit for this token is used up until {at} UTC.",
            hint=Message("It is read again with the next run."),
            at=f"{at:%Y-%m-%d %H:%M}",
        )


def changed(error: ValidationError) -> SourceChanged:
    """Return the error for an answer in another form; never with what stood there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "JSON"
    return SourceChanged("GitHub answered in a form that is not known ({place}).", place=place[:200])


def _checked(response: Response, answers: tuple[int, ...]) -> Response:
    if response.status in (200, 304, *answers):
        return response
    if response.status == 401:
        raise SourceRefused(
            "GitHub does not accept the token.",
            hint=Message("Make a new one, then say /source edit and fill it in."),
        )
    if response.status == 403:
        raise SourceRefused(
            "GitHub refuses to answer with this token.",
            hint=Message("Look at its rights, and whether the organization has let it in (SSO)."),
        )
    hint = Message("Look at the API address.")
    raise SourceRefused("GitHub answered with {status}.", hint=hint, status=response.status)


def _asks_to_wait(response: Response) -> bool:
    if response.status == 429:
        return True
    spent = response.headers.get("x-ratelimit-remaining") == "0"
    return response.status == 403 and (
        response.retry_after is not None or spent or b"secondary rate limit" in response.body[:2000]
    )


def _refused(error: EgressError, large: bool) -> SourceError:
    if isinstance(error, AnswerRefused):
        return (TooMuch if large else SourceChanged)(error.message.text, hint=None, **error.message.values)
    return _unavailable(error)


def _unavailable(error: EgressError) -> SourceUnavailable:
    return SourceUnavailable(error.message.text, hint=error.hint, **error.message.values)
