"""Ledgers made by chance: the same number always gives the same one. They know nothing of the gate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from model.ids import FactId, SourceId
from model.ledger import Fact, Finding, Ledger
from model.record import Branch, Coverage, Record
from model.unit import Unit
from model.window import Window

DEMO = SourceId("s1")
PEOPLE = ("Mina", "Jun Park", "octocat", "Ana Silva", "김민수", "이서연", "박도윤", "hyejin-k", "Zoë", "최유나")
AREAS = ("src", "docs", "billing", "web-app", "infra/eks", "libs", "결제", "tests")
TITLES = ("feature/pay", "fix-login-loop", "OpenSSL 3.5 upgrade", "장바구니 재시도 수정", "#812 Retry loses the cart")


def ledger(seed: int) -> Ledger:
    """Return a week of figures: totals, parts by person, area and day, measured values, and what waits."""
    chance = Random(seed)
    start = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=7 * chance.randrange(150))
    window = Window(start, start + timedelta(days=7), "UTC")
    facts: list[Fact] = []

    def add(metric: str, value: object, before: object, unit: Unit = Unit.COUNT, **labels: str) -> None:
        now, then = Decimal(str(value)), None if before is None else Decimal(str(before))
        labelled = tuple(sorted(labels.items()))
        facts.append(Fact(FactId(f"f{len(facts) + 1}"), metric, labelled, now, then, unit, (DEMO,), (), int(abs(now))))

    most = chance.choice((6, 40, 400))
    people = chance.sample(PEOPLE, chance.randint(2, 5))
    areas = chance.sample(AREAS, chance.randint(2, 4))
    by_person = {name: (chance.randint(1, most), chance.randint(0, most)) for name in people}
    total = [sum(pair[n] for pair in by_person.values()) for n in (0, 1)]
    add("commits", total[0], total[1])
    add("authors", len(people), chance.randint(1, 9))
    add("lines_added", chance.randint(2, most * 50), chance.randint(1, most * 50), Unit.LINES)
    add("lines_removed", chance.randint(2, most * 30), chance.randint(1, most * 30), Unit.LINES)
    add("review_wait", chance.randint(10, 400) / 10, chance.randint(10, 400) / 10, Unit.HOURS)
    add("failed_builds", chance.randint(1, 60) / 100, chance.randint(1, 60) / 100, Unit.SHARE)
    add("merges", 0, chance.randint(1, 9))
    add("open_branches", chance.randint(2, 30), None)
    for name, (now, then) in by_person.items():
        add("commits", now, then, author=name)
    for name in areas:
        add("commits", chance.randint(1, max(1, total[0])), chance.randint(0, most), path=name)
    days = _divided(total[0], 7, chance)
    for n, count in enumerate(days):
        add("commits", count, chance.randint(0, most), day=(start + timedelta(days=n)).date().isoformat())
    coverage = (Coverage(DEMO, "demo", "git", 1, 1),)
    return Ledger(window, tuple(facts), tuple(_waiting(chance, window)), coverage)


def _divided(total: int, parts: int, chance: Random) -> list[int]:
    found = [0] * parts
    for _ in range(total):
        found[min(chance.randrange(parts + 2), parts - 1)] += 1
    return found


def _waiting(chance: Random, window: Window) -> list[Finding]:
    found = []
    ages = chance.sample(range(4, 60), 3)
    for title, age in zip(chance.sample(TITLES, 3), ages, strict=True):
        tip = window.end - timedelta(days=age)
        body = Branch(f"tip-{title}", tip, "Mina", 2, 0, False, 1, 1)
        record = Record(f"refs/heads/{title}", tip, None, title, f"https://git.example/{age}", body)
        found.append(Finding(DEMO, record, Decimal("0.5"), ()))
    return found
