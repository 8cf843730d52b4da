"""Slack's Web API: one call, and what its failure means. The library is loaded when something is first asked.

https://docs.slack.dev/apis/web-api/ and, for the errors, each method's page.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

from egress.client import Egress
from model.clock import Clock
from model.errors import DeliveryError, DestinationRefused, DestinationUnavailable, EgressError
from model.language import Message

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

URL = "https://slack.com/api/"
_TIMEOUT = 20.0  # seconds of one request: below what the outbox gives a whole send
_HEARTBEAT = 10.0  # seconds after which a silent socket is asked whether it is there
_BEGINNING = 1000  # bytes of an answer that says no more than whether it went well
_WAIT = 30.0  # seconds, where a 429 names none
NO_TOKEN = Message("Set ARB_SLACK_BOT_TOKEN to the bot token of your Slack app (xoxb-…): docs/slack.md")
INSTALL_AGAIN = Message("Install the app in that workspace again: /slack/install of the bot's address.")
_LATER = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org"})
# "Some aspect of the operation may have succeeded", or the message was made before, by this client_msg_id.
_MAYBE = frozenset({
    "fatal_error", "internal_error", "request_timeout", "service_unavailable", "duplicate_message_not_found",
    "duplicate_channel_not_found",
})  # fmt: skip
_OF_ACCOUNT = frozenset({
    "account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed", "missing_scope",
    "no_permission", "not_allowed_token_type", "ekm_access_denied", "access_denied", "org_login_required",
    "team_access_not_granted", "accesslimited", "two_factor_setup_required", "enterprise_is_restricted",
})  # fmt: skip
_HINTS: Mapping[str, Message] = {
    "not_in_channel": Message("Invite the bot: type /invite and its name in that channel."),
    "channel_not_found": Message("Invite the bot: type /invite and its name in that channel."),
    "is_archived": Message("Unarchive the channel, or choose another one: /destination list"),
    "messages_tab_disabled": Message("Switch the Messages tab on: App Home in the settings of your Slack app."),
    "missing_scope": Message("Add the scope to your Slack app and install it again: docs/slack.md"),
    **dict.fromkeys(("account_inactive", "token_revoked", "token_expired", "invalid_auth", "not_authed"), NO_TOKEN),
}


_OF_TEAM = frozenset({"conversations.list"})  # which team is meant has to be said with an organisation's token


class Tokens(Protocol):
    """The tokens of teams that have installed the app by themselves."""

    async def of(self, team: str) -> str | None:
        """Return the token that calls for a team are made with; None where it gave none. Raises DeliveryError."""
        ...

    async def teams(self) -> Sequence[str]:
        """Return the teams that have the app installed."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack answered; names of headers are in lower case."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def at(self) -> datetime | None:
        """When Slack answered, by its own clock."""
        try:
            return parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None


class SlackError(DestinationRefused):
    """Slack said no; `code` is its word for why."""

    code: str = ""


