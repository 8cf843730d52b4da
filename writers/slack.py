"""Slack: messages that can be found again by their key, and edited.

A key goes along in the message's metadata, which only we read; `client_msg_id` is a second line that costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import JsonValue

from model.card import Attachment, Card
from model.clock import Clock
from model.delivery import Address, Channel, NamedDestination, Payload, Platform, Receipt
from model.errors import CannotAsk, DeliveryError, DestinationUnavailable, UnknownName, UsageError
from model.health import Check
from model.ids import BlobId, DeliveryId, stable_uuid
from model.language import Code, Message
from writers import slack_blocks, slack_health
from writers.slack_api import SlackApi, SlackError
from writers.slack_pictures import without_pictures

Files = Callable[[Address, BlobId], Awaitable[bytes]]  # the bytes of what goes to an address; raises UnknownName

_log = logging.getLogger(__name__)
_EVENT = "arb_delivery"  # the type of our metadata
_SKEW = timedelta(minutes=2)  # that Slack's clock may differ from ours by
_UPLOAD = 12.0  # seconds that the pictures of a message may take before text stands in for them
_PAUSES = (0.2, 0.4, 0.8, 1.0, 1.5, 2.0, 3.0)  # seconds between two looks whether an upload is ready
_KEPT = 500  # uploads whose ids are remembered
_GONE = frozenset({
    "edit_window_closed", "message_not_found", "cant_update_message", "block_mismatch", "streaming_state_conflict",
})  # fmt: skip
_UNFIT = frozenset({
    "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "only_one_table_allowed", "block_mismatch",
})  # fmt: skip
_DEAF = frozenset({"missing_scope", "not_in_channel", "not_allowed_token_type", "thread_not_found"})
_MENTION = re.compile(r"<#(?P<id>[CG][A-Z0-9]+)(?:\|[^>]*)?>")
_ID = re.compile(r"[CG][A-Z0-9]{6,}")


class Slack:
    """Posts to channels, threads and people of the teams that have given us a token."""

    platform: ClassVar[Platform] = Platform.SLACK

    def __init__(self, api: SlackApi, clock: Clock, files: Files, *, talks: bool = False) -> None:
        self._api, self._clock, self._files, self._talks = api, clock, files, talks
        self._direct: dict[tuple[str, str], str] = {}
        self._uploads: dict[tuple[str, str], str] = {}

    @property
    def api(self) -> SlackApi:
        """The way to Slack."""
        return self._api

    async def channel(self, said: str, account: str | None) -> Channel:
        """Return the channel of a team that is meant by "#eng", a mention of it or its id.

        Raises:
            UsageError: the team has no such channel that the bot can see.
            DeliveryError: Slack cannot be asked.
        """
        team = account or await self._api.own_team()
        mention = _MENTION.fullmatch(said)
        id = mention["id"] if mention else said if _ID.fullmatch(said) else None
        try:
            found = await self._named(team, said.removeprefix("#")) if id is None else await self._of(team, id)
        except SlackError as error:
            if error.code != "channel_not_found":
                raise
            found = None
        if found is None:
            raise UsageError(
                "The bot sees no Slack channel {name}.",
                hint=Message("Invite it: type /invite and its name in that channel. A private one is hidden before."),
                name=said,
            )
        if found.get("is_archived"):
            raise UsageError("The Slack channel {name} is archived.", name=said)
        return Channel(f"#{found.get('name') or found['id']}", Address(self.platform, team, str(found["id"])))

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the messages that a card is."""
        return slack_blocks.render(card)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:
        """Post a first time; parts go into the thread of their root. Raises DeliveryError."""
        file = await self._file(to, payload)
        made = await self._post(to, payload, str(key), to.thread or (root.message if root else None))
        if file is not None:
            await self._attach(to.account, made, payload, file)
        return made

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """Put another payload in a message's place; where that cannot be, post it once. Raises DeliveryError."""
        blocks = await self._blocks(to, payload)
        told = {"channel": at.channel, "ts": at.message, "text": payload.body["text"], "blocks": blocks}
        try:
            await self._api.call(to.account, "chat.update", told, writes=True)
        except SlackError as error:
            if error.code not in _GONE:
                raise
            key = f"{at.channel}.{at.message}"  # the same one each time: it may have been posted already
            there = await self._found(to, key, at.at, None)
            if there is not None and there.message != at.message:
                return await self.edit(to, there, payload)
            return await self._post(to, payload, key, to.thread)
        return at

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:
        """Return the receipt of the message with this key; None: it is not there. Raises DeliveryError."""
        return await self._found(to, str(key), since, root)

    def repeated(self, payload: Payload, language: Code) -> Payload:
        """Return the payload marked as a possible repeat."""
        return slack_blocks.repeated(payload, language)

    async def checks(self, named: Sequence[NamedDestination], account: str | None = None) -> Sequence[Check]:
        """Return how Slack is, and each channel that was named; nothing is sent."""
        return [check async for check in slack_health.checks(self._api, self._clock, named, account, talks=self._talks)]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._api.aclose()

    async def _post(self, to: Address, payload: Payload, key: str, thread: str | None) -> Receipt:
        told: dict[str, Any] = {
            "channel": await self._target(to),
            "text": payload.body["text"],
            "blocks": await self._blocks(to, payload),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": _EVENT, "event_payload": {"key": key}},
            "client_msg_id": stable_uuid(key),
        }
        told |= {} if thread is None else {"thread_ts": thread}
        try:
            answer = await self._api.call(to.account, "chat.postMessage", told, writes=True)
        except SlackError as error:
            if error.code not in _UNFIT or not told["blocks"]:
                raise
            _log.warning("Slack took no blocks of message %s: %s", key, error.code)
            told["blocks"] = without_pictures(payload) if "pictures" in payload.body else []
            answer = await self._api.call(to.account, "chat.postMessage", told, writes=True)
        return _receipt(str(answer.data["channel"]), str(answer.data["ts"]))

    async def _target(self, to: Address) -> str:
        """Return the channel of an address; a person's is opened once."""
        if not to.private:
            return to.target
        known = self._direct.get((to.account, to.user))
        if known is None:
            opened = await self._api.call(to.account, "conversations.open", {"users": to.user})
            known = self._direct[to.account, to.user] = str(opened.data["channel"]["id"])
        return known

    async def _found(self, to: Address, key: str, since: datetime, root: Receipt | None) -> Receipt | None:
        channel = await self._target(to)
        thread = to.thread or (root.message if root else None)
        async for one in self._since(to.account, channel, thread, since - _SKEW):
            told = one.get("metadata") or {}
            if told.get("event_type") == _EVENT and told.get("event_payload", {}).get("key") == key:
                return _receipt(channel, str(one["ts"]))
        return None

    async def _since(self, team: str, channel: str, thread: str | None, since: datetime) -> AsyncIterator[Any]:
        """Yield what was said in a channel or a thread since an instant. Raises CannotAsk where it is not told."""
        told: dict[str, Any] = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "limit": 200}
        told |= {"include_all_metadata": "true"} | ({} if thread is None else {"ts": thread})
        method = "conversations.history" if thread is None else "conversations.replies"
        async for page in self._pages(team, method, told):
            for one in page.get("messages", ()):
                yield one

    async def _pages(self, team: str, method: str, told: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            try:
                page = (await self._api.call(team, method, {**told, "cursor": cursor} if cursor else told)).data
            except SlackError as error:
                if error.code in _DEAF and method != "conversations.list":
                    raise _deaf(error.code) from None
                raise
            yield page
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def _of(self, team: str, id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (await self._api.call(team, "conversations.info", {"channel": id})).data["channel"]
        return found

    async def _named(self, team: str, name: str) -> Mapping[str, Any] | None:
        told = {"exclude_archived": "true", "limit": 1000, "types": "public_channel,private_channel"}
        try:
            return await self._listed(team, name, told)
        except SlackError as error:  # without groups:read private channels are not listed
            if error.code != "missing_scope":
                raise
            return await self._listed(team, name, {**told, "types": "public_channel"})

    async def _listed(self, team: str, name: str, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
        async for page in self._pages(team, "conversations.list", told):
            for one in page.get("channels", ()):
                if one.get("name") == name:
                    found: Mapping[str, Any] = one
                    return found
        return None

    async def _blocks(self, to: Address, payload: Payload) -> list[JsonValue]:
        """Return the blocks of a payload with its pictures uploaded, or with what stands in for them."""
        blocks, pictures = payload.body.get("blocks"), payload.body.get("pictures")
        if not isinstance(blocks, list) or not isinstance(pictures, dict):
            return blocks if isinstance(blocks, list) else []
        files = {file.name: file for file in payload.attachments}
        try:
            async with asyncio.timeout(_UPLOAD):
                return [await self._pictured(to, block, pictures, files) for block in blocks]
        except (DeliveryError, TimeoutError) as error:
            if isinstance(error, SlackError) and error.of_account and error.code != "missing_scope":
                raise  # its token is no good: the message would be refused too
            _log.warning("no picture could be uploaded to Slack: %s", error)
            return without_pictures(payload)

    async def _pictured(
        self, to: Address, block: JsonValue, pictures: Mapping[str, Any], files: Mapping[str, Attachment]
    ) -> JsonValue:
        picture = pictures.get(str(block.get("block_id"))) if isinstance(block, dict) else None
        if picture is None or not isinstance(block, dict):
            return block
        id = await self._uploaded(to, files[picture["file"]], str(block["alt_text"]))
        if id is None:
            return {**picture["instead"], "block_id": block["block_id"]}
        return {**block, "slack_file": {"id": id}}

    async def _file(self, to: Address, payload: Payload) -> str | None:
        """Upload the file that a part is; None where it is none, or its bytes are gone."""
        if "file" not in payload.body or not payload.attachments:
            return None
        return await self._uploaded(to, payload.attachments[0], "")

    async def _attach(self, team: str, at: Receipt, payload: Payload, file: str) -> None:
        """Show a file with the message that names it; the message stands also where that fails."""
        told = {"channel": at.channel, "ts": at.message, "text": payload.body["text"], "file_ids": [file]}
        try:
            await self._api.call(team, "chat.update", told, writes=True)
        except DeliveryError as error:
            _log.warning("a file could not be shown in Slack: %s", error)

    async def _uploaded(self, to: Address, file: Attachment, words: str) -> str | None:
        """Return the id of an uploaded file that is ready to be shown; None where its bytes are gone."""
        team, known = to.account, self._uploads.get((to.account, file.blob))
        if known is not None:
            return known
        try:
            data = await self._files(to, file.blob)
        except UnknownName:
            return None
        told = {"filename": file.name, "length": len(data)} | ({"alt_txt": words[:1000]} if words else {})
        asked = (await self._api.call(team, "files.getUploadURLExternal", told)).data
        id = str(asked["file_id"])
        await self._api.upload(str(asked["upload_url"]), data)
        await self._api.call(team, "files.completeUploadExternal", {"files": [{"id": id}]}, writes=True)
        for pause in _PAUSES:
            if (await self._api.call(team, "files.info", {"file": id})).data["file"].get("mimetype"):
                break
            await self._clock.sleep(pause)
        else:
            raise DestinationUnavailable("Slack did not finish an upload in time.")
        if len(self._uploads) >= _KEPT:
            self._uploads.pop(next(iter(self._uploads)))
        self._uploads[team, file.blob] = id
        return id


def _deaf(code: str) -> CannotAsk:
    return CannotAsk("Slack does not let the bot read that channel ({error}).", error=code)


def _receipt(channel: str, ts: str) -> Receipt:
    return Receipt(channel, ts, datetime.fromtimestamp(float(ts), UTC))
