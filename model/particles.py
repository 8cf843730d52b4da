"""Korean particles (josa): which of a pair fits the last sound of a word."""

from __future__ import annotations

import re
import unicodedata

_FINAL = frozenset("013678")  # 영 일 삼 육 칠 팔: read with a final consonant
_RIEUL = frozenset("178")  # 일 칠 팔: the final consonant is ㄹ
_RIEUL_INDEX = 8  # ㄹ among the 28 finals of a Hangul syllable
# English words as Koreans write them: a short vowel and p, t, k, c or b close the syllable (commit 커밋, web 웹),
# and so do l, m, n and ng (main 메인). Everything else gets a vowel (bug 버그, test 테스트, cloud 클라우드).
_CLOSED = re.compile(r"(?:(?<![aeiou])[aeiou](?:p|t|k|ck|c|b)|m|n|ng|[aeiou][mn]e)$")


def particle(word: str, pair: str) -> str:
    """Return the half of `pair` ("을/를", "이/가", "으로/로") that fits after `word`; both where nobody can tell."""
    after_consonant, after_vowel = pair.split("/", 1)
    final, rieul = _last_sound(word)
    if final is None:
        return f"{after_consonant}({after_vowel})"
    if after_consonant.startswith("으") and rieul:
        return after_vowel
    return after_consonant if final else after_vowel


def _last_sound(word: str) -> tuple[bool | None, bool]:
    """Return (ends in a consonant or None when unknown, that consonant is ㄹ)."""
    if word.endswith("%"):  # 퍼센트
        return False, False
    spoken = "".join(c for c in unicodedata.normalize("NFC", word) if c.isalnum())
    if not spoken:
        return None, False
    last = spoken[-1]
    if "가" <= last <= "힣":
        index = (ord(last) - ord("가")) % 28
        return index != 0, index == _RIEUL_INDEX
    if last.isascii() and last.isdigit():
        return last in _FINAL, last in _RIEUL
    if last.isascii():
        return _last_letter(re.findall(r"[A-Za-z]+$", spoken)[0])
    return None, False


def _last_letter(letters: str) -> tuple[bool, bool]:
    if letters.isupper() and len(letters) <= 5:  # read letter by letter: PR 피알, LLM 엘엘엠
        return letters[-1] in "LMNR", letters[-1] in "LR"
    low = letters.lower()
    rieul = low.endswith(("l", "le"))  # file 파일, module 모듈
    return bool(rieul or _CLOSED.search(low)), rieul
