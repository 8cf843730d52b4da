"""The connections of Slack's client: only to addresses that were checked, without redirects, proxies or cookies."""

from __future__ import annotations

import aiohttp

from egress.client import Egress
from egress.sockets import Connector


def session_of(egress: Egress, timeout: float) -> aiohttp.ClientSession:
    """Return the one session of a process; `timeout` in seconds, of a whole request."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse)
    return aiohttp.ClientSession(
        connector=Connector(egress, keepalive_timeout=5.0),
        timeout=aiohttp.ClientTimeout(total=timeout, connect=10.0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        trace_configs=[trace],
    )


async def _refuse(*_: object) -> None:
    raise aiohttp.ClientPayloadError("redirects are not followed")
