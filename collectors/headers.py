"""Headers that a person fills in, one a line: "X-Scope-OrgID: acme"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import SecretStr

from model.form import Unfit

_LINE = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \t]*([\x20-\x7e]{1,4000})")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade"})
_MOST = 20


def headers_of(text: SecretStr | None) -> Mapping[str, str]:
    """Return headers by their name in lower case; raises Unfit, which never repeats a value."""
    lines = [line.strip() for line in text.get_secret_value().splitlines() if line.strip()] if text else []
    if len(lines) > _MOST:
        raise Unfit("write at most {most} headers", most=_MOST)
    found: dict[str, str] = {}
    for line in lines:
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise Unfit("write one header a line, as X-Scope-OrgID: acme")
        name = parts[1].lower()
        if name in _OURS or name in found:
            raise Unfit("the header {name} cannot be set", name=parts[1])
        found[name] = parts[2].strip()
    return found
