"""Slack's requests: nothing of one is read before its signature is known to be Slack's, over the very bytes.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import JsonValue, SecretStr

from bot.platforms import slack_heard
from bot.platforms.slack_heard import Heard
from model.clock import Clock
from model.errors import StorageBroken, StorageBusy

_log = logging.getLogger(__name__)
PATH = "/slack/events"
SKEW = 300  # seconds that a request's time may differ from ours
_TIME = re.compile(rb"[0-9]{1,12}")
_STAMP, _SIGNATURE = b"x-slack-request-timestamp", b"x-slack-signature"

Hear = Callable[[Heard], Awaitable[Mapping[str, JsonValue] | None]]


def listen_to(app: FastAPI, hear: Hear, secret: SecretStr, clock: Clock) -> None:
    """Hear at /slack/events what Slack has signed; the answer is what `hear` returns.

    What is no request of Slack's is answered 401. Where it cannot be stored, 503: Slack repeats an event then.
    """
    key = secret.get_secret_value().encode()

    async def events(request: Request) -> Response:
        body = await request.body()
        if not is_genuine(request.scope["headers"], body, key, clock.now().timestamp()):
            return _refused()
        try:
            payload = slack_heard.read(request.headers.get("content-type", ""), body)
        except (ValueError, RecursionError):
            return _refused()
        if payload.get("type") == "url_verification":
            return PlainTextResponse(slack_heard.at(payload, "challenge"))
        return await _answer(payload, hear)

    app.add_route(PATH, events, methods=["POST"])


def is_genuine(headers: Sequence[tuple[bytes, bytes]], body: bytes, key: bytes, now: float) -> bool:
    """Tell whether a request was signed with our key within the last five minutes; `now` in Unix seconds."""
    stamps = [value for name, value in headers if name.lower() == _STAMP]
    signatures = [value for name, value in headers if name.lower() == _SIGNATURE]
    if len(stamps) != 1 or len(signatures) != 1 or _TIME.fullmatch(stamps[0]) is None:
        return False
    made = b"v0=" + hmac.new(key, b"v0:" + stamps[0] + b":" + body, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(made, signatures[0]) and abs(now - int(stamps[0])) <= SKEW


async def _answer(payload: Mapping[str, Any], hear: Hear) -> Response:
    found = slack_heard.heard(payload)
    if found is None:
        return Response()
    try:
        told = await hear(found)
    except (StorageBusy, StorageBroken) as error:
        _log.warning("%s was not taken: %s", found.event, error)
        return Response(status_code=503)
    return Response() if told is None else JSONResponse(told)


def _refused() -> Response:
    return Response(status_code=401)
