"""What nobody is to see: keys, tokens, card numbers and e-mail addresses in collected text; names on demand."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "•••"
# The forms that vendors give to their secrets.
SECRETS = re.compile(
    r"""xox[abeoprs]-[\w-]{8,} | xapp-[\w-]{8,} | gh[oprsu]_\w{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
    | (?:sk|rk|pk)_(?:live|test)_\w{10,} | npm_\w{20,} | pypi-[\w-]{20,} | hf_\w{20,} | SG\.[\w-]{16,}\.[\w-]{16,}
    | dop_v1_\w{20,} | shp(?:at|ca|pa|ss)_\w{16,} | ya29\.[\w-]{16,} | [MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}
    | sk-[\w-]{16,} | whsec_[\w+/=-]{16,} | AKIA[0-9A-Z]{16} | AIza[\w-]{30,} | arb_[\w-]{16,}
    | eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]* | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*""",
    re.VERBOSE | re.DOTALL,
)
# Whatever is called a secret by its key.
KEYED = re.compile(
    r"(?i)(?<![^\W_])(token|password|passwd|pwd|secret|api[_-]?key|private[_-]?key|access[_-]?key|account[_-]?key"
    r"|비밀번호|비번|암호)=(\"[^\"]*\"|'[^']*'|\S+)"
)
# What is a secret in a text, and may be typed where it is asked for: addresses that let anybody in.
_WAYS_IN = re.compile(
    r"https://hooks\.slack\.com/\S+|https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\S+"
    r"|(?<=://)[^\s/@:]{1,64}:[^\s/@]{1,128}(?=@)|(?i:bearer|basic) [\w.~+/=-]{16,}"
)
# The same as people and logs write it: at least six signs of which one is no letter, else "password: required" is lost.
_TOLD = re.compile(
    r"(?i)(?<![^\W_])(token|password|passwd|pwd|secret|api[_-]?key|비밀번호|비번|암호)(\s?:\s?)"
    r"(?=[^\s\"']*[^\W_a-z가-힣]|[^\s\"']*\d)([^\s\"',;]{6,})"
)
# Bounded, so that no text makes it slow: an address has at most 64 characters before the @ (RFC 5321, 4.5.3.1.1).
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<!\d)\d(?:[ .\u00a0\u2007\u2010-\u2015\u202f-]?\d){12,18}(?!\d)")
_HANGUL = re.compile(r"[가-힣]+")
# What nobody sees: controls, tags, marks of direction, joiners, blanks without width (Unicode's Default_Ignorable).
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def without_secrets(text: str) -> str:
    """Return the text with what has the form of a secret, or is called one, taken out."""
    return KEYED.sub(lambda found: f"{found[1]}={HIDDEN}", SECRETS.sub(HIDDEN, text))


def masked(text: str) -> str:
    """Return the text without secrets, numbers of payment cards (those that pass Luhn) and e-mail addresses.

    Where something of the kind is there once unseen characters are gone, they are gone.
    """
    if _UNSEEN.search(text) is not None and (bare := _masked(seen := visible(text))) != seen:
        return bare
    return _masked(text)


def visible(text: str) -> str:
    """Return the text without characters that nobody sees."""
    return _UNSEEN.sub("", text)


def _masked(text: str) -> str:
    text = _WAYS_IN.sub(HIDDEN, without_secrets(text))
    text = _TOLD.sub(lambda found: f"{found[1]}{found[2]}{HIDDEN}", text)
    if "@" in text:
        text = _MAIL.sub(HIDDEN, text)
    return _CARD.sub(lambda found: HIDDEN if _luhn(found[0]) else found[0], text)


def masked_name(name: str) -> str:
    """Return a name that only those recognise who know it: "김*수", "M*** P***"."""
    return " ".join(_masked_word(word) for word in name.split())


def without_names(text: str, names: Iterable[str]) -> str:
    """Return the text with each of these names masked wherever it stands as a word of its own, the longest first."""
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        after = "" if _HANGUL.fullmatch(name[-1]) else r"(?!\w)"  # Korean particles follow without a space
        text = re.sub(rf"(?<!\w){re.escape(name)}{after}", masked_name(name), text, flags=re.IGNORECASE)
    return text


def _masked_word(word: str) -> str:
    if not _HANGUL.fullmatch(word):
        return f"{word[0]}***"
    return word[0] + "*" * max(1, len(word) - 2) + (word[-1] if len(word) > 2 else "")


def _luhn(written: str) -> bool:
    digits = [int(c) for c in written if c.isdigit()]
    doubled = [d if n % 2 == 0 else sum(divmod(d * 2, 10)) for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
