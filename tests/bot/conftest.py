"""The bot and the small repository of the stories."""

from __future__ import annotations

from tests.stories.conftest import ready, repository, stage, talk, tmp_path

__all__ = ["ready", "repository", "stage", "talk", "tmp_path"]
