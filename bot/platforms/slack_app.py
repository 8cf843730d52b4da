"""Slack's own framework between the two ways in and the front: it reads what came, and tells Slack what is answered.

`process_before_response`: a listener is awaited before Slack is told anything, also of events, so that each is stored
before. Nothing else is awaited in a listener. No token is needed here: none is opened, and `auth.test` is not called.
https://docs.slack.dev/tools/bolt-python/concepts/acknowledge, …/concepts/authorization
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import JsonValue
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.platforms import slack_heard
from bot.platforms.slack_heard import ACTION, Heard, Kind
from model.errors import StorageBroken, StorageBusy

_log = logging.getLogger(__name__)
_ANY = re.compile("")
_OURS = re.compile(f"^{re.escape(ACTION)}")
_UNKNOWN = "Slack said something in a form that is not known"
_HEARD = "heard"  # noted in the context of what bolt has found a listener for
# What bolt raises where something stands in a payload that Slack would not put there.
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

Hear = Callable[[Heard], Awaitable[Mapping[str, JsonValue] | None]]
Told = tuple[int, str, str]  # HTTP's status, body and media type


class Listening:
    """What hears on Slack; `hear` stores what somebody did, and says what Slack is told at once."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._app = AsyncApp(
            name="arb",
            logger=logging.getLogger("slack_bolt"),
            authorize=_let_in,
            process_before_response=True,
            raise_error_for_unhandled_request=True,  # else it is logged whole, and called wrong
            request_verification_enabled=False,  # it is done before, over the very bytes
            ignoring_self_events_enabled=False,  # it would have to know who we are in each team
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._app.error(_answer_error)
        self._app.command(_ANY)(self._command)
        self._app.block_action(_OURS)(self._press)
        self._app.view_submission(_ANY)(self._submission)
        self._app.options(_ANY)(self._suggestion)
        self._app.message_shortcut(_ANY)(self._shortcut)
        for event in slack_heard.EVENTS:
            self._app.event(event)(self._event)

    async def requested(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """Return the answer to a request that is Slack's; None: there is nothing in it that Slack would say."""
        try:
            request = AsyncBoltRequest(body=body.decode(), headers=dict(headers))
            if not request.body:
                return None
            answer = await self._app.async_dispatch(request)
        except _UNREADABLE:
            _log.info(_UNKNOWN)
            return None
        return answer.status, answer.body, answer.first_headers().get("content-type", "")

    async def enveloped(self, envelope: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what Slack is told of an envelope of Socket Mode; None: nothing, so that it says it again."""
        id, payload = envelope["envelope_id"], envelope.get("payload")
        if not isinstance(payload, dict):
            return {"envelope_id": id}
        try:
            request = SocketModeRequest(str(envelope.get("type")), id, payload)
            answer = await run_async_bolt_app(self._app, request)
        except _UNREADABLE:
            _log.info(_UNKNOWN)
            return {"envelope_id": id}
        if answer.status != 200:
            return None
        return {"envelope_id": id, "payload": json.loads(answer.body)} if answer.body else {"envelope_id": id}

    async def _command(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.command(body, context), context, ack)

    async def _press(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.interaction(Kind.PRESS, body, context), context, ack)

    async def _submission(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.interaction(Kind.SUBMISSION, body, context), context, ack)

    async def _suggestion(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.interaction(Kind.SUGGESTION, body, context), context, ack)

    async def _shortcut(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.interaction(Kind.SHORTCUT, body, context), context, ack)

    async def _event(self, body: dict[str, Any], context: AsyncBoltContext, ack: AsyncAck) -> None:
        await self._take(slack_heard.event(body, context), context, ack)

    async def _take(self, heard: Heard | None, context: AsyncBoltContext, ack: AsyncAck) -> None:
        """Have something stored, then tell Slack; nobody may have meant us."""
        context[_HEARD] = heard
        told = None if heard is None else await self._hear(heard)
        await ack() if told is None else await ack(dict(told))


async def _let_in(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Let in whoever Slack has signed for: the sealed token of his team is opened when something is sent to it."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _answer_error(error: Exception, context: AsyncBoltContext) -> BoltResponse:
    """Tell Slack what becomes of something that could not be taken; of an event it says it again, unless it is 200."""
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200)
    if _HEARD not in context and isinstance(error, _UNREADABLE):
        _log.info(_UNKNOWN)
        return BoltResponse(status=200)
    if isinstance(error, StorageBusy | StorageBroken):
        heard: Heard = context[_HEARD]
        _log.warning("%s was not taken: %s", heard.event, error)
        return BoltResponse(status=503)
    _log.error("what Slack said broke the bot", exc_info=error)
    return BoltResponse(status=500)
