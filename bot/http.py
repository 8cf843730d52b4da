"""The HTTP server: how the process stands, for machines that watch it. Lives in the bot's own loop."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from pydantic import SecretStr
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from bot.app import App
from bot.http_answers import MOST, Endpoint, as_json, broke, directly, gone, refused
from bot.http_connections import Bounds, Connection, Doorkeeper
from bot.logs import note
from bot.loops import Side
from bot.metrics import TEXT, Metrics
from bot.readiness import EVERY, PROBE, Details, Limits, Pulse, Readiness
from model.clock import Clock
from model.errors import ConfigError
from model.ids import row_id
from model.language import Message

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.types import Message as Event

_log = logging.getLogger(__name__)
_UNKNOWN = "unknown"  # the route of a path that there is none for
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
_BACKLOG = 1024
# Adds what else is answered. For what it returns, by path, somebody waits who sends a POST: it is answered without the
# layers that the framework has around each answer, which take some 0.3 ms.
Routes = Callable[[FastAPI], Mapping[str, Endpoint] | None]
_GRACE = 3  # seconds in which answers under way may finish at the end


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises ConfigError where the address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError:
        raise _not_had(host, port) from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(_BACKLOG)  # who comes early waits
    except OSError:
        listening.close()
        raise _not_had(host, port) from None
    listening.setblocking(False)
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address that a socket is reached at: "http://127.0.0.1:8080"."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _not_had(host: str, port: int) -> ConfigError:
    return ConfigError(
        "The HTTP server cannot listen on {host}, port {port}.",
        hint=Message(
            "Another process may have that port: give ARB_HTTP_PORT another one, 0 for any that is free, or leave it "
            "empty for no server. ARB_HTTP_HOST is an address of this machine."
        ),
        host=host,
        port=str(port),
    )


class Server(uvicorn.Server):
    """Serves until it is cancelled; the process minds the signals itself."""

    def __init__(self, app: ASGIApp, bounds: Bounds | None = None) -> None:
        bounds = bounds or Bounds()
        connection = partial(Connection, doorkeeper=Doorkeeper(bounds))
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[asyncio.Protocol]", connection),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=bounds.idle,
                timeout_graceful_shutdown=_GRACE,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def serve_until_cancelled(self, listening: socket.socket) -> None:
        """Answer on a socket; when cancelled, let what is under way finish within 3 s."""
        serving = asyncio.create_task(self.serve([listening]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self.should_exit = True
            await serving
            raise


def front(app: App, metrics: Metrics, side: Side, limits: Limits | None = None, routes: Iterable[Routes] = ()) -> Front:
    """Return what the server answers about a process, and what `routes` add; the look at its database is a loop."""
    db, clock = app.workshop.db, app.workshop.clock
    readiness = Readiness(app.loops, Pulse(db, clock), clock, limits)
    app.loops.add(PROBE, readiness.look, EVERY, side)
    metrics.watch(app.loops, readiness, db.pool, clock)
    details = Details(readiness, app.loops, app.settings.home, clock)
    answers = application(readiness, metrics, details, app.settings.http_token)
    direct: dict[str, Endpoint] = {}
    for add in routes:
        direct |= add(answers) or {}
    return Front(answers, metrics, clock, direct)


def application(readiness: Readiness, metrics: Metrics, details: Details, token: SecretStr | None) -> FastAPI:
    """Return what the server answers."""
    app = bare()

    @app.api_route("/health", methods=["GET", "HEAD"])
    async def health() -> Response:
        return as_json({"status": "ok"})

    @app.api_route("/ready", methods=["GET", "HEAD"])
    async def ready() -> Response:
        reasons = [complaint.as_json() for complaint in readiness.complaints()]
        return as_json({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    @app.api_route("/health/detailed", methods=["GET", "HEAD"])
    async def detailed(request: Request) -> Response:
        _admit(request, token)
        return as_json(await details.checks())

    @app.api_route("/metrics", methods=["GET", "HEAD"])
    async def shown(request: Request) -> Response:
        _admit(request, token)
        return Response(metrics.text(), media_type=TEXT)

    return app


def bare() -> FastAPI:
    """Return an application without routes: no docs, a bound for bodies, and what goes wrong told in a few words."""
    quiet: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=MOST,
        telemetry=quiet,
    )
    app.add_exception_handler(StarletteHTTPException, refused)
    app.add_exception_handler(RequestValidationError, refused)
    app.add_exception_handler(ClientDisconnect, gone)
    app.add_exception_handler(Exception, broke)
    return app


def _admit(request: Request, token: SecretStr | None) -> None:
    """Refuse who brings no token; without one in the settings, who is not on this machine.

    A header that names somebody else is never believed; that it is there says that a proxy asks for him. Nor is this
    machine under another name believed: a page in somebody's browser may have its own name lead here.
    """
    if token is not None:
        brought = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(brought, f"Bearer {token.get_secret_value()}".encode()):
            raise HTTPException(403)
    elif not _near(request) or not _called_local(request) or any(name in request.headers for name in _FORWARDED):
        raise HTTPException(403)


def _near(request: Request) -> bool:
    return _is_loopback(request.client.host if request.client else "")


def _called_local(request: Request) -> bool:
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


class Front:
    """What every request passes: it gets a reference, and is timed."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, clock: Clock, direct: Mapping[str, Endpoint] | None = None
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._direct = {path: directly(endpoint) for path, endpoint in (direct or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return
        began, status, scope["reference"] = self._clock.monotonic(), 500, row_id()[-12:]
        note(request=scope["reference"])
        direct = self._direct.get(scope["path"]) if scope["method"] == "POST" else None

        async def answer(event: Event) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            await send(event)

        try:
            await (direct or self._app)(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", _UNKNOWN) if direct is None else scope["path"]
            seconds = self._clock.monotonic() - began
            self._metrics.answered(scope["method"], route, status, seconds)
            _log.debug("%s %s: %d in %.3f s", scope["method"], route, status, seconds)
