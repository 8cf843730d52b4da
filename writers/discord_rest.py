"""Discord's HTTP API: one request, its verdict, and the waits that it asks for. Nothing is tried twice in here.

discord.py's own client retries by itself and keeps one address for the whole process; here the outbox decides, and each
connection is checked on its way out like any other (https://discord.com/developers/docs/reference).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import SecretStr

from egress.client import Egress, Limits, Response
from model.clock import Clock
from model.errors import AddressRefused, DestinationRefused, DestinationUnavailable, EgressError
from model.language import Message

API = "https://discord.com/api/v10"
_AGENT = "DiscordBot (auto-report-builder, 0.1)"  # the form that Discord asks for
_LIMITS = Limits(deadline=25.0)  # seconds: less than the outbox waits
_SHORT = 3.0  # seconds that are waited for a spent bucket; for more the outbox comes again
_REVOKED = 5  # times in a row that a token is refused before it is left alone
_TRIAL = 600.0  # seconds between two tries of such a token: a revoked one never becomes valid again

_TOKEN = Message("Make a new token for the bot in Discord's developer portal and set it as ARB_DISCORD_TOKEN.")
_NO_TOKEN = Message("Discord does not take the bot's token: it was revoked or changed.")
_CLEAR = Message("The bot's token is not sent over the internet in the clear.")
_OTHER = Message("Discord refused it: {status}, code {number}.")
_RIGHTS = Message("Let the bot view the channel, send messages and read the message history there, then resume it.")
_PERSON = Message("Who is meant has to allow direct messages from members of the server.")

# https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
_OVER = 50027  # an interaction's own token has run out: nothing is wrong with the bot's
UNKNOWN_CHANNEL, UNKNOWN_GUILD, UNKNOWN_MESSAGE = 10003, 10004, 10008
NO_ACCESS, NO_RIGHT, NO_REPLY = 50001, 50013, 160002
_REFUSALS: Mapping[int, tuple[Message, Message | None]] = {
    UNKNOWN_CHANNEL: (Message("There is no such channel in Discord any more."), None),
    UNKNOWN_GUILD: (Message("There is no such server in Discord, or the bot is not in it."), None),
    UNKNOWN_MESSAGE: (Message("The message is gone from Discord."), None),
    10013: (Message("There is no such person in Discord."), None),
    40005: (Message("Discord finds the message too large."), None),
    NO_ACCESS: (Message("The bot may not see that channel in Discord."), _RIGHTS),
    50007: (Message("Discord lets the bot write nothing to this person."), _PERSON),
    50008: (Message("Messages cannot be sent to a channel of that kind."), None),
    NO_RIGHT: (Message("The bot may not do that in that channel of Discord."), _RIGHTS),
    50083: (Message("The thread is archived in Discord."), None),
    50278: (Message("Discord lets the bot write nothing to this person."), _PERSON),
    200000: (Message("Discord's automatic moderation has blocked the message."), None),
}
_LATER = (20016, 20022, 20028, 30046, 40003)  # write limits and slow mode, whatever the status is


class Refused(DestinationRefused):
    """Discord said no; `code` is its own number for why."""

    def __init__(
        self, why: Message, hint: Message | None, code: int = 0, *, of_account: bool = False, status: str = ""
    ) -> None:
        super().__init__(why.text, hint=hint, of_account=of_account, status=status, number=str(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes along."""

    name: str
    media_type: str
    data: bytes


