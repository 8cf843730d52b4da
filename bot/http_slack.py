"""Slack's requests: nothing of one is read before its signature is known to be Slack's, over the very bytes.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping

from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from bot.http_answers import Endpoint, Headers
from model.clock import Clock

PATH = "/slack/events"
SKEW = 300  # seconds that a request's time may differ from ours
_TIME = re.compile(rb"[0-9]{1,12}")
_STAMP, _SIGNATURE = b"x-slack-request-timestamp", b"x-slack-signature"

Hear = Callable[[bytes, Mapping[str, str]], Awaitable[tuple[int, str, str] | None]]


def listen_to(app: FastAPI, hear: Hear, secret: SecretStr, clock: Clock) -> Mapping[str, Endpoint]:
    """Hear at /slack/events what Slack has signed; the answer is what `hear` returns, of body and headers.

    What is no request of Slack's is answered 401, and what `hear` knows nothing of.
    """
    key = secret.get_secret_value().encode()

    async def events(headers: Headers, body: bytes) -> Response:
        if not is_genuine(headers, body, key, clock.now().timestamp()):
            return _refused()
        told = await hear(body, {name.decode("latin-1"): value.decode("latin-1") for name, value in headers})
        if told is None:
            return _refused()
        status, text, kind = told
        return Response(text, status, media_type=kind)

    async def asked(request: Request) -> Response:
        return await events(request.headers.raw, await request.body())

    app.add_route(PATH, asked, methods=["POST"])
    return {PATH: events}


def is_genuine(headers: Headers, body: bytes, key: bytes, now: float) -> bool:
    """Tell whether a request was signed with our key within the last five minutes; `now` in Unix seconds."""
    stamps = [value for name, value in headers if name.lower() == _STAMP]
    signatures = [value for name, value in headers if name.lower() == _SIGNATURE]
    if len(stamps) != 1 or len(signatures) != 1 or _TIME.fullmatch(stamps[0]) is None:
        return False
    made = b"v0=" + hmac.new(key, b"v0:" + stamps[0] + b":" + body, hashlib.sha256).hexdigest().encode()
    return hmac.compare_digest(made, signatures[0]) and abs(now - int(stamps[0])) <= SKEW


def _refused() -> Response:
    return Response(status_code=401)
