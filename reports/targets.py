"""Targets in a report: a table in the card, an array in the JSON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from analyzers.metrics import label_of
from analyzers.targets import bound_words, standings
from model.card import Block, Figure, Heading, Line, Table, text_line
from model.language import Language, Message
from model.ledger import Ledger
from model.report import Snapshot, Standing


def standings_of(snapshot: Snapshot, ledger: Ledger) -> tuple[Standing, ...]:
    """Return how the targets stood that were frozen with the run."""
    return standings(snapshot.targets, ledger, snapshot.taken)


def target_blocks(found: Iterable[Standing], language: Language) -> tuple[Block, ...]:
    """Return the heading and the table of targets; nothing where there is none."""
    rows = tuple(_row(standing, language) for standing in found)
    if not rows:
        return ()
    say = language.say
    head = (Message("Target"), Message("State"), Message("Figure"), Message("Bound"), Message("What is left"))
    return Heading(say(Message("Targets"))), Table(tuple(say(word) for word in head), rows, frozenset({2}))


def state_of(standing: Standing) -> Message:
    """Return how a target stands, in a word or two."""
    match standing.state, standing.target.keep:
        case "met", _:
            return Message("met")
        case "missed", _:
            return Message("missed")
        case "open", keep:
            return Message("met so far") if _within(standing, keep) else Message("not met yet")
        case _:
            return Message("not known")


def left_of(standing: Standing, language: Language) -> Message | None:
    """Return what is left up to the bound, or by how much it was missed; None where there is nothing to say."""
    keep = standing.target.keep
    if standing.left is None or (standing.left == 0 and keep == "at least"):
        return None
    values = {"n": language.change(standing.left, Decimal(0), standing.unit.bare)[1:]}
    match standing.state, keep:
        case "missed", "at least":
            return Message("missed by {n}", values)
        case "missed", _:
            return Message("{n} too many", values)
        case "open", "at least":
            return Message("{n} more needed", values)
        case "open", _ if not _within(standing, keep):
            return Message("{n} too many", values)
        case _:
            return Message("room for {n} more", values)


def _within(standing: Standing, keep: str) -> bool:
    """Tell whether a figure that may still change keeps its bound as it is."""
    value, bound = standing.value or Decimal(0), standing.target.bound
    return value >= bound if keep == "at least" else value <= bound


def as_values(found: Iterable[Standing]) -> list[dict[str, object]]:
    """Return the targets for the JSON export; `met` is null while that is open or not known."""
    return [
        {
            "metric": standing.target.metric,
            **({"title": standing.title} if standing.title else {}),
            "keep": standing.target.keep,
            "bound": _number(standing.target.bound),
            "value": _number(standing.value),
            "before": _number(standing.before),
            "state": standing.state,
            "met": {"met": True, "missed": False}.get(standing.state),
            "left": _number(standing.left),
        }
        for standing in found
    ]


def figure_line(standing: Standing, language: Language) -> Line:
    """Return the figure with its change against the window before."""
    if standing.value is None or standing.fact is None:
        return text_line("–")
    figure = Figure(language.figure(standing.value, standing.unit.bare), standing.fact)
    if standing.before is None:
        return (figure,)
    return text_line(figure, f" ({language.change(standing.value, standing.before, standing.unit.bare)})")


def _row(standing: Standing, language: Language) -> tuple[Line, ...]:
    left = left_of(standing, language)
    return (
        text_line(label_of(standing.target.metric, language, standing.title)),
        text_line(language.say(state_of(standing))),
        figure_line(standing, language),
        text_line(bound_words(standing.target, standing.unit, language)),
        text_line("" if left is None else language.say(left)),
    )


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
