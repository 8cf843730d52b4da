"""Right sentences about a ledger in both languages; they know nothing of the gate."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from model.language import Language
from model.ledger import Fact, Ledger


@dataclass(frozen=True, slots=True)
class Right:
    """A sentence that is true, in pieces: those with a kind can be made wrong."""

    pieces: tuple[tuple[str, str], ...]  # (kind, text); "" is plain
    rests_on: tuple[str, ...]
    values: frozenset[Decimal]  # every figure that its facts and their derivations have

    @property
    def text(self) -> str:
        """Return it whole."""
        return "".join(text for _, text in self.pieces)


_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NATIVE = ["영", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"]


def rights(ledger: Ledger, code: str, chance: Random) -> Iterator[Right]:
    """Yield true sentences in free words: figures in digits, in words and in slots."""
    yield from _totals(ledger, code, chance)
    yield from _parts(ledger, code)
    yield from _measured(ledger, code)


def _of(ledger: Ledger, metric: str, **labels: str) -> Fact:
    found = ledger.of(metric, **labels)
    assert found is not None
    return found


def _right(marked: str, *facts: Fact) -> Right:
    """Return a sentence whose pieces that can be made wrong are marked: "[figure:7] [unit:commits] were made."."""
    pieces = tuple((kind, text or plain) for plain, kind, text in _PIECE.findall(marked))
    return Right(pieces, tuple(f.id for f in facts), _values(facts))


_PIECE = re.compile(r"([^\[]+)|\[(\w+):([^\]]+)\]")


def _values(facts: Sequence[Fact]) -> frozenset[Decimal]:
    plain = {x for f in facts for x in (f.value, f.before) if x is not None}
    scaled = plain | {x * 100 for x in plain}
    return frozenset(abs(x) for x in scaled | {a + s * b for a in scaled for b in scaled for s in (1, -1)})


def _moved(fact: Fact) -> int:
    assert fact.value is not None
    assert fact.before is not None
    return (fact.value > fact.before) - (fact.value < fact.before)


def _totals(ledger: Ledger, code: str, chance: Random) -> Iterator[Right]:
    commits, people = _of(ledger, "commits"), _of(ledger, "authors")
    now, then = f"[figure:{commits.value:,}]", f"[figure:{commits.before:,}]"
    by = f"[figure:{abs((commits.value or 0) - (commits.before or 0)):,}]"
    who, id, up = int(people.value or 0), commits.id, _moved(commits)
    days = ledger.window.days()
    sign = f"[sign:{'+' if up > 0 else '−'}]"
    if code == "en":
        yield _right(f"{now} [unit:commits] were made by [figure:{who}] [unit:people].", commits, people)
        first, last = (f"[date:{day_en(day)}]" for day in (days[0], days[-1]))
        yield _right(f"Between {first} and {last}, {now} [unit:commits] were made.", commits)
        yield _right(f"[figure:{_WORDS[who].capitalize()}] [unit:people] took part.", people)
        if up:
            way = f"[way:{chance.choice(_UP_EN if up > 0 else _DOWN_EN)}]"
            more = f"[way:{'more' if up > 0 else 'fewer'}]"
            yield _right(f"Commits {way} from {then} to {now}.", commits)
            yield _right(f"The team made {now} [unit:commits], {by} {more} than the week before.", commits)
            yield _right(f"Commits {way} to {{{id}}}, {{{id}.change}} on the week before.", commits)
            yield _right(f"The team made {now} [unit:commits] ({sign}{by}).", commits)
        return
    first, last = (f"[date:{day_ko(day)}]" for day in (days[0], days[-1]))
    yield _right(f"커밋 {now}[unit:건]을 [figure:{who}][unit:명]이 작성했습니다.", commits, people)
    yield _right(f"{first}부터 {last}까지 커밋은 {now}[unit:건]입니다.", commits)
    yield _right(f"참여한 사람은 [figure:{_NATIVE[who]}] [unit:명]입니다.", people)
    if up:
        way = f"[way:{chance.choice(_UP_KO if up > 0 else _DOWN_KO)}]"
        yield _right(f"커밋이 전주 {then}건에서 {now}[unit:건]으로 {way}.", commits)
        yield _right(f"커밋은 {now}[unit:건]으로, 지난주보다 {by}건 {way}.", commits)
        yield _right(f"커밋이 {{{id}}}건으로 {way}. 지난주와의 차이는 {{{id}.change}}건입니다.", commits)
        yield _right(f"커밋은 {now}[unit:건]({sign}{by}건)입니다.", commits)


def _parts(ledger: Ledger, code: str) -> Iterator[Right]:
    one, two = ledger.by("commits", "author")[:2]
    a, b = (f"[name:{f.labels[0][1]}]" for f in (one, two))
    x, y = f"[figure:{one.value:,}]", f"[figure:{two.value:,}]"
    top, day = _first(ledger, "path"), _first(ledger, "day")
    waiting = min(ledger.findings, key=lambda f: f.record.at)
    title, since = f"[name:{waiting.record.title}]", ledger.window.day_of(waiting.record.at)
    branches = _of(ledger, "open_branches")
    if code == "en":
        yield _right(f"{a} made {x} [unit:commits] and {b} {y}.", one, two)
        yield _right(f"{title} has waited longest, since [date:{day_en(since)}].", branches)
        for fact in top:
            yield _right(f"Most commits touched [name:{fact.labels[0][1]}], with [figure:{fact.value:,}].", fact)
        for fact in day:
            when = day_en(date.fromisoformat(fact.labels[0][1]))
            yield _right(f"The busiest day was [date:{when}], with [figure:{fact.value:,}] [unit:commits].", fact)
        return
    yield _right(f"{a}의 커밋은 {x}[unit:건]이고, {b}의 커밋은 {y}[unit:건]입니다.", one, two)
    yield _right(f"가장 오래된 것은 {title}으로, 마지막 커밋은 [date:{day_ko(since)}]입니다.", branches)
    for fact in top:
        area = f"[name:{fact.labels[0][1]}]"
        yield _right(f"커밋이 가장 많은 영역은 {area}으로 [figure:{fact.value:,}][unit:건]입니다.", fact)
    for fact in day:
        when = f"[date:{day_ko(date.fromisoformat(fact.labels[0][1]))}]"
        yield _right(f"가장 바빴던 날은 {when}로, 커밋이 [figure:{fact.value:,}][unit:건] 있었습니다.", fact)


def _first(ledger: Ledger, label: str) -> list[Fact]:
    """Return the largest part, where one stands out."""
    facts = ledger.by("commits", label)
    return [facts[0]] if facts[0].value != facts[1].value else []


def _measured(ledger: Ledger, code: str) -> Iterator[Right]:
    say, failed = Language("en" if code == "en" else "ko"), _of(ledger, "failed_builds")
    for metric, english, korean, units in (
        ("review_wait", "The review wait", "리뷰 대기는", ("h", "시간")),
        ("lines_added", "Lines added", "추가된 줄은", ("lines", "줄")),
    ):
        fact = _of(ledger, metric)
        values = (fact.before or Decimal(0), fact.value or Decimal(0))
        then, now = (f"[figure:{say.figure(v, fact.unit).removesuffix(units[code == 'ko']).strip()}]" for v in values)
        unit, up = f"[unit:{units[code == 'ko']}]", _moved(fact) > 0
        if then == now:
            continue
        if code == "en":
            yield _right(f"{english} [way:{'rose' if up else 'fell'}] from {then} to {now} {unit}.", fact)
        else:
            way = "늘었습니다" if up else "줄었습니다"
            yield _right(f"{korean} {then}{unit}에서 {now}{unit}으로 [way:{way}].", fact)
    share = f"[figure:{int((failed.value or 0) * 100)}][unit:%]"
    yield _right(f"{share} of the builds failed." if code == "en" else f"빌드의 {share}가 실패했습니다.", failed)


_UP_EN, _DOWN_EN = ("rose", "grew", "increased", "climbed"), ("fell", "dropped", "decreased", "declined")
_UP_KO = ("늘었습니다", "증가했습니다", "늘어났습니다")
_DOWN_KO = ("줄었습니다", "감소했습니다", "줄어들었습니다")


def day_en(day: date) -> str:
    """Return "9 Nov 2026"."""
    return f"{day.day} {day:%b} {day.year}"


def day_ko(day: date) -> str:
    """Return "11월 9일"."""
    return f"{day.month}월 {day.day}일"


def moved_day(text: str, code: str, days: int, year: int) -> str:
    """Return the day that stands so many days beside the one that is written."""
    if code == "ko":
        month, day = (int(part) for part in text.removesuffix("일").split("월 "))
        return day_ko(date(year, month, day) + timedelta(days=days))
    return day_en(datetime.strptime(text, "%d %b %Y").date() + timedelta(days=days))  # noqa: DTZ007
