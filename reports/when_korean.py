"""The Korean words of rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from model.rule import LAST
from reports.when_tokens import (
    DAY,
    HOUR,
    HOUR_OR_TIME,
    MINUTE,
    MONTH,
    TIME,
    WEEK,
    Token,
    Vocabulary,
    counted,
    fixed,
    minute_of_day,
    numbered,
    once,
    twofold,
    words,
)

_COUNTS: Mapping[str, int] = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "이": 2, "삼": 3}
_ORDINALS: Mapping[str, int] = {
    "첫": 1,
    "첫째": 1,
    "둘째": 2,
    "두": 2,
    "셋째": 3,
    "세": 3,
    "넷째": 4,
    "네": 4,
    "다섯째": 5,
    "다섯": 5,
    "마지막": LAST,
}
_UNITS: Mapping[str, int] = {"분": MINUTE, "시": HOUR, "하": DAY, "일": DAY, "주": WEEK, "개": MONTH}
_SPANS: Mapping[str, int] = {
    **dict.fromkeys(("하루", "매일", "일"), DAY),
    **dict.fromkeys(("일주일", "한주", "매주", "주"), WEEK),
    **dict.fromkeys(("한달", "매월", "매달", "월"), MONTH),
}
_DAYS = "월화수목금토일"
_N = r"(?P<n>[0-9]{1,4}|한|두|세|네|다섯|여섯)"
_SPAN = r"(?P<unit>하루|매일|일주일|한 ?주|매주|한 ?달|매월|매달|일|주|월)"
_APART = "(?:마다|간격(?:으로)?|에 ?(?:한|1) ?(?:번|회))"
_END = r"(?![가-힣])"


def _count(text: str) -> int:
    return _COUNTS[text] if text in _COUNTS else int(text)


def _unit(text: str) -> int:
    return _UNITS[text[0]]


def _span(text: str) -> int:
    return _SPANS[text.replace(" ", "")]


def _ordinal(text: str) -> int:
    return _ORDINALS[text] if text in _ORDINALS else int(text)


def _range(match: re.Match[str]) -> Sequence[Token]:
    first, last = _DAYS.index(match[1]), _DAYS.index(match[2])
    return [Token("W", tuple(sorted((first + n) % 7 + 1 for n in range((last - first) % 7 + 1))), match[0])]


def _letters(match: re.Match[str]) -> Sequence[Token]:
    """Read "월·수·금", "월수금" and "월, 수요일"."""
    letters = match["days"].removesuffix("요일")
    return [
        *(Token(kind, (), match[0]) for kind in ("Ew" if match[0].startswith("매주") else "")),
        Token("W", tuple(sorted({_DAYS.index(letter) + 1 for letter in letters if letter in _DAYS})), match[0]),
    ]


def _start(match: re.Match[str]) -> Sequence[Token]:
    return [Token("S", tuple(int(part) for part in match.groups()), match[0])]


_LIST = rf"(?P<days>[{_DAYS}](?:(?: ?[·,/] ?| )?[{_DAYS}])+(?:요일)?){_END}"
KOREAN: Vocabulary = (
    (r"오늘|내일|모레|이번|다음|한 ?번만", once),
    (r"(?:첫째|둘째|셋째|넷째|다섯째|마지막|[0-9]번째|(?:첫|두|세|네|다섯) ?번째) ?주(?=[ 의]|$)", twofold),
    (r"([0-9]{4})-([0-9]{2})-([0-9]{2})부터", _start),
    (r"([0-9]{4})년 ?([0-9]{1,2})월 ?([0-9]{1,2})일 ?부터", _start),
    (r"[0-9]{4}년 ?[0-9]{1,2}월 ?[0-9]{1,2}일", once),
    (rf"{_SPAN}에? ?{_N} ?(?:번|회)(?!째)", counted("C", _count, _span)),
    (rf"(?:매 ?)?{_N} ?(?P<unit>시간|분) ?{_APART}", counted("I", _count, _unit)),
    (rf"(?:매 ?)?{_N} ?(?P<unit>일|주|개월) ?{_APART}", counted("J", _count, _unit)),
    (rf"매 ?{_N} ?(?P<unit>시간|분)", counted("I", _count, _unit)),
    (r"매 ?시간(?: ?마다)?|매시", fixed("I", 1, HOUR)),
    (r"매 ?분(?!기)(?: ?마다)?", fixed("I", 1, MINUTE)),
    (r"격일(?:로|마다)?|이틀마다", fixed("J", 2, DAY)),
    (r"사흘마다", fixed("J", 3, DAY)),
    (r"격주(?:로|마다)?|(?:이|2)주일?에 ?(?:한|1) ?(?:번|회)", fixed("J", 2, WEEK)),
    (r"격월(?:로|마다)?", fixed("J", 2, MONTH)),
    (r"매일|날마다", words("Ed")),
    (rf"매주 ?(?P<days>[{_DAYS}])(?! ?[·,/]? ?[{_DAYS}]){_END}", _letters),
    (r"매주", words("Ew")),
    (r"매월|매달|달마다", words("Em")),
    (r"매 ?분기|분기마다", words("Eq")),
    (r"매 ?반기|반기마다", words("Eh")),
    (r"매년|해마다", words("Ey")),
    (r"분기 ?말(?:일)?", fixed("O", LAST, then="dq")),
    (r"월말", fixed("O", LAST, then="dm")),
    (r"분기", words("q")),
    (r"반기", words("h")),
    (rf"({TIME}) ?(?:부터|에서|~|-|–) ?({HOUR_OR_TIME})(?: ?까지)?", numbered("R", minute_of_day)),
    (rf"([0-9]{{1,2}}) ?(?:부터|에서|~|-|–) ?({TIME})(?: ?까지)?", numbered("R", minute_of_day)),
    (r"([0-9]{1,2}) ?분", numbered("H")),
    (r"정각", fixed("H", 0)),
    (rf"([{_DAYS}])(?:요일)? ?(?:부터|에서|~|-|–) ?([{_DAYS}])(?:요일)?(?: ?까지)?(?![가-힣0-9])", _range),
    (_LIST, _letters),
    (rf"(?P<days>[{_DAYS}]요일)", _letters),
    (r"평일|주중", fixed("W", 1, 2, 3, 4, 5)),
    (r"주말", fixed("W", 6, 7)),
    (r"제? ?([0-9]{1,2}) ?(?:영업일|근무일|업무일)(?!마다)", numbered("O", then="K")),
    (r"영업일|근무일|업무일|워킹데이", words("K")),
    (r"말일", fixed("O", LAST, then="d")),
    (r"([0-9]{1,2}) ?일(?![요주간])", numbered("O")),
    (r"(첫째|둘째|셋째|넷째|다섯째|마지막)", numbered("O", _ordinal)),
    (r"([0-9]{1,2}|첫|두|세|네|다섯) ?번째", numbered("O", _ordinal)),
    (r"(첫)", numbered("O", _ordinal)),
    (r"([0-9]{1,2}) ?월(?!요)", numbered("M")),
    (r"날", words("d")),
    (r"매|마다", words("E")),
    (r"및|그리고|과|와|하고|[·/]", words("A")),
    (r"에는?|의|은|는", words("")),
)
