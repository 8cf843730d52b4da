"""Which repositories a GitHub source has: those it lists, and those of its organization that fit."""

from __future__ import annotations

from collectors.github_api import GitHub
from collectors.github_config import MOST_REPOSITORIES, GitHubConfig
from collectors.github_query import repositories_query
from model.errors import SourceRefused, SourceUnavailable
from model.language import Message

_MOST_PAGES = 50


async def repositories(github: GitHub, config: GitHubConfig) -> tuple[str, ...]:
    """Return the full names, each once; archived ones of an organization are left out. Raises SourceError."""
    names = list(config.repositories)
    if config.org is not None:
        names += await _of_owner(github, config, config.org)
    found = tuple({name.lower(): name for name in names}.values())
    if not found:
        raise SourceRefused(
            "{org} has no repository that fits.", hint=Message("Look at topic, include and exclude."), org=config.org
        )
    if len(found) > MOST_REPOSITORIES:
        raise SourceRefused(
            "These are {n} repositories; a source has at most {most}.",
            hint=Message("Make several sources, with include."),
            n=len(found),
            most=MOST_REPOSITORIES,
        )
    return found


async def _of_owner(github: GitHub, config: GitHubConfig, org: str) -> list[str]:
    found: list[str] = []
    after: str | None = None
    for _ in range(_MOST_PAGES):
        answer = await github.ask(repositories_query(org, after))
        owner = answer.data.owner if answer.data else None
        if owner is None:
            if any(problem.type == "NOT_FOUND" for problem in answer.errors) or not answer.errors:
                raise SourceRefused(
                    "There is no organization or user {org}, or not for this token.",
                    hint=Message("Look at its name, and at the token's rights."),
                    org=org,
                )
            raise SourceUnavailable("GitHub does not answer for {name}.", name=org)
        for repo in owner.repositories.here:
            topics = [node.topic.name for node in repo.topics.here] if repo.topics else []
            if not repo.archived and config.takes(repo.name, topics):
                found.append(repo.name)
        page = owner.repositories.page
        if page is None or not page.more or page.end is None or page.end == after:
            return found
        after = page.end
    raise SourceUnavailable("The list of the repositories of {org} does not end.", org=org)
