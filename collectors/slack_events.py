"""What Slack pushes of a workspace: messages and reactions, as figures of who is active where. Texts only where wished.

https://docs.slack.dev/apis/events-api
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from collectors.custom import MESSAGES
from collectors.measured import Figure, entry, text
from collectors.pushed import PushedCollector, PushedReceiver
from collectors.signatures import is_now, is_same, proof, unsigned
from model.form import Listed, Option
from model.language import Message
from model.measured import PERSON
from model.pushed import Arrived, Brought, Push, PushRefused
from model.record import Record

REACTIONS = "reactions"
_LEAST = 32  # characters of a signing secret
_STAMP = re.compile(r"[0-9]{9,11}(?:\.[0-9]{1,6})?")
_SPOKEN = ("", "thread_broadcast", "file_share", "me_message")  # subtypes of what a person writes
_LONGEST = 500  # characters of a title


class SlackConfig(BaseModel):
    """Whose events, of which channels, with or without what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    team: Annotated[
        str | None, Field(pattern=r"^[TE][A-Z0-9]{2,20}$"), Option(Message("Team id"), example="T0123456789")
    ] = None
    channels: Annotated[
        Listed[Annotated[str, Field(pattern=r"^[CG][A-Z0-9]{2,20}$")]],
        Option(Message("Only these channels"), example="C0123456789"),
    ] = ()
    texts: Annotated[bool, Option(Message("Keep what is written"))] = False


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Item(_Payload):
    channel: str = ""
    ts: str = ""


class _Event(_Payload):
    type: str = ""
    subtype: str = ""
    user: str = ""
    bot_id: str | None = None
    channel: str = ""
    ts: str = ""
    event_ts: str = ""
    text: str = ""
    reaction: str = ""
    item: _Item = _Item()


class _Envelope(_Payload):
    type: str = ""
    event_id: Annotated[str, Field(max_length=64)] = ""
    team_id: str = ""
    challenge: Annotated[str, Field(max_length=1000)] = ""
    event: _Event = _Event()


class SlackCollector(PushedCollector):
    """A source that Slack pushes to."""

    kind: ClassVar[str] = "slack"
    Config: ClassVar[type[BaseModel]] = SlackConfig

    def figures(self, since: str) -> tuple[Record, ...]:
        """Return the figures; what happened before they were first asked for is not known."""
        at = datetime.fromisoformat(since)
        by = (PERSON, "channel")
        return (
            Figure(MESSAGES, how="count", by=by).gauge(entries=MESSAGES, since=at),
            Figure(REACTIONS, how="count", by=by).gauge(entries=REACTIONS, since=at),
        )


class SlackReceiver(PushedReceiver):
    """Takes messages and reactions of people."""

    kind: ClassVar[str] = "slack"
    path: ClassVar[str] = "slack"
    makes: ClassVar[bool] = False
    form: ClassVar[Message] = Message("It stands under Basic Information of the Slack app: Signing Secret.")

    def __init__(self, config: BaseModel) -> None:
        self._config = config if isinstance(config, SlackConfig) else SlackConfig.model_validate(config.model_dump())

    @staticmethod
    def fits(secret: str) -> bool:
        """Tell whether it looks like a signing secret."""
        return len(secret) >= _LEAST

    def arrived(self, push: Push, secret: str, now: datetime) -> Arrived:
        """Return what an event is, once Slack has signed its time and its very bytes. Raises PushRefused."""
        said = push.headers.get("x-slack-request-timestamp", "")
        if not self.fits(secret) or not is_now(said, now):
            raise unsigned()
        made = "v0=" + proof(secret.encode(), f"v0:{said}:".encode("ascii"), push.body).hex()
        if not is_same(made, push.headers.get("x-slack-signature", "")):
            raise unsigned()
        envelope = self._envelope(push.body)
        if envelope.type == "url_verification":
            answer: dict[str, JsonValue] = {"challenge": envelope.challenge}
            return Arrived("", envelope.type, wanted=False, answer=answer)
        if not envelope.event_id:
            raise PushRefused("That is no event of Slack's: it lacks its id.", why="unreadable")
        if self._config.team not in (None, envelope.team_id):
            raise PushRefused("That team does not belong to this source.", why="foreign")
        return Arrived(envelope.event_id, envelope.event.type[:40], wanted=bool(self._records(envelope)))

    def brought(self, kind: str, body: bytes) -> Brought:  # noqa: ARG002  the body says it
        """Return what an event leaves."""
        return Brought(self._records(self._envelope(body)))

    def _envelope(self, body: bytes) -> _Envelope:
        try:
            return _Envelope.model_validate_json(body)
        except ValidationError:
            raise PushRefused("That cannot be read as an event of Slack's.", why="unreadable") from None

    def _records(self, envelope: _Envelope) -> tuple[Record, ...]:
        event = envelope.event
        channel = event.channel or event.item.channel
        ours = not self._config.channels or channel in self._config.channels
        stamp = event.ts if event.type == "message" else event.event_ts
        if not ours or not event.user or event.bot_id or not _STAMP.fullmatch(stamp):
            return ()
        at = datetime.fromtimestamp(float(Decimal(stamp)), UTC)
        labels = ((PERSON, text(event.user)), ("channel", text(channel)))
        if event.type == "message" and event.subtype in _SPOKEN:
            title = text(event.text, _LONGEST) if self._config.texts else ""
            return (entry(MESSAGES, f"{channel} {stamp}", at, title or f"{channel}", labels),)
        if event.type == "reaction_added":
            key = f"{channel} {event.item.ts[:20]} {event.user[:20]} {event.reaction[:60]}"
            return (entry(REACTIONS, key, at, f":{text(event.reaction)}:", labels),)
        return ()
