"""The priority of what needs somebody: five factors, each 0…1, weighed and added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from model.errors import UsageError
from model.language import Language, Message
from model.ledger import Factor
from model.record import Branch

VERSION = 1
WEIGHTS: Mapping[str, Decimal] = {
    "urgency": Decimal("0.3"),
    "impact": Decimal("0.3"),
    "dependencies": Decimal("0.2"),
    "effort": Decimal("0.1"),
    "deadline": Decimal("0.1"),
}
# What makes a score full: beyond it, more is no longer more.
FULL_DAYS, FULL_LINES, FULL_FILES, FULL_STACKED, FULL_AHEAD, FULL_BEHIND = 30, 1000, 50, 3, 20, 100

_SCORE, _PRODUCT = Decimal("0.01"), Decimal("0.0001")


def weights_of(asked: Sequence[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    """Return the five weights, which add up to 1; those not asked for keep their usual size before that.

    Raises:
        UsageError: a name that is no factor, a negative weight, or nothing but zeros.
    """
    for name, weight in asked:
        if name not in WEIGHTS:
            raise UsageError("The priority has no factor called “{name}”.", hint=_factors(), name=name)
        if not weight.is_finite() or weight < 0:
            raise UsageError("The weight of {name} must be 0 or more.", hint=_factors(), name=name)
    weights = {**WEIGHTS, **dict(asked)}
    whole = sum(weights.values(), Decimal(0))
    if whole == 0:
        raise UsageError("At least one weight must be more than 0.", hint=_factors())
    return {name: (weight / whole).quantize(_PRODUCT, ROUND_HALF_EVEN) for name, weight in weights.items()}


def factors_of(branch: Branch, now: datetime, weights: Mapping[str, Decimal], language: Language) -> tuple[Factor, ...]:
    """Return the factors of a branch as it stands `now`, each with its reason in `language`."""
    scores = {
        "urgency": _urgency(branch, now),
        "impact": _impact(branch),
        "dependencies": _dependencies(branch),
        "effort": _effort(branch),
        "deadline": (Decimal(0), Message("nothing names a date")),
    }
    return tuple(Factor(name, weights[name], score, language.say(why)) for name, (score, why) in scores.items())


def priority_of(factors: Sequence[Factor]) -> Decimal:
    """Return the sum of weight × score, 0…1."""
    total = sum((factor.weight * factor.score for factor in factors), Decimal(0))
    return min(Decimal(1), total).quantize(_PRODUCT, ROUND_HALF_EVEN)


def _urgency(branch: Branch, now: datetime) -> tuple[Decimal, Message]:
    days = max(0, (now - branch.tip_at).days)
    why = Message(
        "{n} calendar {n:day|days} without a commit; {full} or more count as 1", {"n": days, "full": FULL_DAYS}
    )
    return _score(_share(days, FULL_DAYS)), why


def _impact(branch: Branch) -> tuple[Decimal, Message]:
    """Weigh lines and files half each: one long file and many small edits both matter."""
    share = (_share(branch.lines, FULL_LINES) + _share(branch.files, FULL_FILES)) / 2
    values = {"lines": branch.lines, "files": branch.files, "full_lines": FULL_LINES, "full_files": FULL_FILES}
    why = Message(
        "{lines} {lines:line|lines} in {files} {files:file|files}; {full_lines} and {full_files} count as 1", values
    )
    return _score(share), why


def _dependencies(branch: Branch) -> tuple[Decimal, Message]:
    count = len(branch.stacked)
    values = {"n": count, "full": FULL_STACKED}
    why = Message("{n} {n:branch builds|branches build} on it; {full} or more count as 1", values)
    return _score(_share(count, FULL_STACKED)), why


def _effort(branch: Branch) -> tuple[Decimal, Message]:
    """Count effort as ease, 1 is small: commits to read, and commits of the main branch to catch up with."""
    share = 1 - (_share(branch.ahead, FULL_AHEAD) + _share(branch.behind, FULL_BEHIND)) / 2
    values = {"ahead": branch.ahead, "behind": branch.behind, "full_ahead": FULL_AHEAD, "full_behind": FULL_BEHIND}
    why = Message("{ahead} ahead and {behind} behind; {full_ahead} and {full_behind} count as 0", values)
    return _score(share), why


def _share(count: int, full: int) -> Decimal:
    return min(Decimal(1), Decimal(max(0, count)) / full)


def _score(share: Decimal) -> Decimal:
    return share.quantize(_SCORE, ROUND_HALF_EVEN)


def _factors() -> Message:
    return Message("The factors are {names}.", {"names": ", ".join(WEIGHTS)})


def parse_weights(text: str) -> tuple[tuple[str, Decimal], ...]:
    """Return the weights that "urgency 0.5, impact 0.2" names. Raises UsageError."""
    found: list[tuple[str, Decimal]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, weight = part.replace("=", " ").rpartition(" ")
        try:
            found.append((name.strip(), Decimal(weight)))
        except InvalidOperation as error:
            raise UsageError("“{text}” is no weight such as urgency 0.5.", hint=_factors(), text=part) from error
    weights_of(found)
    return tuple(found)


def typed_weights(weights: Sequence[tuple[str, Decimal]]) -> str:
    """Return weights as one types them."""
    return ", ".join(f"{name} {weight}" for name, weight in weights)
