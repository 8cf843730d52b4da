"""What programs and Slack push: believed where time and bytes are signed; entries, messages, and figures of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from collectors.custom import CustomReceiver
from collectors.pushed import NoSettings
from collectors.slack_events import SlackConfig, SlackReceiver
from model.ids import webhook_secret
from model.measured import Entry, Gauge
from model.newest import kept
from model.pushed import Push, PushRefused
from model.record import Record
from model.unit import Unit
from tests.support.talk import NOW

SECRET = webhook_secret()
SIGNING = "0123456789abcdef0123456789abcdef"
_STAMP = str(int(NOW.timestamp()))
_ENTRY = {"key": "1", "at": "2026-11-19T10:00:00+09:00", "title": "An order", "of": "sales"}
_MESSAGE = {"id": "m1", "at": "2026-11-19T10:00:00Z", "author": "jun", "text": "hello", "channel": "general"}


def standard(body: object, secret: str = SECRET, id: str = "msg_00000001", at: str = _STAMP, **more: str) -> Push:
    """Return a push as Standard Webhooks sign it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{id}.{at}.".encode() + data, hashlib.sha256).digest()
    headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{base64.b64encode(made).decode()}"}
    return Push({**headers, **{name.replace("_", "-"): value for name, value in more.items()}}, data)


def custom() -> CustomReceiver:
    return CustomReceiver(NoSettings())


def brought(body: object) -> dict[str, Record]:
    return {record.key: record for record in custom().brought("", json.dumps(body).encode()).records}


def test_entries_become_figures() -> None:
    """Each set is counted, each of its numbers added up, by every label that an entry bears."""
    sold = {**_ENTRY, "labels": {"region": "kr"}, "numbers": {"amount": "12.50"}, "url": "https://shop.example/1"}
    found = brought({"entries": [sold, {**_ENTRY, "key": "2", "labels": {"city": "Seoul"}}], "messages": [_MESSAGE]})
    assert set(found) == {"sales 1", "sales 2", "messages m1", "sales", "sales_amount", "messages"}
    body = found["sales 1"].body
    assert body == Entry("sales", (("region", "kr"),), (("amount", Decimal("12.50")),))
    assert found["sales 1"].url == "https://shop.example/1"
    assert found["messages m1"].title == "hello"
    assert found["messages m1"].body == Entry("messages", (("author", "jun"), ("channel", "general")))
    count, total = found["sales"].body, found["sales_amount"].body
    assert isinstance(count, Gauge)
    assert isinstance(total, Gauge)
    assert (count.unit, count.how, count.by, count.entries) == (Unit.COUNT, "count", ("city", "region"), "sales")
    assert (total.how, total.of) == ("sum", "amount")
    later = brought({"entries": [{**_ENTRY, "labels": {"agent": "x"}}]})["sales"]
    for both in (kept(found["sales"], later, read=False), kept(later, found["sales"], read=False)):
        assert isinstance(both.body, Gauge)
        assert both.body.by == ("agent", "city", "region")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"nonsense", b"\xff\xfe", b"[" * 100_000, b'{"entries": NaN}', b'{"a": 1, "a": 2}',
        {"entry": []}, {"entries": [{}]}, {"entries": [{**_ENTRY, "extra": 1}]}, {"entries": [_ENTRY] * 1001},
        {"entries": [{**_ENTRY, "at": "yesterday"}]}, {"entries": [{**_ENTRY, "at": "2026-11-19T10:00:00"}]},
        {"entries": [{**_ENTRY, "at": "0001-01-01T00:00:00+14:00"}]},
        {"entries": [{**_ENTRY, "at": "9999-12-31T23:59:59-12:00"}]},
        {"entries": [{**_ENTRY, "key": ""}]}, {"entries": [{**_ENTRY, "key": "k" * 201}]},
        {"entries": [{**_ENTRY, "of": "commits"}]}, {"entries": [{**_ENTRY, "of": "../x"}]},
        {"entries": [{**_ENTRY, "labels": {"Re gion": "kr"}}]}, {"entries": [{**_ENTRY, "numbers": {"n": "1e999"}}]},
        {"entries": [{**_ENTRY, "numbers": {"n": "many"}}]},
        {"entries": [{**_ENTRY, "labels": {f"l{n}": "" for n in range(11)}}]},
        {"entries": [{**_ENTRY, "url": "javascript:alert(1)"}]}, {"entries": [{**_ENTRY, "url": "https://u@evil.example/"}]},
        {"entries": [{**_ENTRY, "url": "https://x.example/ y"}]}, {"messages": [{**_MESSAGE, "author": ""}]},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_to_its_sender(body: object) -> None:
    """Signed as it should be, it is refused by its place; no value of it is repeated."""
    with pytest.raises(PushRefused) as refused:
        custom().arrived(standard(body), SECRET, NOW)
    assert refused.value.why == "unreadable"
    assert "yesterday" not in refused.value.message.plain()


_SHORT = "whsec_" + base64.b64encode(b"x" * 31).decode()


