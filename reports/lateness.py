"""What a scheduled post says of itself where it comes late."""

from __future__ import annotations

from datetime import timedelta

from model.language import Language, Message
from model.schedule import Lateness
from reports.catching_up import ON_TIME


def late_lines(late: Lateness | None, language: Language) -> tuple[str, ...]:
    """Return a line on how late it is, and one on what was let go before it; nothing where it is on time."""
    if late is None:
        return ()
    lines = []
    span = timedelta(seconds=late.seconds)
    if span > ON_TIME:
        values = {"span": language.ago(span), "at": language.instant(late.due)}
        lines.append(language.say(Message("Late by {span}: it was due {at}.", values)))
    if late.skipped:
        missed = Message("{n} {n:post|posts} before it {n:was|were} missed: /report missed", {"n": late.skipped})
        lines.append(language.say(missed))
    return tuple(lines)
