"""Read a sentence: every word of it is a figure, a day, a name that was collected, or listed. Nothing else passes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from analyzers.words import days, lexicon, numbers, numbers_korean
from analyzers.words.cleaning import Refused, cleaned
from analyzers.words.slots import FIRST, Filled
from analyzers.words.tokens import Token
from model.language import Code
from model.words import Named

_NOTHING = frozenset[str]()
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][a-z]+)?")
_HANGUL = re.compile(r"[가-힣]+")
_PHRASE = re.compile(r"[A-Za-z]+(?:[ -][A-Za-z]+){0,7}")
_LETTERS = re.compile(r"[^\W\d_]+")
_OWNS = re.compile(r"['’]s(?![a-z])")
_STOPS = ",;:.!?—–()"
_IDIOM = re.compile(r"(?:for the )?first (?:time|review|response)\b", re.IGNORECASE)
_GOES_ON = re.compile(r"[A-Za-z0-9_]|[./@-]\w")
_ALONE = "A-Za-z0-9\ue000-\uf8ff"
_TIED_BEFORE = re.compile(rf"[{_ALONE}][./@:_,-]?$|[-–−+±~.,]$")
_TIED_AFTER = re.compile(rf"[{_ALONE}]|[./@:_,–-][{_ALONE}]|\s?[%‰×]|\s?[xKkMm](?![a-z])")
_ABOUT = ("쯤", "가량", "정도")
_BOUNDS = ("이상", "이하", "미만", "초과", "여", "남짓", "내외", "안팎")
_TWICE = ("이", "일", "사", "오", "구", "만")  # words of their own, and numbers before what is counted
_SURE = ("명", "개", "퍼센트", "배", "시간", "줄", "건", "%")


class Reader:
    """Reads sentences in one language with the names that may stand in them."""

    def __init__(self, code: Code, named: Sequence[Named], slots: Sequence[Filled], labels: frozenset[str]) -> None:
        self._code: Code = code
        self._slots = slots
        texts = [(cleaned(n.text), n) for n in named if n.plain]
        usable = [(text, n) for text, n in texts if len(text) > 1 and (text in labels or _stands_out(text))]
        self._names = sorted(usable, key=lambda pair: -len(pair[0]))

    def read(self, text: str) -> tuple[Token, ...]:
        """Return the tokens of a text. Raises Refused at the first word that nobody knows."""
        tokens: list[Token] = []
        at = 0
        while at < len(text):
            if text[at] == " ":
                at += 1
                continue
            token = self._next(text, at, not tokens or tokens[-1].text in (".", ":", "!", "?"))
            tokens.append(token)
            at = token.end
        return tuple(tokens)

    def _next(self, text: str, at: int, begins: bool) -> Token:
        slot = ord(text[at]) - FIRST
        if 0 <= slot < len(self._slots):
            return self._slot(text, at, self._slots[slot])
        if (named := self._name(text, at)) is not None:
            return named
        day = days.read(text, at)
        if day is not None and not (at and text[at - 1].isalnum()) and self._mine(text[at : day[1]]):
            return self._tied(Token("day", text[at : day[1]], at, day[1], days=day[0]), text)
        if (found := numbers.DIGITS.match(text, at)) is not None:
            number = numbers.of_digits(found)
            token = Token("figure", found[0], at, found.end(), unit=number.unit, number=number)
            return self._tied(token, text)
        if (level := lexicon.LEVEL.match(text, at)) is not None:
            return self._tied(Token("word", level[0], at, level.end(), frozenset({f"l.{level[0].lower()}"})), text)
        if (owns := _OWNS.match(text, at)) is not None and self._code == "en":
            return Token("word", owns[0], at, owns.end())
        if text[at].isalpha():
            return self._word(text, at, begins)
        return self._sign(text, at)

    def _mine(self, day: str) -> bool:
        """Tell whether a day is written in this language, or in figures alone."""
        return not _LETTERS.search(day) or (_HANGUL.search(day) is not None) == (self._code == "ko")

    def _slot(self, text: str, at: int, filled: Filled) -> Token:
        if _TIED_BEFORE.search(text[:at]) or _TIED_AFTER.match(text, at + 1):
            raise Refused("“{slot}” needs a space beside it: another figure or name would be read.", slot=filled.text)
        if filled.named is not None:
            return self._tied(Token("name", filled.text, at, at + 1, named=filled.named), text)
        return self._tied(Token("figure", filled.text, at, at + 1, filled=filled), text)

    def _name(self, text: str, at: int) -> Token | None:
        if at and (text[at - 1].isalnum() or text[at - 1] == "_"):
            return None
        for name, named in self._names:
            end = at + len(name)
            if text[at:end].casefold() != name.casefold():
                continue
            follows = _HANGUL.match(text, end)
            tied = follows is None or lexicon.tail(follows[0]) is not None
            if not tied or _GOES_ON.match(text, end):
                continue
            return self._tied(Token("name", text[at:end], at, end, named=named), text)
        return None

    def _tied(self, token: Token, text: str) -> Token:
        """Return the token with the Korean that is written on to it: a counter, a bound, particles."""
        found = _HANGUL.match(text, token.end)
        if found is None:
            return token
        rest, tags, unit = found[0], set[str](), token.unit
        if token.kind == "figure":
            counter = next((c for c in numbers.COUNTERS if rest.startswith(c)), "")
            unit, rest = numbers.UNITS.get(counter, unit), rest[len(counter) :]
            for words, tag in ((_ABOUT, "about"), (_BOUNDS, "bound")):
                word = next((w for w in words if rest.startswith(w)), "")
                tags, rest = tags | ({tag} if word else set()), rest[len(word) :]
        meant = lexicon.tail(rest)
        if meant is None:
            raise _unknown(text[token.start : found.end()] if token.kind != "figure" or token.number else found[0])
        return replace(token, end=found.end(), unit=unit, after=frozenset(tags.union(*meant)))

    def _word(self, text: str, at: int, begins: bool) -> Token:
        hangul = _HANGUL.match(text, at)
        if hangul is not None:
            return self._korean(text, hangul)
        idiom = _IDIOM.match(text, at)
        if idiom is not None and self._code == "en":
            what = {"time": "q.new", "review": "n.review", "response": "n.response"}[idiom[0].lower().rsplit(" ")[-1]]
            return Token("word", idiom[0], at, idiom.end(), frozenset({what}))
        phrase, latin = _PHRASE.match(text, at), _LATIN.match(text, at)
        if latin is None:
            raise _unknown(text[at : at + 40])
        if phrase is not None and self._code == "en":
            counted = numbers.english(re.split("[ -]", phrase[0].lower()))
            if counted is not None:
                end = at + len(" ".join(re.split("[ -]", phrase[0])[: counted[1]]))
                return Token("figure", text[at:end], at, end, unit=counted[0].unit, number=counted[0])
        meant = lexicon.meaning(latin[0], "en")
        foreign = self._code == "ko" and not latin[0].rstrip("s").isupper()
        if meant is None or foreign or _maybe_name(latin[0], meant[0], begins):
            raise _unknown(latin[0])
        token = Token("word", latin[0], at, latin.end(), meant[0])
        return self._tied(token, text) if self._code == "ko" else token

    def _korean(self, text: str, found: re.Match[str]) -> Token:
        word, at = found[0], found.start()
        if self._code != "ko":
            raise _unknown(word)
        follows = re.match(r" ([가-힣%]+)", text[found.end() :])
        following = follows[1] if follows else ""
        meant = lexicon.meaning(word, "ko")
        if text[at - 1 : at] == ")" and (tied := lexicon.tail(word)) is not None:  # "src(3건)보다"
            return Token("word", word, at, found.end(), _NOTHING.union(*tied))
        number_for_sure = word.startswith("하나") or (word in _TWICE and following.startswith(_SURE))
        if meant is not None and not number_for_sure:
            return Token("word", word, at, found.end(), meant[0], _NOTHING.union(*meant[1:]))
        counted = numbers_korean.korean(word, following)
        if counted is None:
            raise _unknown(word)
        number, length = counted
        token = Token("figure", word[:length], at, at + length, unit=number.unit, number=number)
        if length < len(word) or not following.startswith(tuple(numbers.COUNTERS)):
            return self._tied(token, text)
        return replace(self._tied(replace(token, end=found.end() + 1), text), text=word)

    def _sign(self, text: str, at: int) -> Token:
        c = text[at]
        around = text[at - 1 : at] + text[at + 1 : at + 2]
        if c in ".@:" and len(around) == 2 and around.isalnum() and not around.isdigit():
            raise Refused("“{text}” looks like an address: write names and links as slots.", text=_around(text, at))
        if c in "/+±×~#&%" and not (c == "/" and around.isalnum() and len(around) == 2):
            raise Refused("“{character}” may not stand in a sentence.", character=c)
        return Token("stop" if c in _STOPS else "word", c, at, at + 1)


@lru_cache(maxsize=2000)
def _stands_out(name: str) -> bool:
    """Tell whether a collected name can be told from ordinary words, so that it may be written without a slot."""
    runs = _LETTERS.findall(name)
    if re.search(r"\w[/._-]\w", name) and runs:
        return True
    return any(
        lexicon.meaning(run, "en") is None and lexicon.meaning(run, "ko") is None
        and numbers.english([run.lower()]) is None and numbers_korean.korean(run, "") is None
        for run in runs
    )  # fmt: skip


def _maybe_name(word: str, tags: frozenset[str], begins: bool) -> bool:
    """Tell whether a listed word is written as a name: with a capital inside a sentence, or one that is also a name."""
    if begins and "name" in tags:
        return True
    return not begins and word[0].isupper() and not (word.rstrip("s").isupper() and len(word) > 1)


def _unknown(word: str) -> Refused:
    return Refused("“{word}” is neither a name that was collected nor a plain word: leave it out.", word=word[:40])


def _around(text: str, at: int) -> str:
    return text[: at + 1].rpartition(" ")[2] + text[at + 1 :].partition(" ")[0]
