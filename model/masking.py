"""What nobody is to see: keys, tokens, card numbers and e-mail addresses in collected text; names on demand."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "•••"
# The forms that vendors give to their secrets.
SECRETS = re.compile(
    r"""xox[abeoprs]-[\w-]{8,} | xapp-[\w-]{8,} | gh[oprsu]_\w{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
    | sk-[\w-]{16,} | whsec_[\w+/=-]{16,} | AKIA[0-9A-Z]{16} | AIza[\w-]{30,} | arb_[\w-]{16,}
    | eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]* | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*""",
    re.VERBOSE | re.DOTALL,
)
# Whatever is called a secret by its key.
KEYED = re.compile(r"(?i)(?<![^\W_])(token|password|passwd|secret|api_?key|private_?key)=(\"[^\"]*\"|'[^']*'|\S+)")
# Bounded, so that no text makes it slow: an address has at most 64 characters before the @ (RFC 5321, 4.5.3.1.1).
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_HANGUL = re.compile(r"[가-힣]+")


def without_secrets(text: str) -> str:
    """Return the text with what has the form of a secret, or is called one, taken out."""
    return KEYED.sub(lambda found: f"{found[1]}={HIDDEN}", SECRETS.sub(HIDDEN, text))


def masked(text: str) -> str:
    """Return the text without secrets, numbers of payment cards (those that pass Luhn) and e-mail addresses."""
    text = without_secrets(text)
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
