"""A report that somebody asks for in a sentence: what of it is understood, in both languages, and what is not.

"every weekday at 10 post merged PRs and failing builds of acme/* here",
"평일 10시에 acme/*의 머지된 PR을 여기에 올려줘"
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from model.errors import UsageError
from model.rule import MonthDays, NthWeekdays, NthWorking, Plain, Rule, Weekly
from reports.when import parse_when

_LONGEST = 400  # characters
_MOST_WORDS, _MOST_TIME = 60, 9  # of a sentence, and of the time in it
_PATTERN = re.IGNORECASE | re.VERBOSE

_HERE = re.compile(
    r"""\b (?:in|into|to)? \s? (?:here | this[ ](?:channel|thread)) \b
    | (?:여기 | 이[ ]?(?:채널|방|스레드)) (?:에다?|로)? (?!\w)""",
    _PATTERN,
)
_CHANNEL = re.compile(
    r"(?:\b (?:in|into|to) [ ])? (<\#[^>\s]+> | \#[A-Za-z0-9_-]+) (?:에다?|으로|로)? (?!\w)", _PATTERN
)
_REPOSITORY = re.compile(
    r"""(?:\b (?:of|in|from|for) [ ])?
    ((?=[^/\s]*[A-Za-z]) [A-Za-z0-9*][A-Za-z0-9_.*-]* / (?: \* | [A-Za-z0-9_.*-]*[A-Za-z0-9_*]))
    (?:의|에서|은|는|이|가|을|를|과|와)? (?![\w/])""",
    _PATTERN,
)
# What is read from GitHub alone; commits and branches are read from any source of code.
_GITHUB = re.compile(
    r"""\b (?:(?:merged | open(?:ed)? | stale | failing | failed | broken)[ ])*
        (?:prs? | pull[ ]requests? | reviews? | builds? | ci | workflows? | issues? | deploy(?:s|ments?)? | releases?)
        \b
    | (?:(?:(?:머지|병합)(?:된|한)? | 열린 | 오래된 | 실패한? | 깨진)[ ]?)?
        (?:PR | 풀[ ]?리퀘스트 | 리뷰 | 빌드 | 워크플로 | 이슈 | 배포 | 릴리스) (?![A-Za-z])""",
    _PATTERN,
)
_CODE = re.compile(
    r"\b (?:new[ ])? (?:commits? | branch(?:es)? | changes) \b | 커밋 | 브랜치 | 변경[ ]?사항?", _PATTERN
)
_DEPLOY = re.compile(r"deploy(?:s|ments?)? | 배포", _PATTERN)
_COMMUNITY = re.compile(
    r"\b (?:community | contributors? | first[ ]responses? | stars) \b | 커뮤니티 | 기여자? | 첫[ ]?응답", _PATTERN
)
_STANDUP = re.compile(r"\b stand-?ups? \b | 스탠드업", _PATTERN)
_ASKS = re.compile(
    r"""\b (?:post | send | give | show | tell | report | summari[sz]e | share) \b
    | (?:올려|보내|알려|보여|정리해|요약해|공유해|게시해) (?:줘|주세요|줄래|주라|달라|요)? | 보고 (?:해|서)?""",
    _PATTERN,
)
_WINDOWS = re.compile(
    r"\b (yesterday | today | last[ ]working[ ]day | last[ ]week | this[ ]week | last[ ]month) \b"
    r"| (어제 | 오늘 | (?:지난|직전)[ ]?근무일 | 지난주 | 이번[ ]?주 | 지난달)",
    _PATTERN,
)
_FILLERS = re.compile(
    r"""\b (?:please | can[ ]you | could[ ]you | i[ ]want | i'd[ ]like | me | us | the | a | an | and | or | of | for
        | in | to | from | on | at | with | about | all | our | my | new | is | are | was | were | what | that | which
        | report | summary | digest) \b
    | (?<!\w) (?:모든|전부|우리|새|보고서|요약|현황|목록|그리고|및|좀) (?:을|를|은|는|이|가|의|로|으로)? (?!\w)
    | (?<!\w) (?:의|에|에서|을|를|은|는|이|가|과|와|랑|하고|도|으로|로) (?!\w)
    | [,.!?·:;()]+""",
    _PATTERN,
)


_WEEKDAYS = {1, 2, 3, 4, 5}
_HANGUL = re.compile(r"[가-힣]")
_IN_KOREAN = {"yesterday": "어제", "last working day": "지난 근무일", "last week": "지난주", "last month": "지난달"}


@dataclass(frozen=True, slots=True)
class Wished:
    """What a sentence asks for; what it does not say is empty."""

    template: str
    when: str
    window: str
    destinations: tuple[str, ...]
    repositories: tuple[str, ...]
    rest: str  # what was not understood
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return what the report may be called."""
        owners = dict.fromkeys(one.partition("/")[0].strip("*") for one in self.repositories)
        return " ".join(filter(None, (*owners, *self.sources[:2], self.template)))[:60].strip()


