"""What Slack's payloads and requests say: read as far as they are understood, believed where they are signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.http_slack import is_genuine
from bot.platforms.slack_app import Listening, Told
from bot.platforms.slack_heard import Heard, Kind, typed
from model.delivery import Address, Platform
from model.errors import StorageBroken, StorageBusy

_KEY, _NOW, _BODY = b"a key", 1_800_000_000.0, b'{"type":"event_callback"}'
_ME = {"team_id": "T0ACME", "user_id": "U0BOT"}


def _signature(stamp: bytes, body: bytes = _BODY, key: bytes = _KEY) -> bytes:
    return b"v0=" + hmac.new(key, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()


def _headers(stamp: bytes, signature: bytes | None = None) -> list[tuple[bytes, bytes]]:
    made = _signature(stamp) if signature is None else signature
    return [(b"x-slack-request-timestamp", stamp), (b"x-slack-signature", made)]


@pytest.mark.parametrize("seconds", [0, -10, -299, -300, 300])
def test_a_request_of_these_five_minutes_is_genuine(seconds: int) -> None:
    assert is_genuine(_headers(str(int(_NOW) + seconds).encode()), _BODY, _KEY, _NOW)


@pytest.mark.parametrize(
    "stamp",
    [b"1799999699", b"1800000301", b"abc", b"", b"1e9", "٣٤٥".encode(), b"1" + b"0" * 30, b"-1", b"1800000000 "],
)
def test_another_time_is_refused_whatever_is_signed(stamp: bytes) -> None:
    assert not is_genuine(_headers(stamp), _BODY, _KEY, _NOW)


_NOW_TEXT = str(int(_NOW)).encode()
_RIGHT = _signature(_NOW_TEXT)


@pytest.mark.parametrize(
    "signature",
    [
        "v0=é".encode(), "v0=é".encode("latin-1"), b"v0=", b"", _RIGHT.upper(), _RIGHT[3:], _RIGHT + b"0",
        b"v1" + _RIGHT[2:], _signature(_NOW_TEXT, key=b"another"), _signature(_NOW_TEXT, _BODY + b" "),
        _RIGHT + b"," + _RIGHT,
    ],
)  # fmt: skip
def test_another_signature_is_refused(signature: bytes) -> None:
    assert not is_genuine(_headers(_NOW_TEXT, signature), _BODY, _KEY, _NOW)


@pytest.mark.parametrize("twice", [0, 1])
def test_two_headers_or_none_are_refused(twice: int) -> None:
    """Whoever puts a second one in front must not be able to choose which one counts."""
    right = _headers(_NOW_TEXT)
    assert not is_genuine([*right, right[twice]], _BODY, _KEY, _NOW)
    assert not is_genuine([right[1 - twice]], _BODY, _KEY, _NOW)
    assert is_genuine([(name.upper(), value) for name, value in right], _BODY, _KEY, _NOW)


class Ear:
    """A front that takes everything, or fails, and has bolt before it."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.fails: Exception | None = None
        self.listening = Listening(self.hear)

    async def hear(self, heard: Heard) -> Mapping[str, JsonValue] | None:
        if self.fails is not None:
            raise self.fails
        self.heard.append(heard)
        return {"options": []} if heard.kind is Kind.SUGGESTION else None

    async def request(self, body: bytes, kind: str) -> Told | None:
        return await self.listening.requested(body, {"content-type": kind})

    async def envelope(self, payload: object) -> Mapping[str, Any] | None:
        return await self.listening.enveloped({"envelope_id": "e1", "type": "events_api", "payload": payload})


def heard(payload: dict[str, Any]) -> Heard | None:
    """Return what is heard of a payload, which is the same either way it comes."""
    ear = Ear()

    async def both() -> None:
        assert await ear.envelope(payload) is not None
        told = await ear.request(json.dumps(payload).encode(), "application/json")
        assert told is None or told[0] == 200

    asyncio.run(both())
    assert ear.heard in ([], ear.heard[:1] * 2)
    return ear.heard[0] if ear.heard else None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"\xff\xfe"), ("application/json", b"{"), ("application/json", b"[]"),
        ("application/json", b"1"), ("application/x-www-form-urlencoded", b"\xff"), ("", b""), ("", b"payload={"),
        ("", b"payload=[]"), ("", b"payload=null"), ("application/json", b"[" * 200_000),
    ],
)  # fmt: skip
async def test_what_is_no_payload_is_not_even_answered(kind: str, body: bytes) -> None:
    assert await Ear().request(body, kind) is None


_MENTION = {
    "type": "event_callback", "event_id": "Ev1", "authorizations": [{"team_id": "T0ACME", "user_id": "U0BOT"}],
    "event": {"type": "app_mention", "user": "U1", "text": "<@U0BOT> hi", "channel": "C1", "ts": "1.0"},
}  # fmt: skip


