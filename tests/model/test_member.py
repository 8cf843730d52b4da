"""When the quiet hours of a person end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from model.member import Preferences


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "ends"),
    [
        ("", "UTC", "2026-11-20T23:00", None),
        ("22:00-07:00", "UTC", "2026-11-20T21:59", None),
        ("22:00-07:00", "UTC", "2026-11-20T22:00", "2026-11-21T07:00"),
        ("22:00-07:00", "UTC", "2026-11-21T06:59", "2026-11-21T07:00"),
        ("22:00-07:00", "UTC", "2026-11-21T07:00", None),
        ("12:00-13:30", "UTC", "2026-11-21T13:29", "2026-11-21T13:30"),
        ("12:00-13:30", "UTC", "2026-11-21T11:59", None),
        ("12:00-13:30", "UTC", "2026-11-21T13:30", None),
        ("22:00-07:00", "Asia/Seoul", "2026-11-20T14:00", "2026-11-20T22:00"),
        ("22:00-07:00", "Asia/Seoul", "2026-11-20T22:00", None),
        ("22:00-07:00", "Europe/Berlin", "2026-10-24T20:30", "2026-10-25T06:00"),  # an hour longer: the clock goes back
        ("23:00-02:30", "Europe/Berlin", "2026-10-25T00:10", "2026-10-25T01:30"),  # 02:30 comes twice: the later one
        ("23:00-02:30", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:30"),  # 02:30 is left out: 03:30
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(quiet: str, zone: str, now: str, ends: str | None) -> None:
    found = Preferences(quiet=quiet).quiet_until(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)
    assert found == (None if ends is None else datetime.fromisoformat(ends).replace(tzinfo=UTC))
