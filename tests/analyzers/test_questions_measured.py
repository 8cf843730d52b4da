"""Questions about what sources measure, in both languages: figures of business, services, machines and checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from analyzers import ledger_of
from analyzers.query import look
from analyzers.questions import Asked, is_meant, is_question, understood
from model.errors import UsageError
from model.language import Language
from model.measured import Gauge, Slice
from model.query import Dimension, Query, What
from model.ready import READY
from model.record import Record
from tests.analyzers.snapshots import WINDOW, at, coverage, snapshot_of, whole
from tests.analyzers.test_samples import BEFORE, measured

_DAY = timedelta(days=1)
_KR: tuple[Dimension, str] = ("region", "kr")
_SHOP: tuple[Dimension, str] = ("repository", "shop")
_TUESDAY = (date(2026, 11, 10),) * 2


def _of(name: str, factor: int) -> list[Record]:
    """Return a figure as a source measures it: both windows, two regions, each day."""
    ready = READY[name]
    groups = (Slice(Decimal(7 * factor), (_KR,)), Slice(Decimal(3 * factor), (("region", "us"),)))
    spans = [(WINDOW.start, WINDOW.end, 10, groups), (BEFORE.start, BEFORE.end, 4, ())]
    spans += [(start := WINDOW.start + n * _DAY, start + _DAY, n, ()) for n in range(7)]
    body = Gauge(ready.unit, ready.better, "window", ("region",), ready.together)
    samples = [measured(a, b, Slice(Decimal(n * factor)), *more, name=name) for a, b, n, more in spans]
    return [Record(name, at(-3000), None, "", None, body), *samples]


SNAPSHOT = snapshot_of(
    [
        *(("shop", record) for name in READY for record in _of(name, 1)),
        *(("branch", record) for name in ("orders", "revenue") for record in _of(name, 2)),
    ],
    [coverage("shop", kind="sql"), coverage("branch", kind="sql")],
)
LEDGER = ledger_of(SNAPSHOT)
NOUNS: dict[str, tuple[str, ...]] = {
    "revenue": ("what was the revenue last week?", "total sales?", "지난주 매출은?", "매출액은 얼마였어?"),
    "orders": ("how many orders did we get?", "purchases last week?", "주문은 몇 건이었나요?", "지난주 주문 수는?"),
    "average_order": ("average order value?", "what is the aov?", "객단가는?", "평균 주문 금액은 얼마인가요?"),
    "conversion": ("what was the conversion rate?", "conversion?", "전환율은 얼마였나요?"),
    "registrations": ("how many sign-ups?", "how many new users?", "신규 가입은 몇 명이에요?", "가입자 수는?"),
    "retention": ("retention rate?", "유지율은?"),
    "active_users": ("how many active users?", "MAU?", "활성 사용자는 몇 명이었나요?"),
    "churn": ("churn rate?", "이탈률은?"),
    "low_stock": ("how many products are running low?", "low stock?", "재고 부족 상품은 몇 개?"),
    "out_of_stock": ("how many products are out of stock?", "품절 상품은 몇 개?"),
    "stock_turnover": ("stock turnover?", "재고 회전율은?"),
    "request_rate": ("how many requests per second?", "request rate?", "초당 요청은?"),
    "error_rate": ("what was the error rate?", "오류율은?", "에러율이 얼마야?"),
    "latency_p50": ("median latency?", "p50 응답 시간은?"),
    "latency_p95": ("what is the latency?", "p95 latency?", "지연 시간은?"),
    "latency_p99": ("p99 latency?", "p99는?"),
    "availability": ("what was the uptime?", "availability last week?", "지난주 가동률 알려줘"),
    "downtime": ("how long was it down last week?", "downtime?", "다운타임은?", "중단 시간은 얼마나 됐나요?"),
    "incidents": ("how many outages were there last week?", "how many incidents?", "장애는 몇 건이었나요?"),
    "response_time": ("what was the average response time?", "응답 시간은 얼마나 걸렸나요?"),
    "response_time_p95": ("p95 response time?", "응답 시간(p95)은?"),
    "cpu": ("cpu usage?", "CPU 사용률은?", "CPU는 얼마야?"),
    "memory": ("memory use?", "메모리 사용률은 얼마야?"),
    "disk": ("disk usage?", "디스크 사용률은?"),
    "network_in": ("incoming traffic?", "네트워크 수신은?"),
    "network_out": ("bytes sent?", "네트워크 송신은?"),
    "performance_score": ("performance score?", "성능 점수는?"),
    "accessibility_score": ("accessibility?", "접근성 점수는?"),
    "seo_score": ("what is the SEO score?", "SEO 점수는?"),
    "lcp": ("LCP?", "LCP는?"),
    "cls": ("layout shift?", "CLS는?"),
    "ttfb": ("time to first byte?", "TTFB는?"),
    "errors": ("how many errors?", "오류는 몇 건이야?"),
    "messages": ("how many messages were written?", "메시지는 몇 개?"),
    "reactions": ("how many reactions?", "리액션은 몇 개?"),
    "qc_reports": ("how many QC reports?", "QC 보고는 몇 건?"),
    "qc_failed_reports": ("how many failed QC reports?", "실패한 QC 보고는 몇 건?"),
    "qc_checks": ("how many checks?", "검사는 몇 건?"),
    "qc_failures": ("how many checks failed?", "실패한 검사는 몇 건인가요?"),
    "qc_pass_rate": ("what is the pass rate?", "통과율은?"),
}


@pytest.mark.parametrize("metric", NOUNS)
def test_a_figure_is_called_by_its_nouns(metric: str) -> None:
    """Both languages; of what is measured a figure is told, never the list of its samples."""
    for text in NOUNS[metric]:
        assert understood(text, SNAPSHOT, LEDGER) == Asked(Query("figure", metric)), text
        assert is_question(text), text
        assert is_meant(text), text


def _query(metric: str, *only: tuple[Dimension, str], by: Dimension | None = None, what: What = "figure") -> Query:
    return Query(what, metric, by, only)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("what was the availability of shop last week?", _query("availability", _SHOP)),
        ("how long was shop down?", _query("downtime", _SHOP)),
        ("shop의 가동률은 얼마였나요?", _query("availability", _SHOP)),
        ("what was the revenue in kr?", _query("revenue", _KR)),
        ("revenue by region?", _query("revenue", by="region", what="groups")),
        ("which region had the most orders?", _query("orders", by="region", what="groups")),
        ("지역별 매출은?", _query("revenue", by="region", what="groups")),
        ("어느 지역의 매출이 가장 많았나요?", _query("revenue", by="region", what="groups")),
        ("revenue on Tuesday?", Query("figure", "revenue", days=_TUESDAY)),
        ("화요일 매출은 얼마였어?", Query("figure", "revenue", days=_TUESDAY)),
        ("which checks failed?", Query("records", "qc_failures")),
        ("why did revenue fall?", Query("moved", "revenue")),
    ],
)
def test_parts_are_understood(text: str, query: Query) -> None:
    assert understood(text, SNAPSHOT, LEDGER) == Asked(query)


@pytest.mark.parametrize("text", ["how many dragons were sold?", "revenue of payments?", "매출 용은?", "sales in jp?"])
def test_nothing_else_is_answered_instead(text: str) -> None:
    with pytest.raises(UsageError, match="not understood"):
        understood(text, SNAPSHOT, LEDGER)


def test_a_name_that_its_owner_gave_counts_too() -> None:
    titled = replace(
        LEDGER, facts=tuple(replace(f, title="Umsatz") if f.metric == "revenue" else f for f in LEDGER.facts)
    )
    for text in ("how much Umsatz?", "how much revenue?"):
        assert understood(text, SNAPSHOT, titled) == Asked(Query("figure", "revenue"))


@pytest.mark.parametrize(
    ("query", "value", "before"),
    [
        (_query("revenue"), 30, 12),
        (_query("revenue", _SHOP), 10, 4),
        (_query("revenue", ("repository", "branch")), 20, 8),
        (_query("revenue", _KR), 21, None),
        (Query("figure", "revenue", days=_TUESDAY), 3, None),
    ],
)
def test_a_part_is_what_was_measured_of_it(query: Query, value: int, before: int | None) -> None:
    total = look(query, SNAPSHOT, LEDGER, Language("en")).total
    assert total is not None
    assert (whole(total.value), whole(total.before)) == (value, before)


def test_what_is_measured_otherwise_by_now_is_told_as_a_whole_alone() -> None:
    older = replace(SNAPSHOT, metrics={**SNAPSHOT.metrics, "samples": 0})
    assert look(_query("revenue", _KR), older, LEDGER, Language("en")).own
    with pytest.raises(UsageError, match="another way"):
        look(_query("revenue", _SHOP), older, LEDGER, Language("en"))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (_query("availability", ("repository", "branch")), "branch gives no such figure"),
        (_query("revenue", _SHOP, _KR), "whole report alone"),
        (Query("figure", "revenue", days=(date(2026, 11, 10), date(2026, 11, 11))), "whole report alone"),
        (Query("figure", "revenue", only=(_KR,), days=_TUESDAY), "whole report alone"),
        (Query("groups", "revenue", "region", (_SHOP,), _TUESDAY), "whole report alone"),
    ],
)
def test_what_nobody_measured_is_not_made_up(query: Query, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        look(query, SNAPSHOT, LEDGER, Language("en"))
