"""What Slack's payloads and requests say: read as far as they are understood, believed where they are signed."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.http_slack import is_genuine
from bot.platforms.slack_heard import Kind, heard, read, typed
from model.delivery import Address, Platform

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


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"\xff\xfe"), ("application/json", b"{"), ("application/json", b"[]"),
        ("application/json", b"1"), ("application/x-www-form-urlencoded", b"\xff"), ("", b""), ("", b"payload={"),
        ("", b"payload=[]"), ("", b"a"), ("", b"&".join(b"a=%d" % n for n in range(101))),
    ],
)  # fmt: skip
def test_what_is_no_payload_is_a_value_error(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(kind, body)


def test_depth_without_end_is_an_error_that_is_minded() -> None:
    with pytest.raises(RecursionError):
        read("application/json", b"[" * 200_000)


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
    }  # fmt: skip
    found = heard(payload)
    assert found is not None
    assert (found.kind, found.event, found.thread, found.way_back) == (
        Kind.PRESS, "slack:1.2", "1.0", "https://hooks/1"
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
def test_no_payload_breaks_it(payload: dict[str, Any]) -> None:
    """Whatever stands where: it is understood or let pass, and what is heard has somebody who said it."""
    found = heard(json.loads(json.dumps(payload)))
    if found is not None:
        assert found.account
        assert found.kind is Kind.GONE or found.user
        assert found.here.platform is Platform.SLACK
