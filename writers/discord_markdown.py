"""A line of a card as Discord's Markdown, in which collected text stays text and tells nobody.

Discord reads in order, and a backslash before any punctuation makes it a letter; unlike CommonMark it looks at no word
borders, so bold holds right before a Korean particle (https://support.discord.com/hc/en-us/articles/210298617).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from model.card import Figure, Inline, Instant, Line, Mention, Span, Style
from writers.safe import MOST, inert, linked, safe_nodes

_CHUNK = 400  # characters of a node that are written in one piece; a longer one is written in several
_MARKS = {Style.STRONG: "**", Style.EMPHASIS: "*"}

# What can mean something anywhere: emphasis, code, spoilers, links, mentions, timestamps, commands, custom emoji. A
# colon before a letter may begin an emoji's name, and one before slashes makes an address live.
_SPECIAL = re.compile(r"[\\*_~`|\[\]<>@]|:(?=[\w+/-]|$)")
_START = re.compile(r"-(?=[ #]|$)|\+(?= |$)|#(?=#* |#*$)|[0-9]{1,10}(?=[.)](?: |$))")
_BRACKETS = re.compile(r"[\[\]]")
_WIDE = "］"
_IN_URLS = str.maketrans({"[": "%5B", "]": "%5D"})
_USER = re.compile(r"[0-9]{1,20}")


def size(text: str) -> int:
    """Return how long a text is where every limit counts it: in UTF-16 units, of which no letter has fewer than one."""
    return len(text.encode("utf-16-le")) // 2


def escaped(text: str) -> str:
    """Return inert text so that it reads as itself, but for the beginning of a line."""
    return _SPECIAL.sub(r"\\\g<0>", _closed(text))


def word(text: str) -> str:
    """Return collected text escaped, on one line."""
    return escaped(inert(text).strip())


def opened(line: str) -> str:
    """Return a line that begins no list, heading or small print by what is collected."""
    found = _START.match(line)
    if not found:
        return line
    if found[0][0].isdigit():
        return f"{found[0]}\\{line[found.end() :]}"
    return "\\" + line


def strong(text: str) -> str:
    """Return collected text in bold."""
    inner = word(text)
    return f"**{inner}**" if inner else ""


def lines(line: Line, room: int, most: int = MOST, *, value: bool = False) -> list[str]:
    """Return a line as Markdown; several only where it is longer than `room`. `value`: its first figure is bold."""
    done: list[str] = []
    out = ""
    for node, text in safe_nodes(line, most):
        for part, piece in _parts(node, text):
            bold = value and isinstance(part, Figure)
            value = value and not bold
            made = _joined(out, *_written(part, piece, bold))
            if size(made) > room and out:
                done.append(out)
                made = _written(part, piece, bold)[0]
            out = made
    return [opened(text.strip()) for text in (*done, out) if text.strip()]


def told(line: Sequence[Inline]) -> Iterator[str]:
    """Yield the users whom a line tells."""
    for node in line:
        if isinstance(node, Mention) and node.user and _USER.fullmatch(node.user):
            yield node.user


def _closed(text: str) -> str:
    """Return text in which a bracket that closes nothing is a wide one.

    What is looked for behind a link of ours takes no notice of backslashes: there such a bracket would go on with the
    link, and lead elsewhere.
    """
    if "]" not in text:
        return text
    open_, out = 0, []
    for letter in text:
        open_ += {"[": 1, "]": -1}.get(letter, 0)
        out.append(_WIDE if open_ < 0 else letter)
        open_ = max(0, open_)
    return "".join(out)


def _parts(node: Inline, text: str) -> Iterator[tuple[Inline, str]]:
    """Yield a node in parts that are short enough, cut behind a space where there is one."""
    while len(text) > _CHUNK:
        cut = text.rfind(" ", _CHUNK // 2, _CHUNK) + 1 or _CHUNK
        yield node, text[:cut]
        text = text[cut:]
    yield node, text


def _written(node: Inline, text: str, bold: bool) -> tuple[str, str]:
    """Return (a node as it is written, the same without a style of its own)."""
    bare = escaped(text)
    match node:
        case Mention(user=user) if any(told((node,))):
            made = f"<@{user}>"
            return made, made
        case Instant(at=at):
            made = f"<t:{int(at.timestamp())}:f>"
            return made, made
        case Span(style=style):
            url = linked(node)
            if url and "[" not in url.split("/", 3)[2]:
                made = _link(text, url.translate(_IN_URLS))
                return made, made
            return _styled(text, style) or bare, bare
        case _:
            return (_styled(text, Style.STRONG) or bare) if bold else bare, bare


def _styled(text: str, style: Style) -> str:
    """Return text in its style, or nothing where it would not be read so."""
    inner = text.strip()
    if style is Style.CODE and inner and "`" not in inner:
        return text.replace(inner, f"`{_closed(inner)}`")
    mark = _MARKS.get(style)
    return text.replace(inner, f"{mark}{escaped(inner)}{mark}") if mark and inner else ""


def _link(text: str, url: str) -> str:
    """Return a masked link around the longest part that may stand in one: no bracket, and nothing like an address."""
    runs = _BRACKETS.split(text)
    which = max(range(len(runs)), key=lambda n: (len(runs[n].strip()), n))
    inner = runs[which].strip()
    if not inner or "://" in inner:
        return f"{escaped(text)} [↗]({url})"
    at = sum(len(run) + 1 for run in runs[:which]) + runs[which].index(inner)
    return f"{escaped(text[:at])}[{escaped(inner)}]({url}){escaped(text[at + len(inner) :])}"


def _joined(before: str, styled: str, bare: str) -> str:
    """Return what has been written with the next node behind it, none of the two changing what the other means."""
    if before[-1:] in ("*", "`") and styled[:1] in ("*", "`"):
        return before + bare
    return before + styled
