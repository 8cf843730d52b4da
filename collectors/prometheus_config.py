"""What a Prometheus source is told: where, with which rights, and which figures are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from collectors.definitions import Text, definitions
from collectors.headers import headers_of
from collectors.measured import Figure
from collectors.prometheus_sets import CARDS, DISKS, IDLE, READY, SETS, Set
from model.form import Listed, Option, Unfit
from model.language import Message
from model.ready import NAME
from model.record import Record

_Text = Annotated[str, Field(min_length=1, max_length=500)]
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}")
_PLACEHOLDER = re.compile(r"\$(\w+)")
_KNOWN = frozenset({"window", "by", "le", "step"})
_MOST_BY = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure, and the PromQL that asks for it."""

    figure: Figure
    query: str

    def gauge(self, *, known: bool) -> Record:
        """Return the record that defines the figure; `known`: it could be asked for."""
        return self.figure.gauge(query=self.query, known=known)


class PrometheusConfig(BaseModel):
    """A Prometheus, or what speaks as it does: Thanos, Mimir, VictoriaMetrics."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    url: Annotated[_Text, Option(Message("Address"), example="https://prometheus.acme.example")]
    token: Annotated[SecretStr | None, Option(Message("Token"))] = None
    user: Annotated[_Text | None, Option(Message("User"))] = None
    password: Annotated[SecretStr | None, Option(Message("Password"))] = None
    headers: Annotated[SecretStr | None, Option(Message("Headers"), example="X-Scope-OrgID: acme", long=True)] = None
    read: Annotated[Listed[Set], Option(Message("Ready figures"))] = SETS
    selector: Annotated[str, Field(max_length=500), Option(Message("Which series"), example='job="api"')] = ""
    by: Annotated[Listed[str], Field(max_length=_MOST_BY), Option(Message("Broken down by"), example="service")] = ()
    requests: Annotated[_Text, Option(Message("Counter of requests"))] = "http_requests_total"
    failed: Annotated[_Text, Option(Message("Which of them failed"))] = 'code=~"5.."'
    latency: Annotated[_Text, Option(Message("Histogram of seconds"))] = "http_request_duration_seconds"
    nodes: Annotated[str, Field(max_length=500), Option(Message("Which machines"), example='job="node"')] = ""
    nodes_by: Annotated[
        Listed[str], Field(max_length=_MOST_BY), Option(Message("Machines broken down by"), example="instance")
    ] = ("instance",)
    figures: Text = ""

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        if not re.fullmatch(r"https?://[^\s?#@]+", url):
            raise Unfit("write the address of Prometheus, as https://prometheus.acme.example")
        return url.rstrip("/").removesuffix("/api/v1")

    @field_validator("requests", "latency")
    @classmethod
    def _metrics(cls, name: str) -> str:
        if not _METRIC.fullmatch(name):
            raise Unfit("write the name of a metric, as http_requests_total")
        return name

    @field_validator("selector", "failed", "nodes")
    @classmethod
    def _matchers(cls, matchers: str) -> str:
        if any(sign in matchers for sign in "{}$\n"):
            raise Unfit('write matchers without braces, as job="api"')
        return matchers.strip().strip(",")

    @field_validator("by", "nodes_by")
    @classmethod
    def _labels(cls, labels: Sequence[str]) -> tuple[str, ...]:
        if not all(NAME.fullmatch(label) for label in labels):
            raise Unfit("write names of labels, as service")
        return tuple(dict.fromkeys(labels))

    @field_validator("headers")
    @classmethod
    def _lines(cls, headers: SecretStr | None) -> SecretStr | None:
        headers_of(headers)
        return headers

    @field_validator("figures")
    @classmethod
    def _queries(cls, written: str) -> str:
        _own(written)
        return written

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Unfit("A user and a password go together.")
        if self.token is not None and self.user is not None:
            raise Unfit("Give a token, or a user with a password.")
        if not self.asked:
            raise Unfit("Nothing is asked for: write figures, or read=service.")
        return self

    @property
    def asked(self) -> tuple[Asked, ...]:
        """The figures in order; a ready one that is written again is the written one."""
        own = {one.figure.name: one for one in _own(self.figures)}
        ready = [
            own.pop(name, Asked(Figure(name, by=self.by if kind == "service" else self.nodes_by), self._filled(query)))
            for kind in self.read
            for name, query in READY[kind].items()
        ]
        return (*ready, *own.values())

    def kept(self) -> Mapping[str, JsonValue]:
        """Return what is sealed: the secrets as they are."""
        plain: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        for name in ("token", "password", "headers"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None:
                plain[name] = secret.get_secret_value()
        return plain

    def _filled(self, query: str) -> str:
        """Return a ready query with what the owner says about metrics and series."""
        values = {
            "requests": self.requests,
            "latency_bucket": f"{self.latency}_bucket",
            "service": self.selector,
            "failed": ",".join(filter(None, (self.selector, self.failed))),
            "nodes": self.nodes,
            "idle": ",".join(filter(None, (self.nodes, IDLE))),
            "disks": ",".join(filter(None, (self.nodes, DISKS))),
            "cards": ",".join(filter(None, (self.nodes, CARDS))),
        }
        return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), query)


def _own(written: str) -> tuple[Asked, ...]:
    found = []
    for one in definitions(written):
        unknown = sorted(set(_PLACEHOLDER.findall(one.body)) - _KNOWN)
        if unknown:
            raise Unfit("{name}: ${word} stands for nothing", name=one.figure.name, word=unknown[0])
        if one.figure.by and "$by" not in one.body and "$le" not in one.body:
            raise Unfit("{name}: write $by where it is broken down, as sum $by (…)", name=one.figure.name)
        if len(one.figure.by) > _MOST_BY:
            raise Unfit("{name}: at most {most} labels", name=one.figure.name, most=_MOST_BY)
        if one.figure.how not in (None, "window"):
            raise Unfit("{name}: PromQL says how; leave how= away", name=one.figure.name)
        found.append(Asked(one.figure, " ".join(one.body.split())))
    return tuple(found)
