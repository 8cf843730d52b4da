"""Random sequences about templates by several people, whose roles change, against a small model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from model.member import Role
from tests.support.talk import Talk, talking, text

_PEOPLE = ("olga", "eve", "jun")  # olga owns the workspace; the others' roles change
_NAMES = ("week-a", "week-b")
_ROLES = {"viewer": Role.VIEWER, "editor": Role.EDITOR, "admin": Role.ADMIN}
_WORDS = st.one_of(
    st.tuples(st.just("clone"), st.sampled_from(_PEOPLE), st.sampled_from(_NAMES)),
    st.tuples(st.just("share"), st.sampled_from(_PEOPLE), st.sampled_from(_NAMES)),
    st.tuples(st.just("hide"), st.sampled_from(_PEOPLE), st.sampled_from(_NAMES)),
    st.tuples(st.just("delete"), st.sampled_from(_PEOPLE), st.sampled_from(_NAMES)),
    st.tuples(st.just("role"), st.sampled_from(_PEOPLE[1:]), st.sampled_from(list(_ROLES))),
)
_LINES = {
    "clone": "/template clone weekly {name}",
    "share": "/template share {name} yes",
    "hide": "/template share {name} no",
    "delete": "/template delete {name} confirmed=yes",
}


@dataclass
class Kept:
    """A template as the model has it."""

    owner: str
    shared: bool = False


class World:
    """What should be."""

    def __init__(self) -> None:
        self.roles = {"olga": Role.OWNER, "eve": Role.VIEWER, "jun": Role.VIEWER}
        self.there: dict[str, Kept] = {}

    def seen(self, user: str) -> set[str]:
        """Return the names that a person sees."""
        everything = self.roles[user] >= Role.ADMIN
        return {name for name, kept in self.there.items() if everything or kept.shared or kept.owner == user}

    def say(self, verb: str, user: str, name: str) -> bool:
        """Do what was said; tell whether it is allowed."""
        if self.roles[user] < Role.EDITOR:
            return False
        kept = self.there.get(name)
        if verb == "clone":
            if kept is None:
                self.there[name] = Kept(user)
            return kept is None
        if kept is None or (kept.owner != user and self.roles[user] < Role.ADMIN):
            return False
        if verb == "delete":
            del self.there[name]
        else:
            kept.shared = verb == "share"
        return True


async def listed(talk: Talk, user: str) -> set[str]:
    """Return the own templates that a person is shown."""
    shown = text(await talk.say("/template list", user=user))
    return {name for name in _NAMES if name in shown}


@settings(max_examples=settings().max_examples // 3 + 1, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(_WORDS, max_size=14))
async def test_nothing_is_lost_or_leaked(words: list[tuple[str, str, str]]) -> None:
    """After each word everybody sees what the model says, and a refusal has changed nothing."""
    world = World()
    with tempfile.TemporaryDirectory() as folder:
        async with talking(Path(folder) / "home", Path(folder)) as talk:
            for user in _PEOPLE:
                await talk.say("/arb me", user=user)
            for verb, user, what in words:
                if verb == "role":
                    await talk.say(f"/arb role {user} {what}", user="olga")
                    world.roles[user] = _ROLES[what]
                else:
                    said = await talk.say(_LINES[verb].format(name=what), user=user)
                    assert (said.kind == "card") == world.say(verb, user, what), (verb, user, what, text(said))
                for one in _PEOPLE:
                    assert await listed(talk, one) == world.seen(one), (verb, user, what, one)
