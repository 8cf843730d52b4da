"""Requests at /slack/events: only what Slack has signed within these minutes is read, and nothing else breaks it."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

import pytest

from tests.stories.slack.conftest import Desk
from tests.support.slack_front import SECRET, Mode, body_of, signed
from tests.support.waiting import wait


@pytest.fixture(scope="module")
def way() -> Mode:
    """Return the only way in which requests come."""
    return "http"


def _headers(body: bytes, stamp: str, kind: str = "application/json") -> dict[str, str]:
    """Return headers with a right signature over whatever a stamp is."""
    made = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"}


def test_a_request_that_is_repeated_is_accepted_and_has_no_second_effect(desk: Desk) -> None:
    """The very bytes again: after ten seconds, and nearly as late as its signature holds."""
    first = desk.say("/target set commits >= 5")
    assert "Target set" in first.text()
    kind, body = body_of(first.payload)
    audits = desk.count("audit")
    for ago in (0, 10, 270):
        headers = {"Content-Type": kind, **signed(body, desk.office.stand.now() - ago)}
        assert desk.office.post(body, headers) == (200, b"")
    desk.say("/arb help")
    assert desk.count("audit") == audits + 1
    assert len(first.shown) == 1


def test_another_time_is_refused(desk: Desk) -> None:
    """Stale, in the future, and what is no time at all; each rightly signed."""
    now, body = int(desk.office.stand.now()), b'{"type":"url_verification","challenge":"c"}'
    stamps = [str(now - 305), str(now + 305), "abc", "", "1e9", "٣٤٥", "1" + "0" * 30]
    answers = [desk.office.post(body, _headers(body, stamp)) for stamp in stamps]
    assert answers == [(401, b"")] * 7
    assert desk.office.post(body, _headers(body, str(now))) == (200, b'{"challenge": "c"}')


def test_another_signature_is_refused(desk: Desk) -> None:
    """Forged, empty, in capitals, not ASCII, two of them, none; and one of another body."""
    body = b'{"type":"url_verification","challenge":"c"}'
    right = signed(body, desk.office.stand.now())
    stamp, signature = right["X-Slack-Request-Timestamp"], right["X-Slack-Signature"]
    for wrong in (
        "v0=é",
        "v0=",
        "",
        signature.upper(),
        signature[:-1] + "g",
        "v0=" + "0" * 64,
        f"{signature},{signature}",
    ):
        assert desk.office.post(body, {**right, "X-Slack-Signature": wrong}) == (401, b"")
    twice = [("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", signature), ("X-Slack-Signature", signature)]
    assert desk.office.post(body, twice) == (401, b"")
    assert desk.office.post(body, [("X-Slack-Request-Timestamp", stamp), *twice[:2]]) == (401, b"")
    assert desk.office.post(body, [("X-Slack-Signature", signature)]) == (401, b"")
    assert desk.office.post(body + b" ", right) == (401, b"")
    assert desk.office.post(body, signed(body, desk.office.stand.now(), "another secret")) == (401, b"")


def test_what_is_no_payload_is_refused(desk: Desk) -> None:
    """Rightly signed, and yet nothing that Slack would say: not text, not JSON, no object, no form, too deep."""
    form = "application/x-www-form-urlencoded"
    for kind, body in (
        ("application/json", b"\xff\xfe"), ("application/json", b"{"), ("application/json", b"[1]"), (form, b"\xff"),
        (form, b"payload=" + quote("{").encode()), (form, b"payload=null"), (form, b""),
        ("application/json", b"[" * 200_000),
    ):  # fmt: skip
        headers = {**signed(body, desk.office.stand.now()), "Content-Type": kind}
        assert desk.office.post(body, headers) == (401, b""), body[:20]
    assert desk.log() == ""


def test_too_much_is_not_even_read(desk: Desk) -> None:
    """A body beyond a megabyte."""
    body = b"a" * ((1 << 20) + 1)
    status, _ = desk.office.post(body, signed(body, desk.office.stand.now()))
    assert status == 413


def test_what_slack_asks_by_itself_is_answered(desk: Desk) -> None:
    """Whether its certificate is good, and what is too much; kinds that we know nothing of."""
    for body in (b"ssl_check=1&token=gone", b"a=b", b"hello"):
        assert desk.office.post(body, signed(body, desk.office.stand.now())) == (200, b"")
    for payload in ({"type": "app_rate_limited", "team_id": "T0ACME"}, {"type": "new"}, {}):
        kind, body = body_of({"type": "url", **payload})
        assert desk.office.post(body, {"Content-Type": kind, **signed(body, desk.office.stand.now())})[0] == 200
    wait(lambda: "What you can say" in desk.say("/arb help").text())
