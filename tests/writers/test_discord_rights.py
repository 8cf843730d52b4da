"""What the bot may do in a channel: roles, overwrites in their order, owner, administrator, time-out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from writers.discord_rights import ALL, Right, lacking, rights_of

NOW = datetime(2026, 11, 9, tzinfo=UTC)
VIEW, SEND, HISTORY = Right.VIEW, Right.SEND, Right.HISTORY


def _found(
    base: int = 0, role: int = 0, overwrites: tuple[tuple[str, int, int], ...] = (), owner: str = "9", until: Any = None
) -> Right:
    """Return the rights of member 5, who has role 2, in guild 1."""
    permissions = {"1": base, "2": role, "3": int(Right.ADMINISTRATOR)}
    roles = [{"id": id, "permissions": str(int(given))} for id, given in permissions.items()]
    member = {"user": {"id": "5"}, "roles": ["2"], "communication_disabled_until": until}
    given = [{"id": id, "allow": str(int(allow)), "deny": str(int(deny))} for id, allow, deny in overwrites]
    return rights_of({"id": "1", "owner_id": owner, "roles": roles}, member, {"permission_overwrites": given}, NOW)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"base": VIEW | SEND}, VIEW | SEND),
        ({"base": VIEW, "role": HISTORY}, VIEW | HISTORY),
        ({"base": SEND}, Right(0)),  # who does not see it may do nothing there
        ({"owner": "5"}, ALL),
        ({"role": Right.ADMINISTRATOR, "overwrites": (("1", 0, VIEW),)}, ALL),
        ({"base": VIEW | SEND, "overwrites": (("1", 0, SEND),)}, VIEW),
        (
            {
                "base": VIEW | SEND,
                "overwrites": (
                    ("1", 0, SEND),
                    ("2", SEND, 0),
                ),
            },
            VIEW | SEND,
        ),
        (
            {
                "base": VIEW | SEND,
                "overwrites": (
                    ("2", SEND, 0),
                    ("5", 0, SEND),
                ),
            },
            VIEW,
        ),
        (
            {
                "base": VIEW | SEND,
                "overwrites": (
                    ("3", 0, VIEW),
                    ("6", 0, VIEW),
                ),
            },
            VIEW | SEND,
        ),  # others'
        ({"base": ALL, "until": "2026-11-10T00:00:00+00:00"}, VIEW | HISTORY),
        ({"base": ALL, "until": "2026-11-08T00:00:00+00:00"}, ALL),
    ],
)
def test_rights(given: Any, wanted: Right) -> None:
    assert _found(**given) == wanted


def test_what_is_lacking() -> None:
    assert lacking(ALL) == lacking(ALL, thread=True) == []
    assert [one.text for one in lacking(VIEW | SEND)] == ["read the message history", "attach files"]
    assert "send messages in threads" in [one.text for one in lacking(VIEW | SEND, thread=True)]
