"""Settings: the only place that reads the environment. `.env.example` and docs/settings.md are made from it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from analyzers.words.models import ADDRESSES
from bot.setting_kinds import Entries, Folders, Networks
from model.errors import ConfigError
from model.language import Code, Message


def machine_language() -> Code:
    """Return the language that the machine speaks."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ko" if spoken.lower().startswith("ko") else "en"


def _machine_zone() -> str:
    """Return the machine's own zone, so that weeks begin where its people live; UTC where it names none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = Path("/etc/localtime")
    if not named and linked.is_symlink():
        named = str(linked.readlink()).rpartition("zoneinfo/")[2]
    return named if named in available_timezones() else "UTC"


def login() -> str:
    """Return the name that the machine knows the person by."""
    return next((name for key in ("LOGNAME", "USER", "USERNAME") if (name := os.environ.get(key))), "me")


_HTTP = r"^https?://[^\s?#@]+$"


class Settings(BaseSettings):
    """What an operator can set; each is read from the environment or from `.env`, with the prefix ARB_."""

    model_config = SettingsConfigDict(
        env_prefix="ARB_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(default=Path(".arb"), description="Data folder: the database, the key file, exported files.")
    database_url: SecretStr | None = Field(
        default=None, description="postgresql://… for PostgreSQL; SQLite in the data folder when empty."
    )
    master_keys: SecretStr | None = Field(
        default=None,
        description="Keys that seal secrets, id:base64 of 32 bytes, separated by commas, the newest first; "
        "a key file in the data folder when empty.",
    )
    language: Code = Field(
        default_factory=machine_language, description="Language where a person has chosen none: en or ko."
    )
    time_zone: str = Field(
        default_factory=_machine_zone, description="Time zone where a person has chosen none, such as Asia/Seoul."
    )
    git_roots: Annotated[Folders, NoDecode] = Field(
        default_factory=lambda: (Path.cwd(),),
        description="Folders, separated by colons, under which git repositories may be read; "
        "where the process was started when empty.",
    )
    data_roots: Annotated[Folders, NoDecode] = Field(
        default=(),
        description="Folders, separated by colons, with data to read: SQLite, CSV, JSON; none when empty.",
    )
    file_roots: Annotated[Folders, NoDecode] = Field(
        default=(),
        description="Folders, separated by colons, under which reports may be written as files; "
        "outbox in the data folder when empty.",
    )
    egress_allow: Annotated[Entries, NoDecode] = Field(
        default=(),
        description="Hosts and networks, separated by commas, that may be reached besides the public internet; "
        "one without a port opens all its ports, except ARB's own: localhost,10.0.0.0/8,git.acme.example:8443",
    )
    http_host: str = Field(
        default="127.0.0.1",
        description="Address that the HTTP server of arb run listens on: 0.0.0.0 for all of this machine's.",
    )
    http_port: int | None = Field(
        default=8080,
        ge=0,
        le=65535,
        description="Its port; 0 for any that is free, which is printed; empty for no server. arb worker has a server "
        "only where this is set.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="Address at which others reach that server, such as https://arb.acme.example: it "
        "stands in Slack's manifest and installation.",
    )
    http_token: SecretStr | None = Field(
        default=None,
        description="What /metrics and /health/detailed ask for as a bearer token; only this machine may read them "
        "when empty.",
    )
    trusted_proxies: Annotated[Networks, NoDecode] = Field(
        default=(),
        description="Addresses and networks, separated by commas, of proxies before that server: only what comes from "
        "them may say in X-Forwarded-For who asks; nobody is believed when empty.",
    )
    discord_token: SecretStr | None = Field(
        default=None, description="Token of the bot in Discord's developer portal; nothing goes to Discord when empty."
    )
    discord_api_url: str = Field(
        default="https://discord.com/api/v10",
        pattern=r"^https?://[^\s?#]+$",
        description="Address of Discord's API; any other that is no public host has to be opened in ARB_EGRESS_ALLOW.",
    )
    discord_gateway_url: str | None = Field(
        default=None,
        pattern=r"^wss?://[^\s?#]+$",
        description="Address of Discord's gateway; what its API says when empty.",
    )
    command_prefix: str = Field(
        default="",
        pattern=r"^[a-z0-9_-]{0,16}$",
        description="What goes before the names of commands in chats, where another bot has the same: acme- makes "
        "/acme-report.",
    )
    log_format: Literal["json", "text"] | None = Field(
        default=None,
        description="Form of the log on stderr: json or text; text on a terminal and json elsewhere when empty.",
    )
    runs_at_once: int = Field(
        default=4, ge=1, le=64, description="How many runs one process does side by side, whosever they are."
    )
    fresh_seconds: float = Field(
        default=300.0,
        ge=0.0,
        le=3600.0,
        description="For how many seconds what was read of a source is used again by the next report over the same "
        "days, which says so; 0 to read it every time.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="WARNING", description="How much is logged on stderr: DEBUG, INFO, WARNING or ERROR."
    )

    slack_bot_token: SecretStr | None = Field(
        default=None, description="Bot token of a Slack app (xoxb-…): reports can be posted to that Slack workspace."
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        description="App-level token of the Slack app (xapp-…, connections:write): people talk to the bot over "
        "Socket Mode, which needs no public address.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        description="Signing secret of the Slack app: Slack talks to the bot at /slack/events of the HTTP server.",
    )
    slack_client_id: str | None = Field(
        default=None,
        description="Client id of the Slack app: with its secret, other workspaces install it at /slack/install.",
    )
    slack_client_secret: SecretStr | None = Field(default=None, description="Client secret of the Slack app.")
    slack_teams: Annotated[Entries, NoDecode] = Field(
        default=(),
        description="Ids of the workspaces (T…) and organisations (E…) that may install the Slack app, separated by "
        "commas; * for whoever finds the address, none when empty.",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Where Slack's Web API is; another one for a stand-in only."
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None,
        description="Key of Anthropic's API: reports can be put into words by Claude, with models=claude in "
        "/arb settings. /model add keeps a workspace's own.",
    )
    openai_api_key: SecretStr | None = Field(default=None, description="The same for OpenAI's API: models=gpt.")
    gemini_api_key: SecretStr | None = Field(default=None, description="The same for Google's API: models=gemini.")
    model_workspace: Annotated[Entries, NoDecode] = Field(
        default=(),
        description="Workspaces that alone may use these keys, separated by commas: a Slack team's or a Discord "
        "server's id, or the name of one at a terminal; each may when empty, so name them where strangers can install.",
    )
    model_seconds: float = Field(
        default=45.0, ge=1.0, le=600.0, description="How long language models may take over one report, in seconds."
    )
    anthropic_api_url: str = Field(
        default=ADDRESSES["claude"],
        pattern=_HTTP,
        description="Where Anthropic's API is; another one for a gateway or a stand-in only.",
    )
    openai_api_url: str = Field(default=ADDRESSES["gpt"], pattern=_HTTP, description="Where OpenAI's API is.")
    gemini_api_url: str = Field(
        default=ADDRESSES["gemini"], pattern=_HTTP, description="Where Google's API speaks as OpenAI's does."
    )
    backup_to: Path | None = Field(
        default=None,
        description="Folder outside the data folder, better on another disk, that every backup is copied to.",
    )
    backup_command: str | None = Field(
        default=None,
        description="Command that is given every backup's file as its last argument, to take it elsewhere.",
    )

    @property
    def address(self) -> str:
        """Return the address at which others reach the HTTP server; empty where nobody has said it."""
        return (self.public_url or "").rstrip("/")

    @field_validator("backup_to")
    @classmethod
    def _outside(cls, folder: Path | None, given: ValidationInfo) -> Path | None:
        home = given.data.get("home")
        if folder is None or not folder.name:
            return None
        if isinstance(home, Path) and folder.resolve().is_relative_to(home.resolve()):
            raise ValueError("it lies in the data folder, and would be lost with it")
        return folder

    @field_validator("backup_command")
    @classmethod
    def _splits(cls, command: str | None) -> str | None:
        try:
            return command if command and shlex.split(command) else None
        except ValueError:
            raise ValueError("a quotation mark in it is not closed") from None

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
            raise ValueError("it is no time zone such as Asia/Seoul") from None

    @field_validator("http_port", "log_format", "discord_gateway_url", "public_url", "slack_client_id", mode="before")
    @classmethod
    def _empty_is_none(cls, given: object) -> object:
        return None if given == "" else given

    @field_validator(
        "database_url",
        "master_keys",
        "http_token",
        "slack_bot_token",
        "slack_app_token",
        "slack_signing_secret",
        "slack_client_secret",
        "discord_token",
        "anthropic_api_key",
        "openai_api_key",
        "gemini_api_key",
        mode="after",
    )
    @classmethod
    def _empty_is_unset(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is not None and value.get_secret_value() else None


def hide_vendors_variables() -> None:
    """Take what the vendors' SDKs read by themselves out of the environment: keys, headers, organizations.

    They would send it to whatever address they are given, also to one that somebody in a workspace has named.
    """
    for name in [name for name in os.environ if name.startswith(("OPENAI_", "ANTHROPIC_"))]:
        del os.environ[name]


def unknown() -> Mapping[str, str | None]:
    """Return the ARB_ variables, set or in `.env`, that are no settings, each with the one that looks like it."""
    known = {f"arb_{name}" for name in Settings.model_fields}
    given = {*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars}
    strange = sorted(name for name in given if name.lower().startswith("arb_") and name.lower() not in known)
    close = {name: get_close_matches(name.lower(), known, 1, 0.7) for name in strange}
    return {name.upper(): found[0].upper() if found else None for name, found in close.items()}


def load() -> Settings:
    """Return the settings; raises ConfigError that names the variable and the form expected."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        about = Settings.model_fields[name].description if name in Settings.model_fields else ""
        raise ConfigError(
            "The setting ARB_{name} cannot be used: {reason}.",
            hint=Message("{about}", {"about": about or ""}),
            name=name.upper(),
            reason=first["msg"].removeprefix("Value error, "),
        ) from None
