"""The two pages of an installation in Slack: the way there, and what came of it."""

from __future__ import annotations

import html

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.platforms.slack_install import BACK, START, Installing, Told
from model.errors import StorageBroken, StorageBusy
from model.language import CODES, Code, Language, Message
from storage.installations import STATE_LIFETIME

_COOKIE = "arb_install"
_FOLDER = "/slack"
_QUIET = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",  # the code stands in the address
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
_BUSY = Told(Message("The storage is busy"), Message("Try again in a moment."), 503)


def install_at(app: FastAPI, installing: Installing, language: Code, *, secure: bool) -> None:
    """Let people install the Slack app: /slack/install, /slack/oauth_redirect. `secure`: cookies by https only."""

    async def start(request: Request) -> Response:
        try:
            url, browser = await installing.begin()
        except (StorageBusy, StorageBroken):
            return _page(_BUSY, _spoken(request, language))
        answer = RedirectResponse(url, 302, headers=_QUIET)
        lifetime = int(STATE_LIFETIME.total_seconds())
        answer.set_cookie(
            _COOKIE, browser, max_age=lifetime, path=_FOLDER, secure=secure, httponly=True, samesite="lax"
        )
        return answer

    async def back(request: Request) -> Response:
        told = await installing.finish(request.query_params, request.cookies.get(_COOKIE, ""))
        return _page(told, _spoken(request, language))

    app.add_route(START, start, methods=["GET"])
    app.add_route(BACK, back, methods=["GET"])


def _page(told: Told, language: Language) -> Response:
    title, line = (html.escape(language.say(one)) for one in (told.title, told.line))
    page = (
        f'<!doctype html><html lang="{language.code}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><h1>{title}</h1><p>{line}</p></html>'
    )
    return HTMLResponse(page, told.status, headers=_QUIET)


def _spoken(request: Request, otherwise: Code) -> Language:
    """Return the first of our languages that a browser names."""
    named = (one.split(";")[0].strip()[:2].lower() for one in request.headers.get("accept-language", "").split(","))
    return Language(next((code for one in named for code in CODES if code == one), otherwise))
