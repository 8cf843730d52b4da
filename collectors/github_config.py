"""What a GitHub source is told: where, with which rights, which repositories, and what to read of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from model.form import Listed, Option, Unfit
from model.language import Message

PUBLIC = "https://api.github.com"
Kind = Literal["pull_requests", "issues", "commits", "releases", "deployments", "workflow_runs"]
KINDS: tuple[Kind, ...] = ("pull_requests", "issues", "commits", "releases", "deployments", "workflow_runs")
MOST_REPOSITORIES = 1000
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_Text = Annotated[str, Field(min_length=1, max_length=255)]


class GitHubConfig(BaseModel):
    """A token or an App, and the repositories: a list, or those of an organization."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    repositories: Annotated[
        Listed[str], Field(max_length=MOST_REPOSITORIES), Option(Message("Repositories"), example="acme/api, acme/web")
    ] = ()
    org: Annotated[_Text | None, Option(Message("Organization or user"), example="acme")] = None
    token: Annotated[SecretStr | None, Option(Message("Token"))] = None
    topic: Annotated[_Text | None, Option(Message("Only with the topic"), example="backend")] = None
    include: Annotated[Listed[str], Option(Message("Only names like"), example="api-*")] = ()
    exclude: Annotated[Listed[str], Option(Message("Not names like"), example="*-archive")] = ()
    read: Annotated[Listed[Kind], Option(Message("What to read"))] = KINDS
    backlog: Annotated[bool, Option(Message("All that is open, however old"))] = True
    newcomers: Annotated[bool, Option(Message("Who is new"))] = True
    api_url: Annotated[_Text, Option(Message("API address"), example="https://github.acme.example/api/v3")] = PUBLIC
    app: Annotated[_Text | None, Option(Message("App id"))] = None
    installation: Annotated[str | None, Field(pattern=r"^[0-9]{1,20}$"), Option(Message("App installation"))] = None
    private_key: Annotated[SecretStr | None, Option(Message("App private key"), long=True)] = None

    @field_validator("repositories")
    @classmethod
    def _full_names(cls, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if not _NAME.fullmatch(name):
                raise Unfit("write owner/name, as acme/api")
        return tuple(dict.fromkeys(names))

    @field_validator("org")
    @classmethod
    def _one_owner(cls, org: str | None) -> str | None:
        if org is not None and not _OWNER.fullmatch(org):
            raise Unfit("write the name of one organization or user")
        return org

    @field_validator("api_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s?#@]+", url):
            raise Unfit("write the address of the API, as https://github.acme.example/api/v3")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.repositories and self.org is None:
            raise Unfit("Name repositories, or an organization.")
        if self.topic is not None and self.org is None:
            raise Unfit("A topic goes with an organization.")
        app = (self.app, self.installation, self.private_key)
        if any(app) and not all(app):
            raise Unfit("An App needs its id, its installation and its private key.")
        if not any(app) and self.token is None:
            raise Unfit("Give a token, or an App.")
        return self

    @property
    def graphql_url(self) -> str:
        """Return where GraphQL is asked: beside the REST address, not below it, on an Enterprise server."""
        root = self.api_url.removesuffix("/api/v3")
        return f"{root}/api/graphql" if root != self.api_url else f"{self.api_url}/graphql"

    @property
    def web(self) -> str:
        """Return the address that pages for people start with."""
        return "https://github.com" if self.api_url == PUBLIC else self.api_url.removesuffix("/api/v3")

    def takes(self, full_name: str, topics: Sequence[str]) -> bool:
        """Tell whether a repository of the organization is wanted."""
        name = full_name.partition("/")[2].lower()
        if self.topic is not None and self.topic.lower() not in topics:
            return False
        if self.include and not any(fnmatchcase(name, pattern.lower()) for pattern in self.include):
            return False
        return not any(fnmatchcase(name, pattern.lower()) for pattern in self.exclude)

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed: the secrets as they are."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        for name in ("token", "private_key"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None:
                plain[name] = secret.get_secret_value()
        return plain
