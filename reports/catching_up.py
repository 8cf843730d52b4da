"""What becomes of slots that are due: on time they run, late ones go by the schedule's choice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from model.language import Message
from model.schedule import Lateness, Slot, Wishes

ON_TIME = timedelta(minutes=1)  # so late is not late yet
LATEST = timedelta(hours=24)  # after that a slot is no news any more, unless all of them are wanted
HORIZON = timedelta(days=3660)  # a rule that does not come within it never comes again
_AT_ONCE = 100  # slots of one schedule that are decided together; the rest follows in the next round


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one slot: it runs, late or not, or it is missed for a reason."""

    slot: Slot
    late: Lateness | None = None
    missed: Message | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a schedule's due slots, oldest first, and its next one; None: it never comes again."""

    verdicts: tuple[Verdict, ...]
    upcoming: Slot | None


def decide(first: Slot, later: Iterable[Slot], wishes: Wishes, now: datetime) -> Plan:
    """Decide on a schedule's due slots: `first`, which is due, and those of `later` (ascending) that are due too.

    The wall clock only says what is due. What was decided never comes again, wherever the clock goes afterwards: the
    next slot follows the last one decided, not the clock.
    """
    ahead = max(1, wishes.catch_up_most)  # so many more are looked at: a slot's fate depends on those behind it
    due, upcoming = [first], None
    for slot in firing(later, first.due):
        if slot.due > now or len(due) == _AT_ONCE + ahead:
            upcoming = slot
            break
        due.append(slot)
    if len(due) > _AT_ONCE:
        upcoming = due[_AT_ONCE]
    verdicts: list[Verdict] = []
    skipped = 0
    for at, slot in enumerate(due[:_AT_ONCE]):
        missed = _missed(slot, due[at + 1 :], wishes, now)
        late = None if missed else _lateness(slot, now, skipped)
        verdicts.append(Verdict(slot, late, missed))
        skipped = skipped + 1 if missed else 0
    return Plan(tuple(verdicts), upcoming)


def firing(slots: Iterable[Slot], after: datetime) -> Iterator[Slot]:
    """Yield the slots that fire: not those of holidays left out, and none beyond the horizon."""
    for slot in slots:
        if slot.due > after + HORIZON:
            return
        if not slot.skipped:
            yield slot


def _missed(slot: Slot, behind: Sequence[Slot], wishes: Wishes, now: datetime) -> Message | None:
    """Return why a slot does not run any more; None: it runs. `behind`: the due ones after it."""
    if now - slot.due <= ON_TIME:
        return None
    match wishes.catch_up:
        case "skip":
            return Message("Nothing ran when it was due, and this schedule does not make up for it.")
        case "all":
            most = wishes.catch_up_most
            if sum(now - other.due > ON_TIME for other in behind) < most:
                return None
            return Message(
                "Nothing ran when it was due; only the newest {n} are made up for.",
                {"n": most},
            )
        case "latest":
            if behind:
                return Message("Nothing ran when it was due; a later one stands for it.")
            if now - slot.due <= LATEST:
                return None
            return Message(
                "Nothing ran until more than {n} hours after it was due.", {"n": LATEST // timedelta(hours=1)}
            )


def _lateness(slot: Slot, now: datetime, skipped: int) -> Lateness | None:
    late = now - slot.due
    if late <= ON_TIME and not skipped:
        return None
    return Lateness(slot.due, max(0, int(late.total_seconds())), skipped)
