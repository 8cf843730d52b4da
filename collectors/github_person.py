"""What somebody shows of himself on GitHub: the words of his profile and of his public gists.

https://docs.github.com/en/rest/users/users, https://docs.github.com/en/rest/gists/gists
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, TypeAdapter, ValidationError

from collectors.github_api import GitHub, changed
from model.errors import SourceRefused


class _Profile(BaseModel):
    bio: str | None = None


class _Gist(BaseModel):
    description: str | None = None


_GISTS = TypeAdapter(list[_Gist])


async def shown_by(github: GitHub, login: str) -> Sequence[str]:
    """Return the texts that only somebody with this login can have written. Raises SourceError."""
    profile = await github.get(f"/users/{login}")
    if profile.status != 200:
        raise SourceRefused("GitHub knows nobody called {login}, or does not tell.", login=login)
    gists = await github.get(f"/users/{login}/gists?per_page=30")
    try:
        texts = [_Profile.model_validate_json(profile.body).bio]
        if gists.status == 200:  # a token may have no right to them
            texts += [gist.description for gist in _GISTS.validate_json(gists.body)]
    except ValidationError as error:
        raise changed(error) from None
    return [text for text in texts if text]
