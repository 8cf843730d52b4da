"""All that can be said, on Slack: the bot is a real process, and people walk along the same paths as everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.stories.paths import paths, settled
from tests.stories.slack.conftest import Desk, by_http
from tests.stories.walk import KOREAN, OTHER, OWNER, walk
from tests.support import slack_front
from tests.support.slack_front import CHANNEL, Interaction, said
from tests.support.slack_people import hand_in, shown
from tests.support.waiting import wait


@dataclass(frozen=True)
class _Seen:
    """What somebody looks at: an answer, or a modal that it has opened."""

    done: Interaction
    told: Sequence[Mapping[str, Any]] = ()
    view: Mapping[str, Any] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)  # stands there still: something was wrong

    @property
    def text(self) -> str:
        words = (
            [said(one) for one in self.told] if self.view is None else [self.view["title"]["text"], shown(self.view)]
        )
        return "\n".join([*words, *self.errors.values()])

    @property
    def asks(self) -> Sequence[str]:
        inputs = [] if self.view is None else [one for one in self.view["blocks"] if one["type"] == "input"]
        return [one["label"]["text"] for one in inputs]


class _Front:
    """Slack, and who is who there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.people = {OWNER: slack_front.OWNER, OTHER: "U0JUN", KOREAN: "U0HANA"}
        self.names = {
            "jun": "Jun Park",
            "to_jun": "<@U0JUN|jun>",
            "platform": "slack",
            **settled(desk.folder, desk.provider),
        }
        desk.office.join("U0JUN", "jun", "Jun Park")
        desk.office.join("U0HANA", "hana", "한지민", locale="ko-KR", is_admin=True)

    def say(self, who: str, line: str) -> _Seen:
        command, _, text = line.partition(" ")
        return self._seen(self.desk.office.command(self.people[who], command, text))

    def press(self, who: str, seen: _Seen, label: str) -> _Seen:
        button = next(found for one in reversed(seen.told) if (found := slack_front.buttons(one).get(label)))
        return self._seen(self.desk.office.press(self.people[who], button))

    def fill(self, who: str, seen: _Seen, values: Mapping[str, str]) -> _Seen:
        assert seen.view is not None
        before, view, left = len(seen.done.shown), seen.view, {**seen.typed, **values}
        while True:
            names = {one["block_id"] for one in view["blocks"] if one["type"] == "input"}
            here = {name: left.pop(name) for name in names & left.keys()}
            assert here or not left, f"never asked for: {left}"
            done = hand_in(self.desk.office, view, self.people[who], **here)
            if done.view is None or "submit" not in done.view:
                return self._seen(seen.done, before)
            if done.errors:
                return _Seen(seen.done, view=done.view, errors=done.errors, typed=here)
            if not left:
                return _Seen(seen.done, view=done.view)
            view = done.view

    def arrived(self, who: str, where: str) -> Sequence[str]:
        office = self.desk.office
        if where == "file":
            return [str(one["name"]) for one in office.team.files.values() if one.get("complete")]
        return office.said(CHANNEL if where == "channel" else office.direct(self.people[who]))

    def _seen(self, done: Interaction, before: int = 0) -> _Seen:
        """Wait for what is shown."""
        views = self.desk.office.views

        def view() -> Mapping[str, Any] | None:
            found = views.shown.get(views.opened.get(done.payload["trigger_id"], ""))
            return found if found is not None and "submit" in found else None

        wait(lambda: len(done.shown) > before or view())
        return _Seen(done, done.shown[before:]) if len(done.shown) > before else _Seen(done, view=view())


@by_http
def test_everything_can_be_said(desk: Desk) -> None:
    """In English and in Korean: every command, with its forms, its buttons and what comes by itself."""
    front = _Front(desk)
    for steps in paths("sources", "figures"):
        walk(front, steps)
    assert desk.office.views.refused == []
    assert desk.log() == ""
