"""Read a question in English or Korean, without a model: the common forms, where every word of it is understood.

What is left over is named instead of passed over: a question about something that nobody collected must not be answered
with the figure of something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from analyzers.metrics import label_of, unit_of
from analyzers.query import FAILED, groups_in
from analyzers.question_words import TAIL, asks, fillers, groups, line, metrics, own_groups, words
from analyzers.words import days as written
from model.errors import UsageError
from model.language import CODES, Language, Message
from model.ledger import Ledger
from model.query import DIMENSIONS, Dimension, Query, What
from model.ready import READY
from model.report import Snapshot
from model.unit import Unit
from model.window import Window, parse_window

LONGEST = 300  # characters of a question
_USUAL = ("commits", "merged_pull_requests")  # what "who did most" is about
_LANGUAGES = tuple(Language(code) for code in CODES)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was understood."""

    query: Query
    now: bool = False  # whether it is about how things stand by now


@dataclass(slots=True)
class _Read:
    """What is known of a question so far, and what of its text is still to be read."""

    left: str
    metric: str = ""
    what: What | None = None
    by: Dimension | None = None
    only: tuple[tuple[Dimension, str], ...] = ()
    days: tuple[date, date] | None = None
    ranked: bool = False
    least: bool = False
    now: bool = False

    def take(self, pattern: re.Pattern[str]) -> bool:
        """Take out of the text what a pattern finds; tell whether it found anything."""
        self.left, n = pattern.subn(" ", self.left)
        return n > 0


def understood(text: str, snapshot: Snapshot, ledger: Ledger) -> Asked:
    """Return what a question asks of a run.

    Raises:
        UsageError: it is not understood; the words say what of it, and give examples that work.
    """
    plain = " ".join(text.split())
    if len(plain) > LONGEST:
        raise UsageError("A question has at most {most} characters.", most=LONGEST)
    left = ""
    for names_first in (True, False):  # an area may be called "releases"
        read = _read(plain, snapshot, ledger, names_first=names_first)
        rest = " ".join(fillers().sub(" ", read.left).split())
        if not rest and (query := _query(read, ledger)) is not None:
            return Asked(query, read.now)
        left = left or rest
    if left:
        raise UsageError("This of the question is not understood: {rest}", hint=EXAMPLES, rest=left[:80])
    raise UsageError("What the question is about is not understood.", hint=EXAMPLES)


def is_question(text: str) -> bool:
    """Tell whether a line that is no command asks something that reports may know; nothing is looked up for it."""
    plain = " ".join(text.split())
    if not plain or len(plain) > LONGEST or plain.startswith("/"):
        return False
    if not (line("ends").search(plain) or line("begins").match(plain)):
        return False
    about = (
        *(pattern for _, pattern in metrics()),
        words("now"),
        words("changes"),
        words("needs"),
        words("most"),
        words("least"),
    )
    return any(pattern.search(plain) for pattern in about)


def is_meant(text: str) -> bool:
    """Tell whether a question that is said to nobody in particular can be meant for a report.

    It says what it wants to know of a figure, or nothing besides the figure: "did you get my messages?" does neither.
    """
    left = " ".join(text.split())
    if not is_question(left):
        return False
    wants = (*(pattern for _, pattern in (*asks(), *groups())), words("why"), words("changes"), words("needs"))
    if any(pattern.search(left) for pattern in wants):
        return True
    left = _without(map(words, ("windows", "now", "before", "compares", "most", "least")), left)
    at = 0
    while (word := _WORD.search(left, at)) is not None:
        day = written.read(left, word.start())
        at = word.end() if day is None else word.start()
        left = left if day is None else f"{left[:at]} {left[day[1] :]}"
    named = [pattern for _, pattern in metrics() if pattern.search(left)]
    return any(not fillers().sub(" ", _without(named, first.sub(" ", left))).split() for first in named or [fillers()])


def _without(patterns: Iterable[re.Pattern[str]], text: str) -> str:
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return text


