"""Cards as the house makes them, in both languages, and one that is hostile in every place that takes text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from model.card import (
    Action,
    Attachment,
    Card,
    Chart,
    Fields,
    Figure,
    Footer,
    Heading,
    Instant,
    Item,
    Items,
    Line,
    Mention,
    Note,
    Remark,
    Series,
    Span,
    Style,
    Table,
    Text,
    Tone,
    text_line,
)
from model.ids import BlobId, FactId, MemberId
from model.language import Code
from model.unit import Unit

HOSTILE_URL = "https://git.example/a?b=(1)&copy;=<2>"
COMMIT = "https://git.example/acme/api/commit/"


def figure(text: str, number: int) -> Figure:
    return Figure(text, FactId(f"f{number}"))


def changed(value: str, change: str, number: int) -> Line:
    return text_line(figure(value, number), " (", figure(change, number), ")")


def week(code: Code) -> Card:
    """Return a full weekly report."""
    return Card(
        title="개발 주간 · 2026년 11월 9–15일" if code == "ko" else "Engineering week · 9–15 Nov 2026",
        subtitle="acme/api, acme/web",
        language=code,
        run="7Q2F",
        blocks=(
            _week_figures(code),
            *_week_items(code),
            *_week_words(code),
            _week_chart(code),
            *_week_table(code),
            _remark(code),
            _footer(code),
        ),
        actions=_actions(code),
        notes=_week_notes(code),
    )


def _week_figures(code: Code) -> Fields:
    names = (
        ("커밋", "참여한 사람", "추가된 줄", "바뀐 파일", "남은 브랜치")
        if code == "ko"
        else ("Commits", "Authors", "Lines added", "Files changed", "Open branches")
    )
    values = (("41", "+9"), ("6", "−1"), ("2,318", "+411"), ("97", "+12"), ("8", "±0"))
    return Fields(
        tuple((name, changed(*value, n)) for n, (name, value) in enumerate(zip(names, values, strict=True), 1))
    )


def _week_items(code: Code) -> tuple[Heading, Items]:
    if code == "ko":
        return Heading("지금 손이 필요한 일"), Items(
            (
                Item(
                    text_line(Span("fix/결제-재시도", url=COMMIT + "812aa01")),
                    text_line("미나 · 11일째 · 3개 브랜치가 기다림"),
                    "0.81",
                ),
                Item(text_line("chore/openssl-3.5"), text_line("화요일부터 커밋 없음"), "0.74"),
                Item(text_line("feat/검색-인덱스-다시-만들기"), text_line("파일 31개, 커밋 14개"), "0.66"),
            )
        )
    return Heading("Needs somebody"), Items(
        (
            Item(
                text_line(Span("fix/checkout-retry", url=COMMIT + "812aa01")),
                text_line("Mina · 11 days old, 3 branches wait for it"),
                "0.81",
            ),
            Item(text_line("chore/openssl-3.5"), text_line("no commit since Tuesday"), "0.74"),
            Item(text_line("feat/rebuild-search-index"), text_line("31 files, 14 commits"), "0.66"),
        )
    )


def _week_words(code: Code) -> tuple[Heading, Text]:
    if code == "ko":
        return Heading("일어난 일"), Text(
            (
                text_line(
                    "커밋 ",
                    figure("41", 1),
                    "개가 들어왔습니다. 지난주보다 ",
                    figure("9", 1),
                    "개 많고, 그중 17개는 ",
                    Span("web", Style.CODE),
                    " 쪽입니다.",
                ),
                text_line(
                    figure("6", 2),
                    "명이 ",
                    figure("97", 4),
                    "개 파일을 고쳤고, ",
                    figure("2,318", 3),
                    "줄이 추가되었습니다.",
                ),
                text_line("자동화가 만든 커밋 23개는 위 수치에 넣지 않았습니다."),
            ),
            bullets=True,
        )
    return Heading("What happened"), Text(
        (
            text_line(
                figure("41", 1),
                " commits came in, ",
                figure("9", 1),
                " more than the week before; 17 of them in ",
                Span("web", Style.CODE),
                ".",
            ),
            text_line(
                figure("6", 2), " people changed ", figure("97", 4), " files and added ", figure("2,318", 3), " lines."
            ),
            text_line("Bots: 23 commits, left out of the figures above."),
        ),
        bullets=True,
    )


def _week_chart(code: Code) -> Chart:
    now = tuple(Decimal(n) for n in (7, 9, 4, 12, 8, 1, 0))
    before = (*(Decimal(n) for n in (5, 6, 8, 7, 6)), None, Decimal(0))
    if code == "ko":
        return Chart(
            "하루 커밋 수",
            ("월", "화", "수", "목", "금", "토", "일"),
            (Series("이번 주", now), Series("지난주", before)),
            Unit.COUNT,
            "목요일에 12개로 가장 많았고, 일요일에는 없었습니다.",
        )
    return Chart(
        "Commits per day",
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        (Series("this week", now), Series("week before", before)),
        Unit.COUNT,
        "Most on Thursday (12); none on Sunday.",
    )


def _week_table(code: Code) -> tuple[Heading, Table]:
    title, head = (
        ("사람별", ("이름", "커밋", "추가된 줄"))
        if code == "ko"
        else ("By author", ("Author", "Commits", "Lines added"))
    )
    names = ("미나", "Jean-Luc Moreau", "김하늘") if code == "ko" else ("Mina", "Jean-Luc Moreau", "Haneul Kim")
    values = (("19", "1,204"), ("14", "902"), ("8", "212"))
    rows = tuple(
        (text_line(name), text_line(figure(a, 6 + 2 * n)), text_line(figure(b, 7 + 2 * n)))
        for n, (name, (a, b)) in enumerate(zip(names, values, strict=True))
    )
    return Heading(title), Table(head, rows, frozenset({1, 2}))


def _remark(code: Code) -> Remark:
    if code == "ko":
        line: Line = text_line("커밋은 ", figure("41", 1), "건으로 늘었습니다.")
        return Remark("Claude · 수치 1개 중 1개 확인 · $0.004", (line,))
    line = text_line("Commits rose to ", figure("41", 1), ".")
    return Remark("Claude · 1 of 1 figure checked · $0.004", (line,))


def _footer(code: Code) -> Footer:
    posted = Instant(
        datetime(2026, 11, 16, 0, 0, tzinfo=UTC), "2026년 11월 16일 09:00" if code == "ko" else "16 Nov 2026 09:00 KST"
    )
    read = "읽음: api 1/1, web 1/1 · 실행 7Q2F · " if code == "ko" else "Read: api 1/1, web 1/1 · run 7Q2F · "
    return Footer(text_line(read, posted))


def _week_notes(code: Code) -> tuple[Note, ...]:
    one = (
        "커밋: 병합 6개와 봇 23개를 뺀 41개, 그 전 주는 32개"
        if code == "ko"
        else "Commits: 41 = 70 read − 6 merges − 23 of bots; 32 the week before"
    )
    two = "참여한 사람: 6명, 그 전 주는 7명" if code == "ko" else "Authors: 6 different people; 7 the week before"
    three = (
        "추가된 줄: 2,318 = api 1,190 + web 1,128"
        if code == "ko"
        else "Lines added: 2,318 = 1,190 in api + 1,128 in web"
    )
    links = (
        Span("812aa01 Retry the payment once", url=COMMIT + "812aa01"),
        Span("77c0de2 결제 재시도 정리", url=COMMIT + "77c0de2"),
    )
    return (Note(FactId("f1"), one, links, 39), Note(FactId("f2"), two, (), 0), Note(FactId("f3"), three, links[:1], 0))


def _actions(code: Code) -> tuple[Action, ...]:
    labels = ("왜?", "다시 실행", "내보내기") if code == "ko" else ("Why?", "Run again", "Export")
    commands = ("report why", "report run", "report export")
    return tuple(Action(label, command, {"run": "7Q2F"}) for label, command in zip(labels, commands, strict=True))


def empty(code: Code) -> Card:
    """Return the report of a week in which nothing happened."""
    line = (
        "2026년 11월 9일부터 15일까지 들어온 커밋이 없습니다. 브랜치 3개가 움직였습니다."
        if code == "ko"
        else "No commits between 9 and 15 November; 3 branches moved."
    )
    return Card(week(code).title, (Text((text_line(line),)), _footer(code)), code, subtitle="acme/api", run="7Q2F")


def error(code: Code) -> Card:
    """Return the answer to a command that names something unknown."""
    lines = (
        (
            text_line("비슷한 이름: ", Span("weekly", Style.CODE)),
            text_line("예: ", Span("/report run weekly", Style.CODE)),
        )
        if code == "ko"
        else (
            text_line("Close to it: ", Span("weekly", Style.CODE)),
            text_line("Try ", Span("/report run weekly", Style.CODE)),
        )
    )
    title = "weekli라는 보고서는 없습니다." if code == "ko" else "There is no report called weekli."
    return Card(title, (Text(lines),), code, tone=Tone.WARNING, private=True)


def listing(code: Code) -> Card:
    """Return a list of sources and what is attached to it."""
    head = ("이름", "종류", "읽은 때", "상태") if code == "ko" else ("Name", "Kind", "Last read", "State")
    well, bad = (
        ("정상", "저장소를 찾을 수 없습니다. 경로를 확인하고 다시 시도해 주세요.")
        if code == "ko"
        else ("well", "There is no repository at this path; check the path and try again.")
    )
    rows = (
        (text_line("api"), text_line("git"), text_line("2026-11-16 09:00"), text_line(well)),
        (text_line("결제-서버"), text_line("git"), text_line("–"), text_line(bad)),
    )
    count = ("소스", "2개") if code == "ko" else ("Sources", "2")
    file = Attachment("sources.csv", "text/csv", BlobId("0" * 64), 12_345)
    return Card(
        "소스 목록" if code == "ko" else "Sources",
        (Fields(((count[0], text_line(count[1])),)), Table(head, rows)),
        code,
        attachments=(file,),
        private=True,
    )


def why(code: Code) -> Card:
    """Return the arithmetic behind a figure and a priority."""
    ko = code == "ko"
    factors = (
        (("긴급", "0.3 × 0.90 = 0.27", "11일 동안 커밋 없음"), ("영향", "0.3 × 0.80 = 0.24", "파일 31개"))
        if ko
        else (("Urgency", "0.3 × 0.90 = 0.27", "no commit for 11 days"), ("Impact", "0.3 × 0.80 = 0.24", "31 files"))
    )
    return Card(
        "왜 0.81인가: fix/결제-재시도" if ko else "Why 0.81: fix/checkout-retry",
        (
            Fields(
                (
                    ("소스" if ko else "Source", text_line("acme/api")),
                    ("맡은 사람" if ko else "Owner", text_line(Mention(MemberId("m1"), "미나" if ko else "Mina"))),
                )
            ),
            Table(
                ("요소", "계산", "근거") if ko else ("Factor", "Arithmetic", "Why"),
                tuple(tuple(text_line(cell) for cell in row) for row in factors),
                frozenset({1}),
            ),
            Text(
                (text_line("합계 ", Span("0.81", Style.STRONG), "."),)
                if ko
                else (text_line("Together ", Span("0.81", Style.STRONG), "."),)
            ),
        ),
        code,
    )


SAMPLES: Mapping[str, Callable[[Code], Card]] = {
    "week": week,
    "empty": empty,
    "error": error,
    "list": listing,
    "why": why,
}

HOSTILE: tuple[str, ...] = (
    "<!channel> <!here> <@U123> <https://evil.example|click>",
    "@everyone @here @octocat",
    "{{7*7}} {% for x in y %} ${7*7} #{7*7}",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "NUL\x00 C0\x01\x08\x7f C1\x80\x9b31m\x9d",
    "admin\u202egnp.exe\u2066x\u2069\u200f\u061c",
    "zero\u200bwidth\u200d\u2060\ufeff\u00ad",
    "tags\U000e0001\U000e0041\U000e007f vs\ufe0f\U000e0100 fill\u3164\u115f",
    "x" * 10_240,
    "가" * 10_240,
    "long words " * 1_000,
    "lone \ud800 and \udfff",
    "```\n<!here>\n``` `x` ``@everyone``",
    '=HYPERLINK("https://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "javascript:alert(1)",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "](http://evil.example) [a]: http://evil.example [^f1] [x][a]",
    "<script>alert(1)</script><img src=x onerror=alert(1)> </style></title><!-- -->",
    "\"'><b>&lt;&amp;&#64;&nbsp;",
    "line one\nline two\r\n\r\n# heading\n- item\n1. item\n---\n===\n> quote\u2028\u2029\x85end",
    "https://evil.example www.evil.example evil.example a@evil.example mailto:a@b.example ftp://x.example //y.example",
    "#123 acme/api#7 GH-1",
    "**bold** __bold__ *it* _it_ ~~gone~~ ==mark== $x^2$ :smile: | a | b |",
    "trailing backslash \\",
    "1. one",
    "1) one",
    "- item",
    "+ item",
    "* item",
    "# head",
    "> quote",
    "===",
    "---",
    "    code",
    "\tcode",
    ":-: | :-:",
    "",
    " ",
    "עברית 0.81 العربية",
)


def hostile(text: str, code: Code = "en") -> Card:
    """Return a card that holds `text` in every place that takes text."""
    line: Line = (
        *(Span(text, style) for style in Style),
        Span(text, url=HOSTILE_URL),
        Span(text, url=text),
        Figure(text, FactId("f1")),
        Mention(MemberId("m"), text),
        Instant(datetime(2026, 11, 9, tzinfo=UTC), text),
    )
    return Card(
        title=text,
        subtitle=text,
        language=code,
        run="7Q2F",
        blocks=(
            Heading(text),
            Text((line, line)),
            Text((line, (Span(text),)), bullets=True),
            Fields(((text, line),)),
            Fields(((text, (Span(text),)),)),
            Items((Item(line, line, text), Item((Span(text),)))),
            Table((text, text), ((line, (Span(text),)), ((Span(text, Style.CODE),),)), frozenset({1})),
            Chart(
                text, (text, text), (Series(text, (Decimal(1), None)), Series(text, (Decimal(-1),))), Unit.HOURS, text
            ),
            Chart(text, (text,) * 40, (Series(text, (Decimal(3),) * 40),), Unit.SHARE, text, "line"),
            Remark(text, (line,)),
            Footer(line),
        ),
        actions=(Action(text, "report why"),),
        notes=(
            Note(FactId("f1"), text, (Span(text, url=text), Span(text, url="http://git.example/")), 2),
            Note(FactId(text), text, (), 0),
        ),
        attachments=(Attachment(text, text, BlobId("0" * 64), 10),),
        tone=Tone.CRITICAL,
    )
