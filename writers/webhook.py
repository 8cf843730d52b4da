"""Outgoing webhooks: a signed POST of JSON, which a repeat can be known by."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, SecretStr

from egress.client import Egress, Limits, Response
from model.card import Card, files_of, without_remark
from model.clock import Clock
from model.delivery import Address, Payload, Platform, Receipt
from model.errors import (
    AddressRefused,
    CannotAsk,
    DestinationRefused,
    DestinationUnavailable,
    EgressError,
    SealBroken,
    UnknownName,
    UsageError,
)
from model.form import Option, Unfit
from model.ids import DeliveryId, webhook_secret
from model.language import Code, Message
from writers.document import document, dumped
from writers.signing import key_of, signed

Configs = Callable[[Address], Awaitable[Mapping[str, JsonValue]]]

_LIMITS = Limits(deadline=15.0)
_MOST = 256 << 10  # bytes of a body
_REMARK = 48 << 10  # bytes of a body kept for a language model's words: how many they are takes nothing else away
_SHORTENED = 20_000  # characters that are left of a text where the whole is too large
_CLEAR = "A report is not sent over the internet in the clear."
_SEALED = Message("Give an address with https://.")
_LATER = (408, 425, 429)  # answers that ask to come again


def _secret(given: SecretStr | None) -> SecretStr | None:
    if given is not None and key_of(given.get_secret_value()) is None:
        raise Unfit("it is whsec_ and the base64 of 32 bytes or more; left empty, one is made")
    return given


class WebhookConfig(BaseModel):
    """Where to, signed with what, and what the receiver does with a repeat."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    url: Annotated[
        str, Field(min_length=1, max_length=2000), Option(Message("Address"), example="https://ops.example/reports")
    ]
    secret: Annotated[SecretStr | None, AfterValidator(_secret), Option(Message("Secret to sign with"))] = None
    repeats: Annotated[
        Literal["marked", "ignored"], Option(Message("Repeats after a crash: marked, or ignored by the receiver"))
    ] = "marked"


