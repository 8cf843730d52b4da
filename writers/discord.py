"""Discord as a place that messages are sent to, and that can be asked whether one has arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from model.card import Card
from model.clock import Clock
from model.delivery import Address, Channel, NamedDestination, Payload, Platform, Receipt
from model.errors import CannotAsk, UnknownName
from model.health import Check
from model.ids import BlobId, DeliveryId
from model.language import Code
from writers import discord_components, discord_health
from writers.discord_channels import Channels
from writers.discord_components import FIRST_MARK, SETTLED
from writers.discord_rest import NO_REPLY, UNKNOWN_MESSAGE, Refused, Rest, Upload
from writers.discord_rights import Right

Files = Callable[[Address, BlobId], Awaitable[bytes]]  # raises UnknownName where it is gone

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # of Discord's ids
_SLACK = timedelta(minutes=5)  # that its clock may be ahead of ours, or behind: more is looked through than need be
_PAGE = 100  # messages of one answer
_MOST_PAGES = 20  # of them that are looked through


class Discord:
    """Sends to channels and direct messages, and edits what it has sent."""

    platform: ClassVar[Platform] = Platform.DISCORD

    def __init__(self, rest: Rest, clock: Clock, files: Files) -> None:
        self.rest, self._clock, self._files = rest, clock, files
        self.channels = Channels(rest, clock)

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the card as messages, within all limits."""
        return discord_components.render(card)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        """Post a first time. The key goes along as nonce, by which Discord knows a repeat for some minutes."""
        channel = await self._where(to)
        body, uploads = await self._message(to, payload, marks_of(key))
        body |= {"nonce": key, "enforce_nonce": True}
        path = f"/channels/{channel}/messages"
        if root is not None and root.channel == channel:
            body["message_reference"] = {"message_id": root.message, "fail_if_not_exists": False}
        try:
            made = await self.rest.ask("POST", path, body, uploads)
        except Refused as error:  # to reply takes the right to read what was said
            if error.code != NO_REPLY:
                raise
            del body["message_reference"]
            made = await self.rest.ask("POST", path, body, uploads)
        return _receipt(channel, made)

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """Put another payload in a message's place; where somebody has deleted it, post it once."""
        body, uploads = await self._message(to, payload, SETTLED)
        try:
            made = await self.rest.ask("PATCH", f"/channels/{at.channel}/messages/{at.message}", body, uploads)
        except Refused as error:
            if error.code != UNKNOWN_MESSAGE:
                raise
            key = DeliveryId(at.message)  # the same one each time: it may have been posted already
            there = await self.find(to, key, at.at)
            return await self.send(to, payload, key) if there is None else await self.edit(to, there, payload)
        return _receipt(at.channel, made)

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:  # noqa: ARG002
        """Look through what the bot has said in the channel since then; None: it is certainly not there.

        Raises:
            CannotAsk: the history may not be read, is too long, or holds messages of ours that bear no number.
            DestinationUnavailable, DestinationRefused: there is no answer.
        """
        channel, me, wanted = await self._where(to), await self.channels.me(), marks_of(key)
        after, any_seen, unsure = _id_at(since - _SLACK), False, False
        for _ in range(_MOST_PAGES):
            page = await self.rest.ask("GET", f"/channels/{channel}/messages?limit={_PAGE}&after={after}")
            for message in page:
                any_seen = True
                if str(message["author"]["id"]) != me:
                    continue
                marks = _marks_in(message)
                if marks == wanted or message.get("nonce") == key:
                    return _receipt(channel, message)
                unsure = unsure or (marks is None and _may_be_ours(message))
            if len(page) < _PAGE:
                break
            after = max(int(message["id"]) for message in page)
        else:
            raise CannotAsk("Too much was said in the channel since then to look through.")
        if unsure:
            raise CannotAsk("There are messages in the channel of which nobody can say what they are.")
        if not any_seen and not await self._reads_history(to, channel):
            raise CannotAsk("The bot may not read the message history of the channel.")
        return None

    async def channel(self, said: str, account: str | None) -> Channel:
        """Return the channel that is meant, where the bot may post. Raises UsageError, DestinationUnavailable."""
        return await self.channels.meant(said, account)

    async def checks(self, named: Sequence[NamedDestination], account: str | None = None) -> Sequence[Check]:  # noqa: ARG002 - one token for all servers
        """Return how Discord is, and each of these channels; nothing is sent."""
        return [check async for check in discord_health.checks(self.rest, self.channels, named)]

    def repeated(self, payload: Payload, language: Code) -> Payload:
        """Return the payload marked as a possible repeat."""
        return discord_components.repeated(payload, language)

    async def _where(self, to: Address) -> str:
        """Return the channel of an address; a thread is one of its own."""
        return await self.channels.with_person(to.user) if to.private else to.thread or to.target

    async def _reads_history(self, to: Address, channel: str) -> bool:
        """Tell whether an empty answer means an empty channel: without the right to read, Discord says nothing."""
        return to.private or Right.HISTORY in await self.channels.rights(to.account, channel)

    async def _message(
        self, to: Address, payload: Payload, marks: tuple[int, int]
    ) -> tuple[dict[str, Any], list[Upload]]:
        """Return the body of a message and its files; what is gone from the store goes without."""
        uploads, gone = [], set()
        for file in payload.attachments:
            try:
                data = await self._files(to, file.blob)
            except UnknownName:
                gone.add(file.name)
            else:
                uploads.append(Upload(file.name, _media_type(file.media_type), data))
        body: dict[str, Any] = discord_components.without_files(payload.body, gone)
        body["attachments"] = [{"id": str(n), "filename": upload.name} for n, upload in enumerate(uploads)]
        return discord_components.marked(body, marks), uploads


def marks_of(key: DeliveryId) -> tuple[int, int]:
    """Return the numbers by which a message of this key is known: 60 bits of its hash."""
    digest = hashlib.sha256(f"arb delivery {key}".encode()).digest()
    one, two = (int.from_bytes(digest[at : at + 4]) & (FIRST_MARK - 1) | FIRST_MARK for at in (0, 4))
    return one, two if two != one else two ^ 1


def _marks_in(message: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the numbers of a message that were given by us, if it has any."""
    for container in message.get("components") or ():
        inner = container.get("components") or ()
        one, two = int(container.get("id") or 0), int(inner[0].get("id") or 0) if inner else 0
        if min(one, two) >= min(SETTLED):
            return one, two
    return None


def _may_be_ours(message: Mapping[str, Any]) -> bool:
    """Tell whether a message without numbers could be from the outbox: all components, and no answer to a command."""
    answers = any(message.get(name) for name in ("webhook_id", "interaction_metadata", "interaction"))
    return bool(int(message.get("flags") or 0) & discord_components.V2) and not answers


def _receipt(channel: str, message: Mapping[str, Any]) -> Receipt:
    id = str(message["id"])
    return Receipt(channel, id, _EPOCH + timedelta(milliseconds=int(id) >> 22))


def _id_at(at: datetime) -> int:
    """Return the smallest id of an instant (https://discord.com/developers/docs/reference#snowflakes)."""
    return max(0, int((at - _EPOCH) / timedelta(milliseconds=1))) << 22


def _media_type(given: str) -> str:
    """Return a media type that may stand in a header."""
    return given if given.isascii() and given.isprintable() and " " not in given else "application/octet-stream"