class SlackApi:
    """Calls methods in the name of a team; nothing is tried twice in here."""

    def __init__(self, egress: Egress, clock: Clock, url: str = URL, own: str | None = None) -> None:
        self._egress, self._clock = egress, clock
        self._url = url if url.endswith("/") else f"{url}/"
        self._own = own
        self.tokens: Tokens | None = None  # they are asked for by this very way
        self._own_team: str | None = None
        self._known = False
        self._session: aiohttp.ClientSession | None = None
        self._resting: dict[tuple[str, str], float] = {}

    @property
    def has_own(self) -> bool:
        """Whether the operator has given a token, or nobody else can."""
        return bool(self._own) or self.tokens is None

    async def own_team(self) -> str:
        """Return the team of the operator's own token; without one, the only team there is. Raises DeliveryError."""
        teams = () if self._own or self.tokens is None else await self.tokens.teams()
        if len(teams) == 1:
            return teams[0]
        if self._own_team is None:
            self._own_team = str((await self.about(self._token_given())).data["team_id"])
        return self._own_team

    async def about(self, token: str) -> Answer:
        """Return what `auth.test` says of a token. Raises DeliveryError."""
        return await self._call(token, "", "auth.test", {}, False)

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Answer:
        """Call a method in nobody's name. Raises DeliveryError."""
        return await self._call("", "", method, arguments, False)

    async def leave(self, token: str, client: Mapping[str, str]) -> None:
        """Take the app, known by its client's id and secret, out of the team of a token. Raises DeliveryError."""
        await self._call(token, "", "apps.uninstall", client, False)

    async def opens(self, token: str) -> str:
        """Return where a connection of Socket Mode goes, for an app-level token. Raises DeliveryError."""
        return str((await self._call(token, "", "apps.connections.open", {}, False)).data["url"])

    async def call(self, team: str, method: str, arguments: Mapping[str, Any], *, writes: bool = False) -> Answer:
        """Call a method for a team; `writes`: what fails on the way may have been done all the same.

        Raises:
            SlackError: it said no.
            DestinationUnavailable: it did not answer, or asked to wait.
        """
        resting = self._resting.get((team, method), 0.0) - self._clock.monotonic()
        if resting > 0:
            raise _busy(resting)
        told = {**arguments, "team_id": team.partition(".")[2]} if method in _OF_TEAM and "." in team else arguments
        return await self._call(await self._token(team), team, method, told, writes)

    async def upload(self, url: str, data: bytes) -> None:
        """Send the bytes of a file where Slack said. Raises DeliveryError."""
        status, _ = await self._sent(url, data=data)
        if status != 200:
            raise DestinationUnavailable("It answered {status}.", status=str(status))

    async def respond(self, url: str, message: Mapping[str, Any]) -> None:
        """Answer where Slack said that an answer to something goes: five times within half an hour.

        Raises:
            DestinationRefused: it takes no more.
            DestinationUnavailable: it did not answer.
        """
        status, said = await self._sent(url, json=dict(message))
        if status >= 500 or status == 429:
            raise DestinationUnavailable("It answered {status}.", status=str(status), ambiguous=True)
        if status != 200 or b'"ok":false' in said.replace(b" ", b""):
            raise DestinationRefused("It answered {status}.", status=str(status))

    async def _sent(self, url: str, **what: Any) -> tuple[int, bytes]:
        """Send something to an address that Slack gave us; return the answer's status and beginning."""
        import aiohttp

        try:
            await self._egress.check(url)
            session = await self._opened()
            async with session.post(url, allow_redirects=False, **what) as answer:
                return answer.status, await answer.content.read(_BEGINNING)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise DestinationUnavailable("No connection could be made.") from None
        except EgressError as error:
            raise _unreachable(error) from None

    async def socket(self, token: str) -> aiohttp.ClientWebSocketResponse:
        """Open a connection of Socket Mode with an app-level token. Raises DeliveryError."""
        url = await self.opens(token)
        import aiohttp

        try:
            await self._egress.check(url.replace("ws", "http", 1))
            session = await self._opened()
            return await session.ws_connect(url, heartbeat=_HEARTBEAT, autoclose=True)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise DestinationUnavailable("No connection could be made.") from None
        except EgressError as error:
            raise _unreachable(error) from None

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _checked(self) -> None:
        """Check where the API is; a name is checked each time that it is connected to. Raises EgressError."""
        if not self._known:
            await self._egress.check(self._url)
            self._known = True

    def _token_given(self) -> str:
        if not self._own:
            raise DestinationRefused("No Slack workspace is connected here.", hint=NO_TOKEN, of_account=True)
        return self._own

    async def _token(self, team: str) -> str:
        installed = None if self.tokens is None else await self.tokens.of(team)
        if installed:
            return installed
        token = self._token_given()
        if await self.own_team() != team:
            raise DestinationRefused(
                "ARB_SLACK_BOT_TOKEN is for another Slack workspace than {team}.",
                hint=NO_TOKEN,
                of_account=True,
                team=team,
            )
        return token

    async def _call(self, token: str, team: str, method: str, arguments: Mapping[str, Any], writes: bool) -> Answer:
        session = await self._opened()
        import aiohttp
        from slack_sdk.errors import SlackApiError

        try:
            await self._checked()
            client = self._client(token, session)
            if writes:
                answer = await client.api_call(method, json=dict(arguments))
            else:
                answer = await client.api_call(method, data=dict(arguments))
        except SlackApiError as error:
            raise self._verdict(error, team, method, writes) from None
        except EgressError as error:
            raise _unreachable(error) from None
        except aiohttp.ClientConnectorError:
            raise DestinationUnavailable("No connection could be made.") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            raise DestinationUnavailable("It did not answer.", ambiguous=writes) from None
        headers = {name.lower(): str(value) for name, value in answer.headers.items()}
        return Answer(answer.data if isinstance(answer.data, dict) else {}, headers)

    def _client(self, token: str, session: aiohttp.ClientSession) -> AsyncWebClient:
        from slack_sdk.web.async_client import AsyncWebClient

        client = AsyncWebClient(token, base_url=self._url, timeout=int(_TIMEOUT), session=session, retry_handlers=[])
        client.proxy = None  # it reads the environment; ours says nothing about the way out
        return client

    def _verdict(self, error: Any, team: str, method: str, writes: bool) -> DeliveryError:
        """Return what an error of the library means."""
        answer = error.response
        data = getattr(answer, "data", None)
        status = int(getattr(answer, "status_code", None) or getattr(answer, "status", 0) or 0)
        code = str(data.get("error", "")) if isinstance(data, dict) else ""
        headers = {str(name).lower(): value for name, value in getattr(answer, "headers", {}).items()}
        if status == 429 or code in _LATER:
            wait = _seconds(headers.get("retry-after"))
            self._resting[team, method] = self._clock.monotonic() + wait
            return _busy(wait)
        if status >= 500 or code in _MAYBE or not code:
            return DestinationUnavailable("It answered {status}.", ambiguous=writes, status=code or str(status))
        needed = str(data.get("needed", "")) if isinstance(data, dict) and code == "missing_scope" else ""
        said = f"{code} ({needed})" if needed else code
        hint = _HINTS.get(code)
        if hint is NO_TOKEN and team and team != self._own_team:
            hint = INSTALL_AGAIN
        refused = SlackError("Slack said: {error}.", hint=hint, of_account=code in _OF_ACCOUNT, error=said)
        refused.code = code
        return refused

    async def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            for name in ("aiohttp", "slack_sdk.web.async_client"):  # slow to load: not in the loop's own thread
                await asyncio.to_thread(importlib.import_module, name)
            from writers.slack_session import session_of

            self._session = self._session or session_of(self._egress, _TIMEOUT)
        return self._session


def _seconds(text: object) -> float:
    try:
        return max(1.0, float(str(text)))
    except ValueError:
        return _WAIT


def _busy(wait: float) -> DestinationUnavailable:
    return DestinationUnavailable("Slack asked to wait.", retry_after=wait, of_account=True)


def _unreachable(error: EgressError) -> DeliveryError:
    return DestinationUnavailable("{problem}", hint=error.hint, problem=error.message)
