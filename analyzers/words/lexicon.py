"""The words that a model may use besides what was collected, and what the gate makes of each.

The lists stand in en.txt and ko.txt; their inflected forms are made here once. A word may have several meanings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from model.language import Code

Tags = frozenset[str]
_NONE: Tags = frozenset()
LEVEL = re.compile(r"(?<![A-Za-z0-9])p(?:50|90|95|99)(?![A-Za-z0-9])", re.IGNORECASE)  # so many of 100: p95
_PAST = ("다", "고", "으며", "으나", "지만", "는데", "던", "습니다", "음", "을", "기", "기에", "거나", "으므로", "다가")
_ANY = (
    "고",
    "며",
    "는",
    "는데",
    "지",
    "지만",
    "지는",
    "지도",
    "던",
    "도록",
    "게",
    "기",
    "기도",
    "기로",
    "거나",
    "다",
    "다가",
)
_CLOSED = ("습니다", "은", "을", "음", "으면", "으며", "으나", "은데", "으면서", "은지")
_OPEN = ("면", "나", "면서", "므로")
_JOINED = (
    "",
    "서",
    "도",
    "지고",
    "지는",
    "진",
    "졌습니다",
    "졌고",
    "졌지만",
    "집니다",
    "가고",
    "가는",
    "있습니다",
    "왔습니다",
)
_CASES = (
    "이 가 은 는 을 를 의 에 에서 에게 께서 으로 로 와 과 도 만 까지 부터 이나 처럼 만큼 마다 씩 쯤 들 보다 대비 "
    "뿐 조차 마저 밖에 이다 다 입니다 이며 며 이고 고 이었습니다 였습니다 이었고 였고 이었으며 였으며 이지만 지만 "
    "인 일 임 이라 라 이라는 라는 이던 였던 이었던 이었다 였다 이자 이므로"
)
_SUFFIXES = "당 별 중 간 적 상 하 내 외 측 쪽 수 량 율 률 분 세 폭 째"  # they make a name of a single syllable: 문수
CASES = frozenset(_CASES.split())
PARTICLES = CASES | frozenset(_SUFFIXES.split())
_NOUN = "noun"  # particles may follow
MEANT: Mapping[str, Tags] = {
    **{p: frozenset({"than"}) for p in ("보다", "대비", "처럼", "만큼", "과", "와")},
    **{p: frozenset({"from"}) for p in ("에서", "부터")},
    **{p: frozenset({"to"}) for p in ("으로", "로", "까지")},
    **{p: frozenset({"of"}) for p in ("중", "의")},
    "만": frozenset({"all"}),
    "뿐": frozenset({"all"}),
    **{p: frozenset({"r.per"}) for p in ("당", "씩", "별", "마다")},
}


@cache
def words(code: Code) -> Mapping[str, Tags]:
    """Return every form of every listed word, in lower case, with its meanings."""
    found: dict[str, Tags] = {}
    for kind, tags, word in _listed(code):
        for form in _english(kind, word.lower()) if code == "en" else _korean(kind, word):
            found[form] = found.get(form, _NONE) | tags
    return found


def meaning(word: str, code: Code) -> tuple[Tags, ...] | None:
    """Return the meanings of a word and of its particles; None where it is not listed."""
    known = words(code)
    if code == "en":
        stem = re.sub(r"['’]s?$", "", word.lower()).replace("’", "'")
        tags = known.get(word.lower().replace("’", "'"), known.get(stem))
        return None if tags is None else (tags,)
    return _taken_apart(word, known)


@cache
def tail(text: str, allowed: frozenset[str] = PARTICLES, most: int = 3) -> tuple[Tags, ...] | None:
    """Return the meanings of a chain of Korean particles; None where it is none."""
    if not text:
        return ()
    if most == 0:
        return None
    for end in range(min(5, len(text)), 0, -1):
        if text[:end] in allowed and (rest := tail(text[end:], allowed, most - 1)) is not None:
            return (MEANT.get(text[:end], _NONE), *rest)
    return None


def _taken_apart(word: str, known: Mapping[str, Tags]) -> tuple[Tags, ...] | None:
    """Return the meanings of a listed form, of a noun and what may follow it, or of two nouns put together."""
    if word in known:
        return (known[word],)
    single = _noun_with(word, known, least=1)
    if single is not None:
        return single
    for end in range(len(word) - 2, 1, -1):
        if _NOUN in known.get(word[:end], _NONE) and (second := _noun_with(word[end:], known, least=2)) is not None:
            return (known[word[:end]], *second)
    return None


def _noun_with(word: str, known: Mapping[str, Tags], least: int) -> tuple[Tags, ...] | None:
    for end in range(len(word), least - 1, -1):
        tags = known.get(word[:end], _NONE)
        if _NOUN not in tags:
            continue
        if word[end:] in _doing():
            return (tags,)
        rest = tail(word[end:], CASES if end == 1 else PARTICLES)
        if rest is not None:
            return (tags, *rest)
    return None


def _listed(code: Code) -> Iterator[tuple[str, Tags, str]]:
    text = (Path(__file__).parent / f"{code}.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            head, _, rest = line.partition(":")
            kind, *tags = head.split()
            if kind == "noun":
                tags.append(_NOUN)
            for word in rest.split():
                yield kind, frozenset(tags), word


def _english(kind: str, word: str) -> Iterator[str]:
    yield word
    if kind in ("noun", "verb"):
        yield re.sub(r"(?<=[^aeiou])y$", "ie", word) + ("es" if re.search(r"(?:s|x|z|ch|sh)$", word) else "s")
    if kind == "verb":
        stem = word.removesuffix("e")
        doubled = word + word[-1] if re.fullmatch(r".*[^aeiou][aeiou][bdgklmnprt]", word) else stem
        for base in {stem, doubled}:
            yield from (f"{re.sub(r'(?<=[^aeiou])y$', 'i', base)}ed", f"{base}ing")


def _korean(kind: str, word: str) -> Iterator[str]:
    if kind == "verb":
        yield from _conjugated(*word.split("/"))
    else:
        yield word


@cache
def _doing() -> frozenset[str]:
    """Return the forms of what makes a noun a verb."""
    pairs = (
        ("하", "해"),
        ("하", "하여"),
        ("되", "돼"),
        ("되", "되어"),
        ("받", "받아"),
        ("시키", "시켜"),
        ("당하", "당해"),
    )
    return frozenset(form for stem, joined in pairs for form in _conjugated(stem, joined))


def _conjugated(stem: str, joined: str) -> Iterator[str]:
    """Yield the forms of a verb from its stem and its form in -아/어: 늘/늘어, 오르/올라."""
    yield from (stem + ending for ending in _ANY)
    yield from (joined + ending for ending in _JOINED if ending or joined != stem)
    past = _with(joined, "ᆻ")
    yield from (past + ending for ending in _PAST)
    last = unicodedata.normalize("NFD", stem)[-1]
    if "ᆨ" <= last <= "ᇂ" and last != "ᆯ":
        yield from (stem + ending for ending in _CLOSED)
        return
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFD", stem)[:-1]) if last == "ᆯ" else stem
    yield from (stem + ending for ending in _OPEN)
    yield from (_with(bare, "ᆫ") + ending for ending in ("", "다", "데", "지"))
    yield from (_with(bare, "ᆸ") + "니다", _with(bare, "ᆷ"))
    if bare == stem:  # else it is the stem itself, and that is often a noun: 줄
        yield _with(bare, "ᆯ")


def _with(syllables: str, final: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", syllables) + final)
