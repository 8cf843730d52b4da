"""Who asks GitHub: a token of a person, or an App's installation. Secrets stand in headers only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from gidgethub import sansio
from gidgethub.apps import get_jwt
from jwt import PyJWTError
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from collectors.github_config import GitHubConfig
from model.clock import Clock
from model.errors import EgressError, SourceRefused, SourceUnavailable
from model.language import Message
from model.outside import Limits, Outside

AGENT = "auto-report-builder"
_EARLY = timedelta(minutes=5)  # before its end an installation's token is not used any more
_LIMITS = Limits(decoded=1 << 16)
_VALID = 540  # seconds of an App's own token; GitHub takes no more than ten minutes


class _Token(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)
    token: str
    expires_at: AwareDatetime


class Credential:
    """The credential of one source. An installation's token is kept in memory alone, until shortly before its end."""

    def __init__(self, config: GitHubConfig, outside: Outside, clock: Clock) -> None:
        self._config, self._outside, self._clock = config, outside, clock
        self._token = config.token.get_secret_value() if config.token else None
        self._until: datetime | None = None

    async def headers(self) -> Mapping[str, str]:
        """Return the headers of a request. Raises SourceError."""
        if self._config.app is not None and (self._until is None or self._clock.now() >= self._until):
            await self._renew()
        made = sansio.create_headers(AGENT, accept=sansio.accept_format(), oauth_token=self._token)
        return {**made, "content-type": "application/json", "x-github-api-version": "2022-11-28"}

    async def _renew(self) -> None:
        url = f"{self._config.api_url}/app/installations/{self._config.installation}/access_tokens"
        headers = sansio.create_headers(AGENT, accept=sansio.accept_format(), jwt=self._own())
        try:
            response = await self._outside.fetch("POST", url, headers=headers, limits=_LIMITS)
        except EgressError as error:
            raise SourceUnavailable(error.message.text, hint=error.hint, **error.message.values) from None
        try:
            found = _Token.model_validate_json(response.body)
        except ValidationError:
            raise SourceRefused(
                "GitHub gives the App no token ({status}).",
                hint=Message("Look at the App's id, its installation and its private key."),
                status=response.status,
            ) from None
        self._token, self._until = found.token, found.expires_at - _EARLY

    def _own(self) -> str:
        key, app = self._config.private_key, self._config.app
        if key is None or app is None:
            raise ValueError("an App has both: its configuration sees to it")
        try:
            return get_jwt(app_id=app, private_key=key.get_secret_value(), expiration=_VALID)
        except (PyJWTError, ValueError, TypeError):
            raise SourceRefused(
                "The private key of the App cannot be read.", hint=Message("Fill in the whole .pem file.")
            ) from None