EXAMPLES = Message("For example: how many commits? · who made the most commits? · why did commits rise? · now?")


def _read(text: str, snapshot: Snapshot, ledger: Ledger, *, names_first: bool) -> _Read:
    read = _Read(text)
    if names_first:
        _names(read, snapshot, ledger)
    read.now = read.take(words("now"))
    _days(read, snapshot)
    read.metric = _called(read, ledger) or _counted(read, ledger)
    if not names_first:
        _names(read, snapshot, ledger)
    if read.take(words("why")):
        read.what = "moved"
    elif not read.metric and read.take(words("needs")):
        read.what = "needs"
    elif not read.metric and read.take(words("changes")):
        read.what = "changes"
    read.least = read.take(words("least"))
    read.ranked = read.take(words("most")) or read.least
    if not read.metric and read.ranked and read.take(words("done")):
        read.metric = _usual(ledger)
    read.by = next((by for by, pattern in (*groups(), *_own_groups(ledger)) if read.take(pattern)), None)
    for what, pattern in asks():
        if read.take(pattern):
            read.what = read.what or what
    if read.take(words("compares")):
        read.take(words("before"))
        read.what = "figure" if read.what in (None, "records") else read.what
    return read


def _query(read: _Read, ledger: Ledger) -> Query | None:
    """Return what is asked; None where too little of it was said."""
    whole = not (read.only or read.days)
    if read.what in ("needs", "changes"):
        return Query(read.what, only=read.only, days=read.days)
    if not read.metric and read.now and whole and read.by is None and not read.ranked and read.what is None:
        return Query("changes")
    metric = read.metric or (_usual(ledger) if read.by is not None and read.ranked else "")
    if not metric:
        return None
    what: What = read.what or "figure"
    if what == "records" and not _listed(metric):  # "what was the availability?"
        what = "figure"
    if read.by is not None and what != "moved":
        what = "groups"
    by = read.by if what == "groups" else None
    return Query(what, metric, by, read.only, read.days, read.least)


def _listed(metric: str) -> bool:
    """Tell whether single things stand behind a figure: not where it is measured."""
    return metric in FAILED or (unit_of(metric) is Unit.COUNT and (metric not in READY or READY[metric].how == "count"))


def _own_groups(ledger: Ledger) -> Iterator[tuple[Dimension, re.Pattern[str]]]:
    """Yield what finds the words that ask for groups which sources define: "by region", "지역별"."""
    found = {label[0] for fact in ledger.facts for label in fact.labels} - set(DIMENSIONS)
    for name in sorted(found):
        yield name, own_groups((name, *(label_of(name, language) for language in _LANGUAGES)))


def _usual(ledger: Ledger) -> str:
    """Return what is meant where somebody asks who, or where, most was done."""
    return next((name for name in _USUAL if ledger.of(name) is not None), "")


def _counted(read: _Read, ledger: Ledger) -> str:
    """Take the words for a metric out and return it: where there is none of it, a measured one that they may mean."""
    found = [(name, pattern) for name, pattern in metrics() if pattern.search(read.left)]
    if not found:
        return ""
    there = (one for one in found if one[0] in READY and ledger.of(one[0]) is not None)
    name, pattern = found[0] if ledger.of(found[0][0]) is not None else next(there, found[0])
    read.take(pattern)
    return name


def _called(read: _Read, ledger: Ledger) -> str:
    """Take the name of a figure out that no word of ours is for, and return its metric; empty where none is."""
    ours = {name for name, _ in metrics()}
    totals = [fact for fact in ledger.facts if not fact.labels and (fact.metric not in ours or fact.title)]
    names = {(label_of(f.metric, language, f.title), f.metric) for f in totals for language in _LANGUAGES}
    names |= {(fact.metric, fact.metric) for fact in totals}
    found = sorted(names, key=lambda one: (-len(one[0]), one))
    return next((metric for name, metric in found if read.take(_named(name))), "")