def wished(text: str, templates: Collection[str], sources: Collection[str] = ()) -> Wished | None:
    """Return what a sentence asks for; None where it asks for no report. `templates`, `sources`: names there are."""
    left = " ".join(text[: _LONGEST + 1].split())
    if len(left) > _LONGEST or left.count(" ") >= _MOST_WORDS:
        return None
    named = next((name for name in templates if _named(name).search(left)), "")
    known = [name for name in sources if name != named and _is_name(name)]
    about = named or _topic(left, None) or any(_source(name).search(left) for name in known)
    if not about:  # most of what people say; to look for a time in it takes long
        return None
    left, when, rule = _without_time(left)
    topic, asks = _topic(left, rule), bool(_ASKS.search(left))
    if not (when or asks) or not (named or topic or (when and asks)):
        return None
    window = _WINDOWS.search(left)
    places, repositories = places_in(left), repositories_in(left)
    for taken in (_HERE, _CHANNEL, _REPOSITORY):
        left = taken.sub(" ", left)
    read = tuple(name for name in known if _source(name).search(left))
    for name in read:
        left = _source(name).sub(" ", left)
    usual = _window(rule)
    return Wished(
        template=named or topic or _of_code(usual),
        when=when,
        window=window[0] if window else _IN_KOREAN.get(usual, usual) if _HANGUL.search(text) else usual,
        destinations=places,
        repositories=repositories,
        rest=_rest(left, named),
        sources=read,
    )


def _without_time(text: str) -> tuple[str, str, Rule | None]:
    """Return the text without the words that say when, these words, and their rule: the most words that are one."""
    words = text.split(" ")
    for size in range(min(len(words), _MOST_TIME), 0, -1):
        for at in range(len(words) - size + 1):
            said = " ".join(words[at : at + size])
            try:
                rule = parse_when(said)
            except UsageError:
                continue
            return " ".join((*words[:at], *words[at + size :])), said, rule
    return text, "", None


def _topic(text: str, rule: Rule | None) -> str:
    """Return the built-in template that is about what the text names; none where it names nothing."""
    if _STANDUP.search(text):
        return "standup"
    if _COMMUNITY.search(text):
        return "community"
    found = [match[0] for match in _GITHUB.finditer(text)]
    if found:
        return "deployments" if all(map(_DEPLOY.search, found)) else "github"
    return _of_code(_window(rule)) if _CODE.search(text) else ""


def _of_code(window: str) -> str:
    """Return the template of commits for days such as these."""
    return "daily" if window in ("yesterday", "last working day") else "weekly"


def _window(rule: Rule | None) -> str:
    """Return the days that suit a report which comes so often; nothing where it comes but once."""
    if not isinstance(rule, Plain):
        return ""
    match rule.days:
        case Weekly(weekdays) if set(weekdays) == _WEEKDAYS:
            return "last working day"  # on a Monday what happened since Friday
        case Weekly(weekdays) if len(weekdays) > 1:
            return "yesterday"
        case Weekly():
            return "last week"
        case MonthDays() | NthWeekdays() | NthWorking():
            return "last month"
    return ""


def places_in(text: str) -> tuple[str, ...]:
    """Return where a text says that something goes: "here", and the channels that it names."""
    return (*(("here",) if _HERE.search(text) else ()), *_found(_CHANNEL, _HERE.sub(" ", text)))


def repositories_in(text: str) -> tuple[str, ...]:
    """Return the repositories that a text names: "acme/*"."""
    return _found(_REPOSITORY, _CHANNEL.sub(" ", text))


def _found(what: re.Pattern[str], text: str) -> tuple[str, ...]:
    """Return what is looked for, each once."""
    return tuple(dict.fromkeys(match[match.lastindex or 0] for match in what.finditer(text)))


def _rest(text: str, named: str) -> str:
    """Return what is left of a text once all that is known is taken out."""
    words = (_WINDOWS, _GITHUB, _CODE, _COMMUNITY, _STANDUP, _ASKS, _FILLERS)
    for known in (*((_named(named),) if named else ()), *words):
        text = known.sub(" ", text)
    return " ".join(text.split())


def _named(name: str) -> re.Pattern[str]:
    """Return what finds the name of a template that stands as a word of its own."""
    return re.compile(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", re.IGNORECASE)


def _source(name: str) -> re.Pattern[str]:
    """Return what finds the name of a source, with the particle that may follow it."""
    after = "(?:의|에서|은|는|이|가|을|를|과|와)?"
    return re.compile(rf"(?:\b(?:of|in|from) )?(?<![\w/-]){re.escape(name)}{after}(?![\w/-])", re.IGNORECASE)


def _is_name(name: str) -> bool:
    """Tell whether a word is no more than the name of a source: one called "ci" or "here" is not told from the word."""
    words = (_HERE, _GITHUB, _CODE, _COMMUNITY, _STANDUP, _ASKS, _WINDOWS, _FILLERS)
    return not any(known.fullmatch(name) for known in words)