@pytest.mark.parametrize(
    "push",
    [
        Push({}, b"{}"),
        standard({}, at=""),
        standard({}, at=str(int(_STAMP) - 301)),
        standard({}, at=str(int(_STAMP) + 301)),
        *(standard({}, at=at) for at in ("abc", "1e9", "-1", "1" + "0" * 30, f" {_STAMP}", f"{_STAMP}.0")),
        standard({}, webhook_timestamp=str(int(_STAMP) + 1)),
        standard({}, webhook_id="msg_00000002"),
        *(standard({}, id=id) for id in ("", "short", "with space 1", "x" * 129, "../../../../x")),
        standard({}, webhook_signature=""),
        standard({}, webhook_signature="none,"),
        standard({}, webhook_signature="v1,"),
        standard({}, webhook_signature="v1a," + standard({}).headers["webhook-signature"][3:]),
        standard({}, webhook_signature="v1,\u00e9"),
        standard({}, secret=webhook_secret()),
        Push(standard({}).headers, b"{} "),
        Push(standard({}).headers, b"{}" + b"\x80" + b"\x00" * 40 + b"{}"),  # a longer one, as for length extension
    ],
)  # fmt: skip
def test_what_is_not_signed_now_by_whom_it_should_be(push: Push) -> None:
    with pytest.raises(PushRefused) as refused:
        custom().arrived(push, SECRET, NOW)
    assert refused.value.why == "unsigned"


def test_a_secret_to_rely_on() -> None:
    """Neither empty nor short; whoever changes his signs with both for a while."""
    for weak in ("", "whsec_", _SHORT, "nonsense!"):
        assert not custom().fits(weak)
        with pytest.raises(PushRefused):
            custom().arrived(standard({}, secret=_SHORT), weak, NOW)
    other = standard({}, secret=webhook_secret()).headers["webhook-signature"]
    both = f"{other} {standard({}).headers['webhook-signature']}"
    assert custom().arrived(standard({}, webhook_signature=both), SECRET, NOW).event == "msg_00000001"
    for seconds in (-300, 300):
        assert custom().arrived(standard({}, at=str(int(_STAMP) + seconds)), SECRET, NOW).wanted


def slack(event: dict[str, Any] | None, at: str = _STAMP, key: str = SIGNING, **more: Any) -> Push:
    """Return an event as Slack signs it."""
    envelope = {"type": "event_callback", "event_id": "Ev1", "team_id": "T0ACME", "event": event or {}} | more
    body = json.dumps(envelope).encode()
    made = hmac.new(key.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return Push({"x-slack-request-timestamp": at, "x-slack-signature": f"v0={made}"}, body)


_WRITTEN = {"type": "message", "user": "U1", "channel": "C0GENERAL", "ts": "1763546400.000100", "text": "canary"}
_REACTED = {
    "type": "reaction_added", "user": "U2", "reaction": "eyes", "event_ts": "1763546500.1",
    "item": {"type": "message", "channel": "C0GENERAL", "ts": "1763546400.000100"},
}  # fmt: skip


def test_slack_tells_who_is_active_where() -> None:
    """Messages and reactions of people; their texts only where that is wished; bots, edits and joins are none."""
    for settings, title in (
        (SlackConfig(), "C0GENERAL"),
        (SlackConfig(texts=True, team="T0ACME", channels="C0GENERAL"), "canary"),
    ):
        receiver = SlackReceiver(settings)
        assert receiver.arrived(slack(_WRITTEN), SIGNING, NOW).event == "Ev1"
        (written,) = receiver.brought("", slack(_WRITTEN).body).records
        assert (written.title, written.key) == (title, "messages C0GENERAL 1763546400.000100")
        assert written.body == Entry("messages", (("author", "U1"), ("channel", "C0GENERAL")))
        (reacted,) = receiver.brought("", slack(_REACTED).body).records
        assert reacted.body == Entry("reactions", (("author", "U2"), ("channel", "C0GENERAL")))
    receiver = SlackReceiver(SlackConfig(channels="C0GENERAL"))
    for other in (
        {**_WRITTEN, "subtype": "message_changed"}, {**_WRITTEN, "bot_id": "B1"}, {**_WRITTEN, "user": ""},
        {**_WRITTEN, "channel": "C0OTHER"}, {**_WRITTEN, "ts": "x"}, {"type": "team_join"}, None,
    ):  # fmt: skip
        assert not receiver.arrived(slack(other), SIGNING, NOW).wanted, other


def test_what_of_slack_is_refused() -> None:
    """Another key, another time, another team; whoever asks for the address's owner is told, once that is signed."""
    receiver = SlackReceiver(SlackConfig(team="T0ACME"))
    old, new = (str(int(_STAMP) + seconds) for seconds in (-301, 301))
    unsigned = (slack(_WRITTEN, at=old), slack(_WRITTEN, at=new), slack(_WRITTEN, key="x" * 32), Push({}, b"{}"))
    for push, why in (
        *((push, "unsigned") for push in unsigned),
        (slack(_WRITTEN, team_id="T0RIVAL"), "foreign"),
        (slack(_WRITTEN, event_id=""), "unreadable"),
        (slack(_WRITTEN, team_id=[]), "unreadable"),
    ):
        with pytest.raises(PushRefused) as refused:
            receiver.arrived(push, SIGNING, NOW)
        assert refused.value.why == why
    asked = slack(None, type="url_verification", challenge="c" * 20)
    assert receiver.arrived(asked, SIGNING, NOW).answer == {"challenge": "c" * 20}
    with pytest.raises(PushRefused):
        receiver.arrived(slack(_WRITTEN, key=""), "", NOW + timedelta(0))
