"""The manners of Prometheus over our way out: instant and range queries, when to ask again, what each refusal means."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

from collectors.headers import headers_of
from collectors.measured import text
from collectors.prometheus_answer import Found, found, read
from collectors.prometheus_config import PrometheusConfig
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
from model.form import Unfit
from model.language import Message
from model.outside import Limits, Outside, Response

_LIMITS = Limits(deadline=60.0, raw=8 << 20, decoded=16 << 20)
_EVALUATION = "45s"  # that Prometheus may take: so it says itself what took too long
_TRIES = 4
_FIRST_WAIT = 0.5  # seconds after the first failure; twice as long after each further one
_PATIENCE = 60.0  # seconds that it may ask to wait
_MOST_SAID = 160  # characters of its own words
_QUERY_ERRORS = frozenset({"bad_data", "execution", "timeout", "canceled"})


class Prometheus:
    """One reading, with one credential."""

    def __init__(self, config: PrometheusConfig, outside: Outside, clock: Clock) -> None:
        self._config, self._outside, self._clock = config, outside, clock
        self._only_get = False  # a proxy in front of it lets nothing else through

    async def instant(self, query: str, at: str, most: int) -> Found:
        """Return what a query finds at an instant, `most` series of it.

        Raises:
            Unfit: Prometheus cannot answer this query.
            SourceError: it cannot be asked.
        """
        return await self._asked("query", {"query": query, "time": at, "limit": str(most)})

    async def range(self, query: str, first: str, last: str, step: str) -> Found:
        """Return what a query finds at each step from `first` to `last`; raises as `instant` does."""
        return await self._asked("query_range", {"query": query, "start": first, "end": last, "step": step})

    async def _asked(self, path: str, values: Mapping[str, str]) -> Found:
        failed: SourceError = SourceUnavailable("Prometheus did not answer.")
        for tried in range(_TRIES):
            if tried:
                await self._clock.sleep(_FIRST_WAIT * 2 ** (tried - 1))
            try:
                response = await self._sent(path, {**values, "timeout": _EVALUATION})
            except NoAnswer as error:
                failed = _unavailable(error)
                continue
            except AnswerRefused as error:
                raise SourceChanged(error.message.text, hint=error.hint, **error.message.values) from None
            except EgressError as error:
                raise _unavailable(error) from None
            if response.status != 429 and (response.status < 500 or self._problem(response) is not None):
                return self._found(response)
            failed = SourceUnavailable("Prometheus answered with {status}.", status=response.status)
            if (response.retry_after or 0) > _PATIENCE:
                break
            await self._clock.sleep(response.retry_after or 0)
        raise failed

    async def _sent(self, path: str, values: Mapping[str, str]) -> Response:
        url, body = f"{self._config.url}/api/v1/{path}", urlencode(values)
        headers = {"accept": "application/json", **self._credential()}
        if not self._only_get:
            form = {**headers, "content-type": "application/x-www-form-urlencoded"}
            response = await self._outside.fetch("POST", url, headers=form, body=body.encode(), limits=_LIMITS)
            if response.status != 405:
                return response
            self._only_get = True
        return await self._outside.fetch("GET", f"{url}?{body}", headers=headers, limits=_LIMITS)

    def _credential(self) -> Mapping[str, str]:
        config = self._config
        headers = dict(headers_of(config.headers))
        if config.token is not None:
            headers["authorization"] = f"Bearer {config.token.get_secret_value()}"
        if config.user is not None and config.password is not None:
            pair = f"{config.user}:{config.password.get_secret_value()}".encode()
            headers["authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        return headers

    def _found(self, response: Response) -> Found:
        problem = self._problem(response)
        if problem is not None:
            raise problem
        match response.status:
            case 200:
                return found(read(response.body))
            case 401:
                raise SourceRefused(
                    "Prometheus does not accept the credential.",
                    hint=Message("Say /source edit and fill in another token, or user and password."),
                )
            case 403:
                raise SourceRefused(
                    "Prometheus refuses to answer with this credential.",
                    hint=Message("It needs to read queries: GET and POST of /api/v1/query and /api/v1/query_range."),
                )
            case 404:
                raise SourceRefused(
                    "There is no Prometheus at that address.",
                    hint=Message("Give the address in front of /api/v1, as https://prometheus.acme.example."),
                )
            case status:
                raise SourceRefused("Prometheus answered with {status}.", status=status)

    def _problem(self, response: Response) -> Unfit | None:
        """Return what Prometheus says is wrong with a query; None where it says no such thing."""
        if response.status not in (400, 422, 503):
            return None
        try:
            answer = read(response.body)
        except SourceChanged:  # a proxy's own page
            return None
        if answer.status != "error" or answer.errorType not in _QUERY_ERRORS:
            return None
        if answer.errorType in ("timeout", "canceled"):
            return Unfit("Prometheus takes too long for it")
        return Unfit("Prometheus says: {said}", said=self._clean(answer.error))

    def _clean(self, said: str) -> str:
        """Return Prometheus' words as text on one line, unless what it was given in secret stands in them."""
        config = self._config
        secrets = [one.get_secret_value() for one in (config.token, config.password) if one is not None]
        secrets += headers_of(config.headers).values()
        return "…" if any(secret and secret in said for secret in secrets) else text(said, _MOST_SAID)


def _unavailable(error: EgressError) -> SourceUnavailable:
    return SourceUnavailable(error.message.text, hint=error.hint, **error.message.values)
