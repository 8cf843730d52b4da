"""What can be wrong with a right sentence: eight kinds, each made so that the sentence is false."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random

from tests.analyzers.gate_ledgers import PEOPLE
from tests.analyzers.gate_sentences import Right, moved_day

KINDS = ("figure", "sign", "unit", "date", "name", "way", "link", "number")

_FLIPPED = {
    "rose": ("fell", "dropped", "slumped", "declined"), "grew": ("shrank", "fell"), "increased": ("decreased", "sank"),
    "climbed": ("slid", "dwindled"), "fell": ("rose", "surged", "climbed", "expanded"), "dropped": ("jumped", "rose"),
    "decreased": ("increased", "swelled"), "declined": ("grew", "soared"), "more": ("fewer", "less"),
    "fewer": ("more", "additional"),
    "늘었습니다": ("줄었습니다", "감소했습니다", "급감했습니다"), "증가했습니다": ("감소했습니다", "하락했습니다"),
    "늘어났습니다": ("줄어들었습니다", "떨어졌습니다"), "줄었습니다": ("늘었습니다", "급증했습니다", "올랐습니다"),
    "감소했습니다": ("증가했습니다", "상승했습니다"), "줄어들었습니다": ("늘어났습니다", "치솟았습니다"),
}  # fmt: skip
_UNITS = {
    "commits": ("people", "hours", "lines", "days", "branches", "deployments", "%"),
    "people": ("commits", "files", "weeks"),
    "lines": ("files", "hours", "commits"),
    "h": ("days", "minutes", "%"),
    "%": (" pt", " hours", " builds"),
    "건": ("명", "줄", "시간", "%", "일"),
    "명": ("건", "줄", "개월", "%"),
    "줄": ("시간", "명", "일"),
    "시간": ("일", "분", "건", "주"),
}
_STRANGERS = (
    *("Olga", "Bob Stone", "torvalds", "jihoon", "Kim Minsoo", "Acme Corp", "evil-bot", "Mark", "billing2"),
    *("지훈", "박서준", "이하은", "정다은", "윤아", "최민호", "송하윤", "한지우", "카카오", "쿠팡", "하늘이", "문수"),
)
_LINKS = (
    *(" https://evil.example/x", " (evil.example)", " [log](https://evil.example)", " <https://evil.example|log>"),
    *(" //evil.example", " www.evil.example", " 10.0.0.1/x", " bücher.example", " http:evil", " mailto:a@evil.example"),
    *(" ｅｖｉｌ．example", " evil。example", " javascript:alert(1)", " [r]: https://evil.example", " week.report"),
)
_WORDS: Mapping[str, Mapping[int, str]] = {
    "en": {
        2: "two",
        3: "three",
        7: "seven",
        13: "thirteen",
        24: "twenty-four",
        35: "thirty-five",
        58: "fifty-eight",
        120: "a hundred and twenty",
        3000: "three thousand",
    },
    "ko": {
        2: "두",
        3: "세",
        7: "일곱",
        13: "열세",
        24: "스물네",
        35: "서른다섯",
        58: "오십팔",
        120: "백이십",
        3000: "삼천",
    },
}


def mutants(right: Right, code: str, names: tuple[str, ...], year: int, chance: Random) -> Iterator[tuple[str, str]]:
    """Yield (kind, text): the sentence with one thing wrong, one for each kind and place."""
    for n, (kind, text) in enumerate(right.pieces):
        wrong = _wrong(kind, text, right, code, names, year, chance)
        if wrong is not None:
            pieces = (*right.pieces[:n], ("", wrong), *right.pieces[n + 1 :])
            yield kind, replace(right, pieces=pieces).text
    at = chance.choice(
        [n for n, c in enumerate(right.text) if c in " ." and "{" not in right.text[n:]] or [len(right.text)]
    )
    yield "link", right.text[:at] + chance.choice(_LINKS) + right.text[at:]
    invented = [word for value, word in _WORDS[code].items() if Decimal(value) not in right.values]
    if invented:
        word = chance.choice(invented)
        ends = f", {word} of them late." if code == "en" else f" 그중 {word} 건이 남았습니다."
        yield "number", (right.text.removesuffix(".") if code == "en" else right.text) + ends


def _wrong(
    kind: str, text: str, right: Right, code: str, names: tuple[str, ...], year: int, chance: Random
) -> str | None:
    match kind:
        case "figure":
            return _figure(text, right, chance)
        case "sign":
            return "−" if text == "+" else "+"
        case "unit":
            return chance.choice(_UNITS[text])
        case "date":
            return moved_day(text, code, chance.choice((-7, -3, -1, 1, 2, 7)), year)
        case "name":
            others = [name for name in names if name != text]
            return chance.choice((*_STRANGERS, *others)) if text in PEOPLE or others else chance.choice(_STRANGERS)
        case "way":
            return chance.choice(_FLIPPED[text])
        case _:
            return None


def _figure(text: str, right: Right, chance: Random) -> str:
    """Return another figure: often one that stands in the facts, but not here."""
    known = [f"{v.normalize():f}" for v in right.values if v == v.to_integral_value() and v < 10**6]
    plain = text.replace(",", "")
    near = (
        [f"{int(plain) + d}" for d in (-1, 1, 2, 10) if int(plain) + d > 0] if plain.isdigit() else ["3.3", "17", "99"]
    )
    others = [value for value in (*near, *near, *known) if value != plain and not _same(text, value)]
    return chance.choice(others)


def _same(text: str, value: str) -> bool:
    words = {
        "one": "1",
        "two": "2",
        "three": "3",
        "four": "4",
        "five": "5",
        "두": "2",
        "세": "3",
        "네": "4",
        "다섯": "5",
        "한": "1",
    }
    decimal = "." in text and abs(float(text) - float(value)) <= 0.5  # 17.1 may be written as 17
    return decimal or words.get(text.lower()) == value