@pytest.mark.parametrize("fails", [StorageBusy("Busy."), StorageBroken("Full."), RuntimeError("ours")])
async def test_what_is_not_stored_is_not_acknowledged(fails: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Neither way; and what was said is not in the log."""
    ear = Ear()
    ear.fails = fails
    told = await ear.request(json.dumps(_MENTION).encode(), "application/json")
    assert told is not None
    assert told[0] == (500 if isinstance(fails, RuntimeError) else 503)
    assert await ear.envelope(_MENTION) is None
    assert len(caplog.records) == 2
    assert "<@U0BOT>" not in caplog.text


async def test_what_slack_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """An empty answer, or what the front says; a challenge is met; nothing else is called wrong."""
    ear = Ear()
    typing = {"type": "block_suggestion", "action_id": "arb1:field", "value": "a", "user": {"id": "U1"},
              "team": {"id": "T1"}, "view": {"id": "V1", "hash": "1"}}  # fmt: skip
    assert await ear.envelope(_MENTION) == {"envelope_id": "e1"}
    assert await ear.envelope(typing) == {"envelope_id": "e1", "payload": {"options": []}}
    assert await ear.envelope("text") == {"envelope_id": "e1"}
    told = await ear.request(b'{"type": "url_verification", "challenge": "c"}', "application/json")
    assert told is not None
    assert json.loads(told[1]) == {"challenge": "c"}
    for other in ({"type": "view_closed", "view": {"callback_id": "x"}}, {"type": "new"}, {"command": "/arb"}):
        assert await ear.envelope(other) == {"envelope_id": "e1"}
    assert [one.kind for one in ear.heard] == [Kind.TEXT, Kind.SUGGESTION]
    assert not caplog.records


async def test_a_button_of_somebody_else_is_only_acknowledged() -> None:
    """One that leads to a page, or of another app's making, in a message of ours."""
    press = {"type": "block_actions", "trigger_id": "1.2", "user": {"id": "U1"}, "team": {"id": "T1"}}
    ear = Ear()
    for id in ("link", "arb1:", "xarb1:a"):
        assert await ear.envelope({**press, "actions": [{"action_id": id}]}) == {"envelope_id": "e1"}
    assert [one.text for one in ear.heard] == [""]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("add <https://a.example/x?a=1&amp;b=2>", "add https://a.example/x?a=1&b=2"),
        ("see <http://a.example|a.example>", "see a.example"),
        ("see <https://evil.example|click here>", "see https://evil.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("role <@U0JUN|jun> editor", "role slack:U0JUN editor"),
        ("to <#C0ENG00|eng>", "to <#C0ENG00|eng>"),
        ("<!here> <!subteam^S1|@ops>", "@here @ops"),
        ("run weekly —here a—b", "run weekly --here a—b"),
        ("2 < 3 > 1", "2 < 3 > 1"),
    ],
)
def test_a_line_is_read_as_it_was_typed(marked: str, plain: str) -> None:
    assert typed(marked) == plain


def _event(event: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event_id": "Ev1", "event": event, "authorizations": [_ME], **more}


def test_where_something_was_said() -> None:
    """In a channel, a thread of it, or alone with the bot."""
    said = {"type": "app_mention", "user": "U1", "text": "<@U0BOT> report list", "channel": "C1", "ts": "1.0"}
    there = heard(_event(said))
    below = heard(_event({**said, "thread_ts": "0.5"}))
    alone = heard(_event({**said, "type": "message", "channel_type": "im", "channel": "D1", "text": "report list"}))
    assert there is not None
    assert below is not None
    assert alone is not None
    assert [one.text for one in (there, below, alone)] == ["report list"] * 3
    assert there.here == Address(Platform.SLACK, "T0ACME", "C1")
    assert below.here == Address(Platform.SLACK, "T0ACME", "C1", "0.5")
    assert alone.here == Address(Platform.SLACK, "T0ACME", "@U1")


def test_whose_workspace_it_is() -> None:
    """That of the team which the app is installed in, also where another company speaks, or all of an organisation."""
    said = {"type": "app_mention", "user": "U9", "text": "<@U0BOT> hi", "channel": "C1", "ts": "1.0"}
    shared = heard(_event({**said, "user_team": "T0OTHER"}, team_id="T0OTHER", is_ext_shared_channel=True))
    whole = {**_ME, "enterprise_id": "E1", "is_enterprise_install": True}
    grid = heard({**_event(said), "authorizations": [whole]})
    form = {"command": "/arb", "text": "help", "trigger_id": "1", "user_id": "U1", "team_id": "T1"}
    of_form = heard({**form, "enterprise_id": "E1", "is_enterprise_install": "true"})
    of_one = heard({**form, "enterprise_id": "E1", "is_enterprise_install": "false"})
    found = [one.account for one in (shared, grid, of_form, of_one) if one is not None]
    assert found == ["T0ACME", "E1.T0ACME", "E1.T1", "T1"]


def test_an_interaction() -> None:
    """A button in a thread: who, where, and the way back."""
    payload = {
        "type": "block_actions", "trigger_id": "1.2", "team": {"id": "T1"}, "user": {"id": "U1", "username": "mina"},
        "channel": {"id": "C1"}, "message": {"ts": "2.0", "thread_ts": "1.0"}, "response_url": "https://hooks/1",
        "actions": [{"action_id": "arb1:a"}],
    }  # fmt: skip
    found = heard(payload)
    assert found is not None
    assert (found.kind, found.event, found.thread, found.way_back, found.text) == (
        Kind.PRESS, "slack:1.2", "1.0", "https://hooks/1", "a"
    )  # fmt: skip
    root = heard({**payload, "message": {"ts": "1.0", "thread_ts": "1.0"}})
    assert root is not None
    assert root.thread is None


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from([
    "type", "event", "event_id", "user", "user_id", "team", "team_id", "authorizations", "channel", "message", "view",
    "command", "trigger_id", "text", "container", "enterprise", "actions", "thread_ts", "id",
])  # fmt: skip
_TYPES = st.sampled_from(
    ["event_callback", "block_actions", "view_submission", "message", "app_mention", "user_change"]
)


@given(st.dictionaries(_KEYS, _ANYTHING | _TYPES | st.dictionaries(_KEYS, _ANYTHING | _TYPES, max_size=6), max_size=9))
@example({"type": "event_callback", "event": None})
def test_no_payload_breaks_it(payload: dict[str, Any]) -> None:
    """Whatever stands where: it is understood or let pass, and what is heard has somebody who said it."""
    found = heard(payload)
    if found is not None:
        assert found.account
        assert found.kind is Kind.GONE or found.user
        assert found.here.platform is Platform.SLACK