def _names(read: _Read, snapshot: Snapshot, ledger: Ledger) -> None:
    """Take the names out that were collected, the longest first; of each dimension one is meant."""
    found: dict[Dimension, str] = {}
    for text, dimension, value in sorted(_callable(snapshot, ledger), key=lambda one: (-len(one[0]), one)):
        here = text.casefold() in read.left.casefold()  # there may be thousands, and a pattern costs more than a look
        if here and dimension not in found and read.take(_named(text)):
            found[dimension] = value
    read.only = tuple(sorted(found.items()))


def _callable(snapshot: Snapshot, ledger: Ledger) -> Iterator[tuple[str, Dimension, str]]:
    """Yield what groups may be called: by their names; a person by his first one too, where one alone has it."""
    known = groups_in(snapshot, ledger)
    for dimension, values in known.items():
        yield from ((value, dimension, value) for value in values if len(value) > 1)
    firsts: dict[str, list[str]] = {}
    for author in known.get("author", ()):
        firsts.setdefault(author.partition(" ")[0], []).append(author)
    yield from ((first, "author", those[0]) for first, those in firsts.items() if len(those) == 1 and len(first) > 1)


def _named(text: str) -> re.Pattern[str]:
    name = rf"[\"'“‘]?{re.escape(text)}/?[\"'”’]?(?:'s|’s)?(?![A-Za-z0-9_/-])"
    after = r"(?:(?: area| folder| repository| label)(?!\w)| ?(?:라벨|영역|폴더|저장소))?"
    return re.compile(rf"(?<![\w/-]){name}{after}(?:님)?{TAIL}", re.IGNORECASE)


def _days(read: _Read, snapshot: Snapshot) -> None:
    """Take the days out that a question names."""
    window = snapshot.window
    if (found := words("windows").search(read.left)) is not None:
        text = re.sub(r"(?<=[주달제늘일간])(?:보다|에는|에|의|는|은)$", "", found[0].strip())
        try:
            meant = parse_window(text, snapshot.taken, window.zone)
        except UsageError:
            return
        read.left = f"{read.left[: found.start()]} {read.left[found.end() :]}"
        _set(read, meant, snapshot)
        return
    days = list(_written(read, snapshot))
    if days:
        read.days = (min(days), max(days))
    elif (
        words("compares").search(read.left) is None
        and words("why").search(read.left) is None
        and read.take(words("before"))
    ):
        _set(read, window.previous(), snapshot)


def _set(read: _Read, meant: Window, snapshot: Snapshot) -> None:
    """Note the days of a window; the window before, beside words that compare, is what figures stand beside anyway."""
    compared = words("compares").search(read.left) is not None or words("why").search(read.left) is not None
    if meant != snapshot.window and not (compared and meant == snapshot.window.previous()):
        days = meant.days()
        read.days = (days[0], days[-1])


def _written(read: _Read, snapshot: Snapshot) -> Iterator[date]:
    """Take single days out as they are written, and yield each: those of the window, else of what was read besides."""
    window = snapshot.window
    at = 0
    while (word := _WORD.search(read.left, at)) is not None:
        found = written.read(read.left, word.start())
        if found is None or not all(day.whole for day in found[0]):
            at = word.end()
            continue
        tail = re.match(TAIL, read.left[found[1] :])
        end = found[1] + (tail.end() if tail else 0)
        read.left = f"{read.left[: word.start()]} {read.left[end:]}"
        at = word.start()
        for day in found[0]:
            yield _meant(day, window.days(), window.previous().days())


def _meant(said: written.Day, now: Sequence[date], before: Sequence[date]) -> date:
    for known in (now, before):
        fits = [day for day in known if said.fits(day)]
        if len(fits) == 1 or (fits and not said.weekday):
            return fits[-1]
        if fits:
            raise UsageError("Several days are meant by that.", hint=Message("Write the day as 2026-11-10."))
    raise UsageError("This report knows the days from {first} to {last} alone.", first=before[0], last=now[-1])
