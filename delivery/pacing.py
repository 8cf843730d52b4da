"""How fast each kind of place takes messages, and how long to wait after it did not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from model.delivery import Platform

# Seconds between two messages to one address, and to one account.
# Slack: about one message a second and channel (https://docs.slack.dev/apis/web-api/rate-limits);
# Discord: five in five seconds and channel, 50 requests a second in all (https://discord.com/developers/docs/topics/rate-limits).
GAPS: Mapping[Platform, tuple[float, float]] = {
    Platform.SLACK: (1.0, 0.05),
    Platform.DISCORD: (1.0, 0.02),
    Platform.WEBHOOK: (0.2, 0.0),
}
REFUSALS = 5  # of a whole account in a row: then it is not asked any more
GIVEN_UP = timedelta(days=3)  # a message that could not be sent for so long is given up
_FEWEST = 12  # tries before that, about an hour of them: it may have waited all the while for a paused place
_FIRST, _LONGEST = 5.0, 600.0  # seconds before another try
_LONGEST_ASKED = 86_400.0  # seconds that a place may ask to wait


def pause(tries: int, asked: float | None = None) -> timedelta:
    """Return how long to wait before the next try: what the place asked for, else twice as long each time."""
    if asked is not None:
        return timedelta(seconds=max(0.0, min(asked, _LONGEST_ASKED)))
    return timedelta(seconds=min(_LONGEST, _FIRST * 2 ** min(max(0, tries - 1), 20)))


def too_old(created: datetime, tries: int, now: datetime) -> bool:
    """Tell whether a message has been tried for long enough."""
    return now - created > GIVEN_UP and tries >= _FEWEST
