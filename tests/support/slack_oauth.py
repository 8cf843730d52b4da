"""Slack's side of an installation: what it gives for a code, and for a token that renews another; each once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.slack import Json, SaysNo, Stand, Team

CLIENT, CLIENT_SECRET = "123.456", "CANARY-client-secret"
HALF_A_DAY = 43_200


@dataclass
class Consent:
    """What somebody has agreed to in Slack."""

    team: Team
    user: str
    redirect: str | None
    scopes: str


@dataclass
class Oauth:
    """Gives tokens to apps; `rotates`: they run out after half a day."""

    stand: Stand
    rotates: bool = True
    lifetime: int = HALF_A_DAY  # of the next tokens
    whole: str = ""  # the organisation for which all is installed
    codes: dict[str, Consent] = field(default_factory=dict)
    refresh: dict[str, Team] = field(default_factory=dict)  # tokens that renew one
    refused: list[str] = field(default_factory=list)  # those that came a second time, or never were good
    renewals: int = 0
    left: list[str] = field(default_factory=list)  # teams that the app took itself out of
    slow: threading.Event | None = None  # a renewal is done once this is set
    forgets: bool = False  # or not even then
    answered: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    on_renewal: Callable[[], object] = lambda: None  # called before it is answered
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.stand.of_app["oauth.v2.access"] = self._access
        self.stand.of_app["apps.uninstall"] = self._uninstall

    def agree(self, url: str, team: Team, user: str) -> dict[str, str]:
        """Agree to what somebody is asked at this address; return what he brings back."""
        at = urlsplit(url)
        assert at.path == "/oauth/v2/authorize"
        asked = dict(parse_qsl(at.query))
        assert asked["client_id"] == CLIENT
        code = f"code-{next(self._numbers)}"
        self.codes[code] = Consent(team, user, asked.get("redirect_uri"), asked["scope"])
        return {"code": code, "state": asked["state"]}

    def _access(self, _: str, told: Json) -> Json:
        if told.get("client_id") != CLIENT:
            raise SaysNo("invalid_client_id")
        if told.get("client_secret") != CLIENT_SECRET:
            raise SaysNo("bad_client_secret")
        if told.get("grant_type") == "refresh_token":
            return self._renewed(told.get("refresh_token", ""))
        consent = self.codes.pop(told.get("code", ""), None)
        if consent is None:
            raise SaysNo("invalid_code")
        if consent.redirect != told.get("redirect_uri"):
            raise SaysNo("bad_redirect_uri")
        consent.team.scopes, consent.team.revoked = consent.scopes, ""
        if consent.team not in self.stand.teams:
            self.stand.teams.append(consent.team)
        organisation = {"id": self.whole, "name": "Acme Org"} if self.whole else None
        return self._given(consent.team) | {
            "scope": consent.scopes, "authed_user": {"id": consent.user}, "enterprise": organisation,
            "is_enterprise_install": bool(self.whole),
            "team": None if self.whole else {"id": consent.team.id, "name": "Acme & <Söhne>"},
        }  # fmt: skip

    def _renewed(self, token: str) -> Json:
        self.reached.set()
        if self.slow is not None:
            self.slow.wait(30)
            self.answered = True
            if self.forgets:
                raise SaysNo("fatal_error")
        team = self.refresh.pop(token, None)
        if team is None:
            self.refused.append(token)
            raise SaysNo("invalid_refresh_token")
        if team.revoked:
            raise SaysNo(team.revoked)
        self.renewals += 1
        self.on_renewal()
        return self._given(team) | {"team": {"id": team.id, "name": "Acme"}, "scope": team.scopes}

    def _given(self, team: Team) -> Json:
        number = next(self._numbers)
        team.older.append(team.token)  # good until it runs out
        team.token = f"xoxe.xoxb-CANARY-{number}" if self.rotates else f"xoxb-CANARY-{number}"
        given: Json = {"access_token": team.token, "token_type": "bot", "bot_user_id": "U0BOT", "app_id": "A0ARB"}
        if self.rotates:
            token = f"xoxe-CANARY-{number}"
            self.refresh[token] = team
            given |= {"refresh_token": token, "expires_in": self.lifetime}
            self.lifetime = HALF_A_DAY
        return given

    def _uninstall(self, token: str, told: Json) -> Json:
        if (told.get("client_id"), told.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            raise SaysNo("bad_client_secret")
        team = next((one for one in self.stand.teams if one.token == token), None)
        if team is None:
            raise SaysNo("invalid_auth")
        team.revoked = "account_inactive"
        self.left.append(team.id)
        return {}

    def env(self, **more: Any) -> dict[str, str]:
        """Return the settings of a bot that teams install."""
        client = {"ARB_SLACK_CLIENT_ID": CLIENT, "ARB_SLACK_CLIENT_SECRET": CLIENT_SECRET}
        return {**client, "ARB_SLACK_API_URL": self.stand.url, "ARB_EGRESS_ALLOW": "127.0.0.1", **more}
