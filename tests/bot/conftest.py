"""The bot and the small repository of the stories."""

from __future__ import annotations

from tests.stories.conftest import ready, repository, talk

__all__ = ["ready", "repository", "talk"]
