"""How an interaction or a message is answered: the few calls of Discord's API that a conversation needs.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import JsonValue

from bot.platforms.discord_heard import Heard
from writers.discord_components import SETTLED, marked
from writers.discord_rest import Refused, Rest, Upload

_MESSAGE, _WAIT, _CHOICES, _MODAL = 4, 5, 8, 9  # kinds of a first response
_EPHEMERAL = 1 << 6
_ANSWERED = 40060  # the interaction has its first response already


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with its files."""

    body: Mapping[str, Any]
    files: Sequence[Upload] = ()

    def private(self) -> Letter:
        """Return the same for its reader's eyes alone."""
        return replace(self, body={**self.body, "flags": int(self.body.get("flags", 0)) | _EPHEMERAL})


class Replies:
    """Answers interactions and messages."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def respond(self, heard: Heard, letter: Letter) -> None:
        """Answer an interaction at once, privately; where it was acknowledged before, in the place of that."""
        try:
            await self._first(heard, _MESSAGE, letter.private())
        except Refused as error:
            if error.code != _ANSWERED:
                raise
            await self.edit(heard.application, heard.token, letter)

    async def wait(self, heard: Heard) -> None:
        """Say that the answer is on its way; only its reader will see it."""
        await self._first_once(heard, _WAIT, {"flags": _EPHEMERAL})

    async def open(self, heard: Heard, modal: Mapping[str, JsonValue]) -> None:
        """Open a form."""
        await self._first_once(heard, _MODAL, modal)

    async def complete(self, heard: Heard, choices: Sequence[str]) -> None:
        """Offer names that complete what is being typed."""
        await self._first_once(heard, _CHOICES, {"choices": [{"name": one, "value": one} for one in choices]})

    async def edit(self, application: str, token: str, letter: Letter) -> None:
        """Put the answer where it was said to be on its way; to repeat it changes nothing."""
        await self._rest.ask("PATCH", f"/webhooks/{application}/{token}/messages/@original", letter.body, letter.files)

    async def follow(self, application: str, token: str, letter: Letter) -> None:
        """Send a further part of an answer."""
        await self._rest.ask("POST", f"/webhooks/{application}/{token}", letter.private().body, letter.files)

    async def reply(self, heard: Heard, letter: Letter, part: int = 0) -> None:
        """Answer a message where it stands; to repeat it within minutes changes nothing."""
        to = {"message_id": heard.id, "fail_if_not_exists": False}
        marks = marked(letter.body, SETTLED)  # no message of the outbox: it is not looked for
        body = {**marks, "message_reference": to, "nonce": f"{heard.id}-{part}", "enforce_nonce": True}
        await self._rest.ask("POST", f"/channels/{heard.channel}/messages", body, letter.files)

    async def member(self, guild: str, user: str) -> Mapping[str, Any] | None:
        """Return somebody's membership of a server; None where he is not in it."""
        try:
            found: Mapping[str, Any] = await self._rest.ask("GET", f"/guilds/{guild}/members/{user}")
        except Refused as error:
            if error.of_account:
                raise
            return None
        return found

    async def _first_once(self, heard: Heard, kind: int, data: Mapping[str, Any]) -> None:
        try:
            await self._first(heard, kind, Letter(data))
        except Refused as error:
            if error.code != _ANSWERED:  # else it was ours, and its answer was lost
                raise

    async def _first(self, heard: Heard, kind: int, letter: Letter) -> None:
        path = f"/interactions/{heard.id}/{heard.token}/callback"
        await self._rest.ask("POST", path, {"type": kind, "data": letter.body}, letter.files)
