"""What a model may say of figures that sources measure, in both languages, and what is of another figure.

In a sentence, @ stands for the slot of the figure.
"""

from __future__ import annotations

import pytest

from analyzers.words.fields import fields_of
from analyzers.words.gate import check
from model.ids import FactId
from model.language import Code, Language
from model.words import Draft, Sentence
from tests.analyzers.test_questions_measured import LEDGER

_IDS = {fact.metric: fact.id for fact in LEDGER.facts if not fact.labels}
RIGHT: list[tuple[Code, str, str]] = [
    ("en", "revenue", "Revenue rose from {@.before} to {@}."),
    ("en", "orders", "{@} orders came in, {@.change} on the week before."),
    ("en", "average_order", "The average order was {@}."),
    ("en", "conversion", "Conversion rose to {@}."),
    ("en", "registrations", "Registrations rose from {@.before} to {@}."),
    ("en", "churn", "Churn was {@}."),
    ("en", "low_stock", "{@} products are low on stock."),
    ("en", "out_of_stock", "{@} products are out of stock."),
    ("en", "stock_turnover", "Stock turnover rose to {@}."),
    ("en", "request_rate", "The request rate rose to {@}."),
    ("en", "latency_p50", "Median latency was {@}."),
    ("en", "latency_p95", "p95 latency rose to {@}."),
    ("en", "response_time_p95", "The p95 response time was {@}."),
    ("en", "availability", "Availability was {@}."),
    ("en", "downtime", "Downtime rose to {@}."),
    ("en", "incidents", "There were {@} incidents."),
    ("en", "cpu", "CPU use was {@}."),
    ("en", "disk", "Disk use rose to {@}."),
    ("en", "network_in", "Incoming network traffic was {@}."),
    ("en", "network_out", "Outgoing network traffic was {@}."),
    ("en", "performance_score", "The performance score rose to {@}."),
    ("en", "lcp", "LCP was {@}."),
    ("en", "errors", "{@} errors were recorded."),
    ("en", "reactions", "{@} reactions were given."),
    ("en", "qc_reports", "There were {@} QC reports."),
    ("en", "qc_failures", "{@} checks failed."),
    ("en", "qc_pass_rate", "The pass rate rose from {@.before} to {@}."),
    ("ko", "revenue", "매출은 {@.before}에서 {@}로 늘었습니다."),
    ("ko", "orders", "주문은 {@}건입니다."),
    ("ko", "average_order", "평균 주문 금액은 {@}입니다."),
    ("ko", "registrations", "신규 가입은 {@.before}에서 {@}로 늘었습니다."),
    ("ko", "active_users", "활성 사용자는 {@}입니다."),
    ("ko", "low_stock", "재고 부족은 {@}입니다."),
    ("ko", "out_of_stock", "품절은 {@}입니다."),
    ("ko", "request_rate", "초당 요청은 {@}로 늘었습니다."),
    ("ko", "latency_p95", "p95 응답 시간은 {@}입니다."),
    ("ko", "availability", "가동률은 {@}입니다."),
    ("ko", "downtime", "중단 시간은 {@}이었습니다."),
    ("ko", "cpu", "CPU 사용률은 {@}입니다."),
    ("ko", "disk", "디스크 사용률은 {@}로 늘었습니다."),
    ("ko", "network_out", "네트워크 송신은 {@}입니다."),
    ("ko", "seo_score", "SEO 점수는 {@}입니다."),
    ("ko", "reactions", "리액션은 {@}입니다."),
    ("ko", "qc_failures", "실패한 검사는 {@}입니다."),
    ("ko", "qc_pass_rate", "통과율은 {@.before}에서 {@}로 올랐습니다."),
]
WRONG: list[tuple[Code, str, str]] = [
    ("en", "revenue", "Commits rose to {@}."),
    ("en", "revenue", "The budget was {@}."),
    ("en", "orders", "Revenue rose from {@.before} to {@}."),
    ("en", "orders", "Orders fell to {@}."),
    ("en", "churn", "Retention was {@}."),
    ("en", "conversion", "Churn rose to {@}."),
    ("en", "low_stock", "{@} products are out of stock."),
    ("en", "out_of_stock", "{@} products are low on stock."),
    ("en", "latency_p95", "Latency rose to {@}."),
    ("en", "latency_p95", "Median latency was {@}."),
    ("en", "latency_p99", "p95 latency was {@}."),
    ("en", "availability", "Downtime was {@}."),
    ("en", "downtime", "Uptime was {@}."),
    ("en", "memory", "CPU use was {@}."),
    ("en", "network_in", "Outgoing network traffic was {@}."),
    ("en", "accessibility_score", "The performance score rose to {@}."),
    ("en", "fcp", "LCP was {@}."),
    ("en", "messages", "{@} reactions were given."),
    ("en", "qc_failures", "{@} checks passed."),
    ("en", "qc_pass_rate", "{@} of the checks failed."),
    ("ko", "orders", "매출은 {@}입니다."),
    ("ko", "revenue", "비용은 {@}입니다."),
    ("ko", "churn", "유지율은 {@}입니다."),
    ("ko", "low_stock", "품절은 {@}입니다."),
    ("ko", "latency_p95", "응답 시간은 {@}입니다."),
    ("ko", "latency_p99", "p95 응답 시간은 {@}입니다."),
    ("ko", "memory", "CPU 사용률은 {@}입니다."),
    ("ko", "network_out", "네트워크 수신은 {@}입니다."),
    ("ko", "qc_failures", "통과한 검사는 {@}입니다."),
    ("ko", "qc_pass_rate", "통과율은 {@.before}에서 {@}로 내렸습니다."),
]


def _passes(code: Code, metric: str, text: str) -> bool:
    language, fact = Language(code), _IDS[metric]
    draft = Draft((Sentence(text.replace("@", fact), (FactId(fact),)),), "m")
    return bool(check(draft, LEDGER, fields_of(LEDGER, language, people=True), language).said)


@pytest.mark.parametrize(("code", "metric", "text"), RIGHT)
def test_what_is_right_passes(code: Code, metric: str, text: str) -> None:
    assert _passes(code, metric, text)


@pytest.mark.parametrize(("code", "metric", "text"), WRONG)
def test_what_is_of_another_figure_does_not(code: Code, metric: str, text: str) -> None:
    assert not _passes(code, metric, text)
