"""Reports asked for in a sentence: what is understood, what is said to be not, and what is no wish at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sentence import Wished, wished
from reports.when import parse_when

_TEMPLATES = ("daily", "github", "standup", "weekly", "acme-week")
_ACME = {"destinations": ("here",), "repositories": ("acme/*",)}
_CASES = {
    "every weekday at 10 post merged PRs and failing builds of acme/* here": Wished(
        "github", "every weekday at 10", "last working day", **_ACME, rest=""
    ),
    "평일 10시에 acme/*의 머지된 PR과 실패한 빌드를 여기에 올려줘": Wished(
        "github", "평일 10시에", "지난 근무일", **_ACME, rest=""
    ),
    "every Monday 9am send the weekly report to #eng": Wished(
        "weekly", "every Monday 9am", "last week", ("#eng",), (), ""
    ),
    "매주 월요일 9시에 지난주 커밋을 #eng에 보내줘": Wished("weekly", "매주 월요일 9시에", "지난주", ("#eng",), (), ""),
    "show me open pull requests of acme/api": Wished("github", "", "", (), ("acme/api",), ""),
    "post acme-week here on the 1st of every month at 9:00": Wished(
        "acme-week", "on the 1st of every month at 9:00", "last month", ("here",), (), ""
    ),
    "매일 아침 9시에 어제 커밋을 요약해줘": Wished("daily", "매일 아침 9시에", "어제", (), (), ""),
    "every day at 9 tell me about dragons and commits": Wished(
        "daily", "every day at 9", "yesterday", (), (), "dragons"
    ),
    "weekdays 9:30 standup here": Wished("standup", "weekdays 9:30", "last working day", ("here",), (), ""),
    "매주 월요일 9시에 배포 현황을 #ops에 보내줘": Wished(
        "deployments", "매주 월요일 9시에", "지난주", ("#ops",), (), ""
    ),
    "every Monday at 9 post first responses and stars of acme/api here": Wished(
        "community", "every Monday at 9", "last week", ("here",), ("acme/api",), ""
    ),
    "평일 9시에 demo 커밋을 여기에 올려줘": Wished("daily", "평일 9시에", "지난 근무일", ("here",), (), "", ("demo",)),
    "every Friday at 17 send commits of demo and shop-web": Wished(
        "weekly", "every Friday at 17", "last week", (), (), "", ("demo", "shop-web")
    ),
    "매주 월요일 9시에 demo 보고서를 보내줘": Wished("weekly", "매주 월요일 9시에", "지난주", (), (), "", ("demo",)),
    "weekdays at 9 post failing ci here": Wished(  # there is a source of that name: nobody means it
        "github", "weekdays at 9", "last working day", ("here",), (), ""
    ),
}
_SOURCES = ("demo", "shop-web", "ci", "here", "commits")


@pytest.mark.parametrize("text", _CASES)
def test_a_sentence_is_understood(text: str) -> None:
    assert wished(text, _TEMPLATES, _SOURCES) == _CASES[text]


@pytest.mark.parametrize(
    "text",
    [
        "hello there",
        "nice work everyone, merged PRs look good",
        "what is the weather",
        "every weekday at 10",
        "1시에 만나요",
        "배포는 언제 하나요?",
        "what commits were made yesterday?",
        "",
        "x" * 500,
        "post this to 10/12",
        "thanks",
        "demo",
        "every weekday at 9 demo",
        "is demo down?",
    ],
)
def test_what_is_no_wish(text: str) -> None:
    """Talk about the same things, questions, and times alone make no report."""
    assert wished(text, _TEMPLATES, _SOURCES) is None


@given(st.text(max_size=420))
def test_any_text_is_taken(text: str) -> None:
    """Nothing breaks it, and a time that it finds is one."""
    found = wished(text, _TEMPLATES)
    if found is not None and found.when:
        parse_when(found.when)


@given(st.permutations(["every weekday at 10", "post merged PRs", "of acme/*", "here"]))
def test_the_order_of_its_parts_does_not_matter(parts: list[str]) -> None:
    found = wished(" ".join(parts), _TEMPLATES)
    assert found is not None
    assert (found.template, found.repositories, found.destinations, found.rest) == (
        "github",
        ("acme/*",),
        ("here",),
        "",
    )
    assert parse_when(found.when) == parse_when("weekdays 10:00")
