"""Limits: exact in any sixty seconds, bounded in memory, and whose address counts."""

from __future__ import annotations

import ipaddress
from collections import defaultdict

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from bot import http_limits
from bot.http_limits import Limiter, client_of, party
from tests.storage.world import HandClock

_STEPS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([0.0, 0.5, 7.0, 20.0, 59.9, 60.0])))


@given(_STEPS, st.integers(1, 5))
def test_never_more_and_never_fewer(steps: list[tuple[str, float]], limit: int) -> None:
    """Against the plain definition: a request is let in when fewer than `limit` were in the sixty seconds before."""
    clock, let_in = HandClock(), defaultdict[str, list[float]](list)
    limiter = Limiter(limit, clock)
    for subject, seconds in steps:
        clock.turn(seconds)
        now = clock.monotonic()
        recent = [at for at in let_in[subject] if at > now - 60]
        standing = limiter.admit(subject)
        assert standing.admitted == (len(recent) < limit)
        if standing.admitted:
            let_in[subject].append(now)
            recent.append(now)
        else:  # as long as it says, and no longer
            assert standing.reset == pytest.approx(recent[0] + 60 - now)
        assert standing.left == limit - len(recent)


def test_memory_is_bounded() -> None:
    """Ten thousand are remembered; those that asked last stay."""
    limiter = Limiter(2, HandClock())
    for n in range(http_limits._MOST + 500):
        limiter.admit(str(n))
        limiter.admit("here")
    assert len(limiter._asked) == http_limits._MOST
    assert not limiter.admit("here").admitted


def asking(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "found"),
    [
        ("203.0.113.9", ("1.1.1.1",), "", "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1",), "10.0.0.0/8", "1.1.1.1"),
        ("10.0.0.1", ("6.6.6.6, 1.1.1.1",), "10.0.0.0/8", "1.1.1.1"),
        ("10.0.0.1", ("6.6.6.6", "1.1.1.1, 10.0.0.2"), "10.0.0.0/8", "1.1.1.1"),
        ("203.0.113.9", ("1.1.1.1, 10.0.0.2",), "10.0.0.0/8", "203.0.113.9"),
        ("10.0.0.1", (), "10.0.0.0/8", "?"),
        ("10.0.0.1", ("evil",), "10.0.0.0/8", "?"),
        ("::ffff:10.0.0.1", ("1.1.1.1",), "10.0.0.0/8", "1.1.1.1"),
        ("2001:db8:1:2::5", (), "", "2001:db8:1:2::/64"),
        ("10.0.0.1", (",".join(["9.9.9.9"] * 30 + ["10.0.0.2"] * 40),), "10.0.0.0/8", "10.0.0.1"),
    ],
)
def test_whose_address_counts(peer: str, forwarded: tuple[str, ...], trusted: str, found: str) -> None:
    """A header is believed from a trusted proxy alone, from its end inwards."""
    networks = [ipaddress.ip_network(trusted)] if trusted else []
    assert client_of(asking(peer, *forwarded), networks) == found
    assert party("::ffff:1.1.1.1") == "1.1.1.1"
