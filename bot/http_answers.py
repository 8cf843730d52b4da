"""How the HTTP server answers: in a few words where nothing comes of a request, and directly where somebody waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Headers = Sequence[tuple[bytes, bytes]]  # names in small letters
Endpoint = Callable[[Headers, bytes], Awaitable[Response]]  # is given the body, too
MOST = 1 << 20  # bytes of a request's body
_DIGITS = 9  # of a number that can be read
_WORDS = {
    400: "This is not understood.",
    403: "This is for this machine alone, or for who brings ARB_HTTP_TOKEN as a bearer token.",
    404: "There is nothing here.",
    405: "This is not done here.",
    413: f"A body has at most {MOST} bytes.",
    422: "This is not understood.",
}


def as_json(content: object, status: int = 200) -> Response:
    """Return an answer that nobody may keep."""
    return JSONResponse(content, status, headers={"cache-control": "no-store"})


async def refused(_: Request, error: Exception) -> Response:
    """Say in a few words why nothing comes of a request."""
    status = error.status_code if isinstance(error, StarletteHTTPException) else 422
    return as_json({"error": _WORDS.get(status, "This cannot be done.")}, status)


async def gone(_: Request, __: Exception) -> Response:
    """Answer nobody: who asked has left, or was too slow."""
    return Response(status_code=408)


async def broke(request: Request, _: Exception) -> Response:
    """Say so under a reference; uvicorn logs the error under the same one."""
    return as_json({"error": "Something broke here.", "reference": request.scope["reference"]}, 500)


def directly(endpoint: Endpoint) -> ASGIApp:
    """Return what answers as the framework would, with one of its layers: uvicorn logs what broke."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await endpoint(scope["headers"], await _body_of(scope["headers"], receive))
        except StarletteHTTPException as error:
            response = await refused(Request(scope), error)
        except ClientDisconnect as error:
            response = await gone(Request(scope), error)
        await response(scope, receive, send)

    return ServerErrorMiddleware(answer, handler=broke)


async def _body_of(headers: Headers, receive: Receive) -> bytes:
    """Return the body of a request; raises HTTPException where it is too long, ClientDisconnect where it breaks off."""
    told = next((value for name, value in headers if name == b"content-length"), b"")
    if told.isdigit() and (len(told) > _DIGITS or int(told) > MOST):  # it is not even read
        raise HTTPException(413)
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientDisconnect
        body += event.get("body", b"")
        if len(body) > MOST:
            raise HTTPException(413)
        more = event.get("more_body", False)
    return body
