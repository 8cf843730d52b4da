"""Whether a language model can be asked, found out without asking it: nothing is spent.

https://platform.claude.com/docs/en/api/models/retrieve · https://developers.openai.com/api/reference/resources/models
"""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import quote

from model.errors import EgressError
from model.language import Message
from model.outside import Limits, Outside
from model.prompt import ModelAccess

_LIMITS = Limits(deadline=20.0, raw=1 << 20, decoded=1 << 20)


async def trouble(access: ModelAccess, outside: Outside) -> tuple[Message, Message | None] | None:
    """Return why a model cannot be asked, and what to do about it; None: its address answers and takes the key."""
    library = "anthropic" if access.kind == "claude" else "openai"
    if find_spec(library) is None:
        hint = Message("Install it: pip install 'auto-report-builder[{extra}]'", {"extra": library})
        return Message("the library {library} is not installed", {"library": library}), hint
    version = "/v1" if access.kind == "claude" else ""
    url = f"{access.url.rstrip('/')}{version}/models/{quote(access.model)}"
    try:
        answer = await outside.fetch("GET", url, headers=_headers(access), limits=_LIMITS, read=False)
    except EgressError as error:
        return error.message, error.hint
    return _meaning(answer.status, access)


def _headers(access: ModelAccess) -> dict[str, str]:
    key = "" if access.key is None else access.key.get_secret_value()
    if access.kind == "claude":
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return {"authorization": f"Bearer {key}"} if key else {}


def _meaning(status: int, access: ModelAccess) -> tuple[Message, Message | None] | None:
    match status:
        case 401 | 403:
            return Message("It does not accept the key."), Message("Give another one: /model edit")
        case 404 if access.kind != "custom":  # an own endpoint need not have this way of asking
            return Message("It has no model {model}.", {"model": access.model}), Message("Name another: /model edit")
        case 429 | 500 | 502 | 503 | 504 | 529:
            return Message("It answered {status}.", {"status": status}), Message("Try again later.")
    return None
