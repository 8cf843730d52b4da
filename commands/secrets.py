"""Secrets typed into a line of chat: found by their form, and taken out before anything is stored."""

from __future__ import annotations

import re

_HIDDEN = "•••"
# The forms that vendors give to theirs, so that they can be found, and whatever is called a secret by its key.
_FORMS = re.compile(
    r"""xox[abeoprs]-[\w-]{8,} | xapp-[\w-]{8,} | gh[oprsu]_\w{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
    | sk-[\w-]{16,} | whsec_[\w+/=-]{16,} | AKIA[0-9A-Z]{16} | AIza[\w-]{30,} | arb_[\w-]{16,}
    | eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]* | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*""",
    re.VERBOSE | re.DOTALL,
)
_KEYED = re.compile(r"(?i)(?<![^\W_])(token|password|passwd|secret|api_?key|private_?key)=(\"[^\"]*\"|'[^']*'|\S+)")


def redacted(line: str) -> str | None:
    """Return the line with its secrets taken out; None where there is none."""
    hidden = _KEYED.sub(lambda found: f"{found[1]}={_HIDDEN}", _FORMS.sub(_HIDDEN, line))
    return hidden if hidden != line else None
