"""All that can be said, on Discord: the bot is a real process, and people walk along the same paths as everywhere."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.stories.discord.conftest import Guild
from tests.stories.paths import paths, settled
from tests.stories.walk import KOREAN, OTHER, OWNER, walk
from tests.support import discord
from tests.support import discord_shapes as shapes
from tests.support.discord_gateway import Interaction, buttons
from tests.support.discord_reading import read

_FILL, _SUBMIT = ("Fill in", "작성하기"), ("Submit", "제출")
_WHOLE, _SWITCH = 4, 5  # types of options
_MODAL = 9  # a kind of answer


@dataclass(frozen=True)
class _Seen:
    """What somebody looks at: an answer, or a modal and what was told before it opened."""

    done: Interaction
    told: str = ""

    @property
    def text(self) -> str:
        if self.done.kind != _MODAL:
            return f"{self.told}\n{read(self.done.text()).text}"
        hints = (one.get("description", "") for one in self.done.data["components"])
        return "\n".join((self.told, self.done.data["title"], *hints))

    @property
    def asks(self) -> Sequence[str]:
        return [one["label"] for one in self.done.data["components"]] if self.done.kind == _MODAL else []


class _Front:
    """Discord, and who is who there."""

    def __init__(self, server: Guild) -> None:
        self.server = server
        gateway, there = server.gateway, server.gateway.there
        self.people = {
            OWNER: discord.OWNER,
            OTHER: gateway.join(there.new_id(), "Readers"),
            KOREAN: gateway.join(there.new_id(), "Staff"),
        }
        there.locales[self.people[KOREAN]] = "ko"
        there.add_channel("ops")
        gateway.send("GUILD_CREATE", shapes.guild(there, there.guilds[discord.GUILD]))  # with the role's name
        server.say("arb settings", discord_roles="admin=Staff, viewer=Readers")
        jun = self.people[OTHER]
        called = {"jun": shapes.user(jun)["username"], "to_jun": f"<@{jun}>", "platform": "discord"}
        self.names = called | settled(server.folder, server.provider)

    def say(self, who: str, line: str) -> _Seen:
        gateway = self.server.gateway
        group, verb, *words = shlex.split(line.removeprefix("/"))
        known = next(o for c in gateway.commands if c["name"] == group for o in c["options"] if o["name"] == verb)
        types = {one["name"]: one["type"] for one in known["options"]}
        given: dict[str, object] = {}
        for word in words:
            name, has, value = word.partition("=")
            if not has or name not in types:  # people fill in one after the other
                name, value = next(one for one in types if one not in given), word
            given[name] = _typed(types[name], value)
        return self._seen(gateway.command(self.people[who], f"{group} {verb}", self.server.channel, **given))

    def press(self, who: str, seen: _Seen, label: str) -> _Seen:
        shown = [seen.done.original or {}, *seen.done.follows]
        id = next(found for one in reversed(shown) if (found := buttons(one).get(label)))
        return self._seen(self.server.gateway.press(self.people[who], id, self.server.channel))

    def fill(self, who: str, seen: _Seen, values: Mapping[str, str]) -> _Seen:
        """Fill in one modal after the other; what stands after the last that is needed is submitted as it is."""
        left = dict(values)
        for _ in range(10):
            names = {one["component"]["custom_id"] for one in seen.done.data["components"]}
            here = {name: left.pop(name) for name in names & left.keys()}
            seen = _Seen(self.server.fill(seen.done, self.people[who], **here))
            if left:
                seen = self._between(who, seen, _FILL)
            elif _has(seen, _SUBMIT):
                return self._between(who, seen, _SUBMIT)
            else:
                return self._between(who, seen, _FILL) if _has(seen, _FILL) else seen
        raise AssertionError(f"never asked for: {left}")

    def arrived(self, who: str, where: str) -> Sequence[str]:
        gateway, there = self.server.gateway, self.server.gateway.there
        if where == "file":
            return list(there.files)
        channel = self.server.channel if where == "channel" else gateway.direct(self.people[who])
        return [read(text).text for text in there.posted(channel)]

    def _between(self, who: str, seen: _Seen, labels: Sequence[str]) -> _Seen:
        label = next(one for one in labels if one in buttons(seen.done.original or {}))
        return _Seen(self.press(who, seen, label).done, seen.text)

    def _seen(self, done: Interaction) -> _Seen:
        return _Seen(self.server.gateway.answered(done))


def _typed(kind: int, text: str) -> object:
    """Return a value as Discord's own input for its kind gives it."""
    return int(text) if kind == _WHOLE else text == "yes" if kind == _SWITCH else text


def _has(seen: _Seen, labels: Sequence[str]) -> bool:
    return any(label in buttons(seen.done.original or {}) for label in labels)


def test_everything_can_be_said(server: Guild) -> None:
    """In English and in Korean: every command, with its forms, its buttons and what comes by itself."""
    front = _Front(server)
    for steps in paths("reports", "schedules"):
        walk(front, steps)
    assert server.log() == ""