class Webhooks:
    """Sends to webhooks; the configuration of each is asked for when it is needed."""

    platform: ClassVar[Platform] = Platform.WEBHOOK
    Config: ClassVar[type[BaseModel]] = WebhookConfig

    def __init__(self, egress: Egress, clock: Clock, configs: Configs) -> None:
        self._egress, self._clock, self._configs = egress, clock, configs

    async def kept(self, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the configuration to keep, with a secret made where none is given; nothing is sent.

        Raises:
            UsageError: the address is none that may be sent to.
        """
        config = WebhookConfig.model_validate(given)
        try:
            await self._egress.check(config.url)
            if await self._in_the_clear(config.url):
                raise UsageError(_CLEAR, hint=_SEALED)
        except EgressError as error:
            raise UsageError("{problem}", hint=error.hint, problem=error.message) from None
        secret = config.secret.get_secret_value() if config.secret else webhook_secret()
        return {"url": config.url, "secret": secret, "repeats": config.repeats}

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the one message that a card is; where it is too large, less of it."""
        body, without = document(card), document(without_remark(card))
        most = _MOST - (_REMARK if body["blocks"] != without["blocks"] else 0)
        degraded: tuple[str, ...] = ("attachments",) if files_of(card) else ()
        if len(dumped(without)) > most:
            without["blocks"] = body["blocks"] = []
            degraded = (*degraded, "blocks")
        if len(dumped(without)) > most:
            body = without
            texts = {name: f"{str(body[name])[:_SHORTENED]}…" for name in ("text", "markdown")}
            body, degraded = {**body, **texts}, (*degraded, "text")
        return (Payload(body, degraded=degraded),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        """POST a first time; the key goes along as Idempotency-Key. Raises DeliveryError."""
        part = {} if root is None else {"part_of": root.message.partition(".")[0]}
        return await self._post(to, {**payload.body, **part}, key, 1)

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """POST the message once more, as a later revision of it. Raises DeliveryError."""
        key, _, revision = at.message.partition(".")
        return await self._post(to, payload.body, DeliveryId(key), int(revision or 1) + 1)

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:  # noqa: ARG002
        """Return None where the receiver ignores what it knows already: sending again is harmless. Raises CannotAsk."""
        if (await self._config(to)).repeats == "ignored":
            return None
        raise CannotAsk("A webhook cannot be asked what it has received.")

    def repeated(self, payload: Payload, language: Code) -> Payload:  # noqa: ARG002
        """Return the payload marked as a possible repeat: for a program, so in no language."""
        return Payload({**payload.body, "possible_repeat": True}, payload.attachments, payload.degraded)

    async def _post(self, to: Address, body: Mapping[str, JsonValue], key: DeliveryId, revision: int) -> Receipt:
        config = await self._config(to)
        whole = {"possible_repeat": False, **body, "delivery": key, "revision": revision}
        data, now = dumped(whole), self._clock.now()
        # A revision is another message: a receiver that ignores keys it knows must not ignore it.
        id = key if revision == 1 else f"{key}.{revision}.{hashlib.sha256(data).hexdigest()[:16]}"
        secret = key_of(config.secret.get_secret_value() if config.secret else "")
        if secret is None:
            raise DestinationRefused("The destination has no secret to sign with.", hint=_EDIT)
        headers = {"content-type": "application/json", "idempotency-key": id, **signed(secret, id, now, data)}
        try:
            if await self._in_the_clear(config.url):  # what was opened when it was added may be no more
                raise DestinationRefused(_CLEAR, hint=_SEALED)
            answer = await self._egress.fetch(
                "POST", config.url, headers=headers, body=data, limits=_LIMITS, read=False
            )
        except AddressRefused as error:
            raise DestinationRefused("{problem}", hint=error.hint, problem=error.message) from None
        except EgressError as error:
            raise DestinationUnavailable(
                "{problem}", hint=error.hint, ambiguous=error.sent, problem=error.message
            ) from None
        _judge(answer, config)
        return Receipt("webhook", f"{key}.{revision}", now)

    async def _in_the_clear(self, url: str) -> bool:
        """Tell whether anybody on the internet could read what is sent to an address. Raises EgressError."""
        return not url.lower().startswith("https://") and not (await self._egress.check(url)).opened

    async def _config(self, to: Address) -> WebhookConfig:
        return WebhookConfig.model_validate(await config_at(self._configs, to))


_EDIT = Message("Look at it with /destination list, and mend it with /destination edit.")


async def config_at(configs: Configs, to: Address) -> Mapping[str, JsonValue]:
    """Return the configuration of a destination; raises DestinationRefused where it is gone or does not open."""
    try:
        return await configs(to)
    except UnknownName:
        raise DestinationRefused("The destination was removed.") from None
    except SealBroken as error:
        raise DestinationRefused("{problem}", hint=error.hint, problem=error.message) from None


def _judge(answer: Response, config: WebhookConfig) -> None:
    """Raise the verdict of an answer that is no yes."""
    status, wait = answer.status, answer.retry_after
    if 200 <= status < 300:
        return
    said = "It answered {status}."
    if status in _LATER:
        raise DestinationUnavailable(said, retry_after=wait, status=str(status))
    if status >= 500:  # it may have been taken all the same; who names a time to come again has not taken it
        asked = status == 503 and wait is not None
        raise DestinationUnavailable(said, ambiguous=not asked, retry_after=wait, status=str(status))
    if status == 409 and config.repeats == "ignored":  # the same key is being worked on
        raise DestinationUnavailable(said, ambiguous=True, retry_after=wait, status=str(status))
    if 300 <= status < 400:
        raise DestinationRefused(
            "It answered {status}: it has moved, and redirects are not followed.",
            hint=Message("Give its new address with /destination edit."),
            status=str(status),
        )
    raise DestinationRefused(said, hint=_EDIT, status=str(status))