class Rest:
    """One bot's way to Discord."""

    def __init__(self, egress: Egress, clock: Clock, token: SecretStr, base: str = API) -> None:
        self.egress, self._clock = egress, clock
        self._token, self._base = token, base.rstrip("/")
        self._free: dict[str, float] = {}  # buckets that are spent → when they are not; "" is everything
        self._refusals = 0
        self._trial = 0.0
        self.apart: float | None = None  # seconds between our clock and Discord's, once it has answered

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        uploads: Sequence[Upload] = (),
        *,
        harmless: bool = False,
    ) -> Any:
        """Return what Discord answers; `harmless`: to ask twice is as to ask once.

        Raises:
            DestinationUnavailable: another try may succeed; ambiguous where what was asked may have been done.
            Refused: it will say no again.
        """
        bucket, writes = _bucket(method, path), method != "GET" and not harmless
        await self._wait(bucket)
        headers = {"authorization": f"Bot {self._token.get_secret_value()}", "user-agent": _AGENT}
        data = b""
        if body is not None:
            kind, data = _form(body, uploads) if uploads else ("application/json", _dumped(body))
            headers["content-type"] = kind
        try:
            await self._sealed()
            answer = await self.egress.fetch(method, self._base + path, headers=headers, body=data, limits=_LIMITS)
        except AddressRefused as error:
            raise Refused(error.message, error.hint, of_account=True) from None
        except EgressError as error:
            raise DestinationUnavailable(
                "{problem}", hint=error.hint, ambiguous=error.sent and writes, problem=error.message
            ) from None
        return self._judged(answer, bucket, writes=writes)

    async def _sealed(self) -> None:
        """Raise Refused where anybody on the internet could read the token."""
        if not self._base.startswith("https://") and not (await self.egress.check(self._base)).opened:
            hint = Message("Give ARB_DISCORD_API_URL with https://, or open its host with ARB_EGRESS_ALLOW.")
            raise Refused(_CLEAR, hint, of_account=True)

    async def _wait(self, bucket: str) -> None:
        """Wait for a bucket that is spent, where that takes a moment only. Raises DestinationUnavailable or Refused."""
        now = self._clock.monotonic()
        if self._refusals >= _REVOKED and now < self._trial:
            raise _revoked()
        self._free = {name: at for name, at in self._free.items() if at > now}
        everything, left = (self._free.get(name, now) - now for name in ("", bucket))
        left = max(everything, left)
        if left > _SHORT:
            raise _asked_to_wait(left, of_account=left == everything)
        if left > 0:
            await self._clock.sleep(left)

    def _judged(self, answer: Response, bucket: str, *, writes: bool) -> Any:
        """Return the body of a yes; raise the verdict of anything else."""
        self._note(answer, bucket)
        status, said = answer.status, _read(answer.body)
        if 200 <= status < 300:
            self._refusals = 0
            if status == 204:
                return None
            if said is None:
                raise DestinationUnavailable("Discord's answer cannot be read.", ambiguous=writes)
            return said
        code = said.get("code", 0) if isinstance(said, dict) else 0
        code = code if isinstance(code, int) else 0
        if status == 401 and code != _OVER:
            self._refusals += 1
            self._trial = self._clock.monotonic() + _TRIAL
            raise _revoked()
        if status == 429 or code in _LATER:
            raise self._too_fast(answer, said, bucket)
        if status >= 500:
            raise DestinationUnavailable(
                "Discord answered {status}.", ambiguous=writes, retry_after=answer.retry_after, status=str(status)
            )
        why, hint = _REFUSALS.get(code, (_OTHER, None))
        raise Refused(why, hint, code, status=str(status))

    def _note(self, answer: Response, bucket: str) -> None:
        """Note what the answer says of the bucket, so that nothing is asked that would be refused; and of the time."""
        self.apart = _apart(answer.headers.get("date"), self._clock.now())
        if answer.headers.get("x-ratelimit-remaining") == "0":
            after = _seconds(answer.headers.get("x-ratelimit-reset-after"))
            if after is not None:
                self._free[bucket] = self._clock.monotonic() + after

    def _too_fast(self, answer: Response, said: object, bucket: str) -> DestinationUnavailable:
        """Return the verdict of an answer that asks to come later; to the millisecond, where it says so."""
        exact = _seconds(said.get("retry_after")) if isinstance(said, dict) else None
        wait = answer.retry_after if exact is None else exact
        # An answer that is not Discord's own comes from before it, and holds for this whole machine.
        everything = not isinstance(said, dict) or said.get("global") is True
        if wait is not None:
            self._free["" if everything else bucket] = self._clock.monotonic() + wait
        return _asked_to_wait(wait, of_account=everything)


def _revoked() -> Refused:
    return Refused(_NO_TOKEN, _TOKEN, of_account=True)


def _asked_to_wait(seconds: float | None, *, of_account: bool) -> DestinationUnavailable:
    return DestinationUnavailable("Discord asks to wait.", retry_after=seconds, of_account=of_account)


def _bucket(method: str, path: str) -> str:
    """Return what a limit is counted for, as far as that is known before: a method and a channel, guild or user."""
    parts = path.split("?", 1)[0].strip("/").split("/")
    return " ".join((method, *parts[:3]))


def _seconds(said: object) -> float | None:
    try:
        found = float(said) if isinstance(said, str | int | float) else -1.0
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _apart(date: str | None, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return None
    return abs((now - at).total_seconds()) if at.tzinfo else None


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _dumped(body: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _form(body: Mapping[str, Any] | Sequence[Mapping[str, Any]], uploads: Sequence[Upload]) -> tuple[str, bytes]:
    """Return a multipart body and its type; names are ASCII already, and no file holds its own hash."""
    parts = [(b'name="payload_json"', b"application/json", _dumped(body))]
    for n, upload in enumerate(uploads):
        named = f'name="files[{n}]"; filename="{upload.name}"'.encode("ascii")
        parts.append((named, upload.media_type.encode("ascii"), upload.data))
    whole = hashlib.sha256()
    for _, _, data in parts:
        whole.update(data)
    boundary = whole.hexdigest().encode("ascii")
    form = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (boundary, *part)
        for part in parts
    )
    return f"multipart/form-data; boundary={boundary.decode()}", form + b"--%b--\r\n" % boundary
