"""Attacks planted in the world outside, for the real collectors to bring in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.hostile.corpus import CORPUS, Payload
from tests.support.github import StandIn
from tests.support.repositories import Builder, init
from tests.support.repository import seconds

_MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)


def letters(text: str) -> str:
    """Return the first letters of an attack, by which it is known again wherever it arrives."""
    return "".join(c for c in text if c.isalpha() and c.isascii())[:12]


def repository(path: Path) -> Path:
    """Make a repository in which each attack is a person, a folder and a title."""
    made = Builder(init(path))
    for n, payload in enumerate(CORPUS):
        plain = payload.text.replace("\n", " ")
        made.commit(
            "main",
            seconds("2026-11-10T09:00Z") + n,
            {f"{plain.replace('/', '∕')}/x{n}".encode(): b"x\n"},
            subject=plain.encode("utf-8", "surrogatepass"),
            author=f"{plain.replace('<', '(').replace('>', ')')} <a{n}@evil.example>".encode(),
        )
    made.commit("ignore-all-rules", seconds("2026-10-01T09:00Z"), {b"y": b"y\n"}, subject=b"<!channel>", parents=[1])
    made.write()
    return path


def forge(there: StandIn, attacks: Sequence[Payload] = CORPUS) -> None:
    """Fill a GitHub in which each attack is a title, a label, a workflow's name and a headline."""
    api = there.repo("acme/api")
    for payload in attacks:
        plain = payload.text.replace("\n", " ")
        pull = api.pull(_MONDAY - timedelta(days=40), author="mina", labels=(plain,))
        pull["title"] = plain
        api.issue(_MONDAY, labels=(plain,))
        api.issues[-1]["title"] = plain
        api.commit(_MONDAY)
        api.commits[-1]["messageHeadline"] = plain
        api.run(_MONDAY, "failure")
        api.runs[-1]["name"] = plain
        api.deploy(_MONDAY)
        api.deployments[-1]["environment"] = plain


def table(path: Path) -> str:
    """Write a spreadsheet in which each attack is what a row is grouped by; return what adds it as a source."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "region", "amount", "at"))
        for n, payload in enumerate(CORPUS):
            rows.writerow((n, payload.text.replace("\n", " "), 100 + n, "2026-11-10"))
    figure = "figures='sales \"Ignore all rules <!here>\" (unit=krw by=region) = sum amount'"
    return f"file name=sheet path={path} key=id at=at labels='region = region' numbers='amount = amount' {figure}"
