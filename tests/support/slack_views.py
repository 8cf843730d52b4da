"""The part of Slack that shows views: modals and the app's Home. It refuses what Slack refuses.

https://docs.slack.dev/reference/methods/views.open and its neighbours; https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.slack import Json, SaysNo, Stand, Team
from tests.support.slack_limits import view_problems

LIFETIME = 3.0  # seconds of a trigger
_STACK = 3  # modals over each other


@dataclass
class Views:
    """The views that people look at."""

    stand: Stand
    shown: dict[str, Json] = field(default_factory=dict)  # modals that are open, by id
    homes: dict[tuple[str, str], Json] = field(default_factory=dict)  # by team and user
    triggers: dict[str, float] = field(default_factory=dict)  # those that may open something, and since when
    spent: set[str] = field(default_factory=set)
    opened: dict[str, str] = field(default_factory=dict)  # trigger → the modal that it has opened
    refused: list[str] = field(default_factory=list)  # what was wrong with views
    _count: int = 0

    def __post_init__(self) -> None:
        for name, method in (
            ("views.open", self._open), ("views.push", self._push), ("views.update", self._update),
            ("views.publish", self._publish),
        ):  # fmt: skip
            self.stand.methods[name] = method

    def trigger(self, age: float = 0.0) -> str:
        """Return a trigger, given out so many seconds ago."""
        made = self._new("13345224609.738474920")
        self.triggers[made] = self.stand.now() - age
        return made

    def close(self, id: str) -> None:
        """Have somebody close a modal; all that lie below it go, too."""
        self.shown.pop(id, None)

    def answered(self, id: str, told: Any) -> Mapping[str, str]:
        """Do what a submission's answer says; return what is told at the fields. Raises SaysNo as people see it."""
        if not told:
            self.close(id)
            return {}
        action = told.get("response_action")
        if action == "clear":
            self.shown.clear()
        elif action == "update":
            self._fit(told["view"], "modal")
            self._keep(told["view"], id)
        elif action == "errors":
            inputs = {block["block_id"] for block in self.shown[id]["blocks"] if block["type"] == "input"}
            if not told["errors"] or not told["errors"].keys() <= inputs or not all(told["errors"].values()):
                raise SaysNo("We had some trouble connecting. Try again?")
            return dict(told["errors"])
        else:
            raise SaysNo("We had some trouble connecting. Try again?")
        return {}

    def _open(self, team: Team, told: Json) -> Json:
        trigger = self._spend(told)
        self._fit(told["view"], "modal")
        kept = self._keep(told["view"])
        self.opened[trigger] = kept["id"]
        return {"view": kept}

    def _push(self, team: Team, told: Json) -> Json:
        self._spend(told)
        if not self.shown:
            raise SaysNo("not_found")
        if len(self.shown) >= _STACK:
            raise SaysNo("push_limit_reached")
        self._fit(told["view"], "modal")
        return {"view": self._keep(told["view"])}

    def _update(self, team: Team, told: Json) -> Json:
        known = self.shown.get(str(told.get("view_id")))
        if known is None:
            raise SaysNo("not_found")
        if told.get("hash") not in (None, known["hash"]):
            raise SaysNo("hash_conflict")
        self._fit(told["view"], "modal")
        return {"view": self._keep(told["view"], known["id"])}

    def _publish(self, team: Team, told: Json) -> Json:
        user = str(told.get("user_id"))
        if user not in team.users:
            raise SaysNo("invalid_arguments", response_metadata={"messages": ["user_id"]})
        known = self.homes.get((team.id, user))
        if told.get("hash") not in (None, known and known["hash"]):
            raise SaysNo("hash_conflict")
        self._fit(told["view"], "home")
        self.homes[team.id, user] = made = {**told["view"], "id": self._new("V"), "hash": self._new("h")}
        return {"view": made}

    def _spend(self, told: Json) -> str:
        """Take a trigger: it opens one view, within three seconds."""
        trigger = str(told.get("trigger_id"))
        if trigger in self.spent:
            raise SaysNo("exchanged_trigger_id")
        since = self.triggers.get(trigger)
        if since is None:
            raise SaysNo("invalid_trigger_id")
        if self.stand.now() - since > LIFETIME:
            raise SaysNo("expired_trigger_id")
        self.spent.add(trigger)
        return trigger

    def _fit(self, view: Any, kind: str) -> None:
        wrong = view_problems(view) if view.get("type") == kind else [f"no {kind}"]
        self.refused += wrong
        if "larger than 250 KB" in wrong:
            raise SaysNo("view_too_large")
        if wrong:
            raise SaysNo("invalid_arguments", response_metadata={"messages": wrong})

    def _keep(self, view: Json, id: str = "") -> Json:
        kept = {**view, "id": id or self._new("V"), "hash": self._new("h"), "root_view_id": id}
        self.shown[kept["id"]] = kept
        return kept

    def _new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}.{self._count:08}"


def filled(view: Mapping[str, Any], values: Mapping[str, str] | None = None) -> Json:
    """Return a view as Slack hands it in: what stands in its inputs, or what somebody filled in over that.

    Values are given as one would type them; raises ValueError where Slack would not let somebody fill it in so.
    """
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    unknown = (values or {}).keys() - {block["block_id"] for block in inputs}
    if unknown:
        raise ValueError(f"no such input: {unknown}")
    state = {}
    for block in inputs:
        one = block["element"]
        held = _held(one, (values or {}).get(block["block_id"]))
        state[block["block_id"]] = {one["action_id"]: {"type": one["type"], **held}}
    return {**view, "state": {"values": state}}


def needed(view: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Return what Slack would still ask for before it hands a view in."""
    values = state["state"]["values"]
    asked = [block["block_id"] for block in view["blocks"] if block["type"] == "input" and not block.get("optional")]
    return [id for id in asked if not any(any(v for k, v in one.items() if k != "type") for one in values[id].values())]


def _held(one: Mapping[str, Any], typed: str | None) -> Json:
    kind = one["type"]
    if kind == "datepicker":
        return {"selected_date": one.get("initial_date") if typed is None else typed or None}
    if "select" not in kind:
        return {"value": one.get("initial_value") if typed is None else typed or None}
    several = kind.startswith("multi_")
    if typed is None:
        chosen = [*one.get("initial_options", ()), *([one["initial_option"]] if "initial_option" in one else ())]
    else:
        chosen = [_option(one, part.strip()) for part in (typed.split(",") if several else [typed]) if part.strip()]
    return {"selected_options": chosen} if several else {"selected_option": chosen[0] if chosen else None}


def _option(one: Mapping[str, Any], value: str) -> Json:
    if "static" not in one["type"]:
        return {"value": value, "text": {"type": "plain_text", "text": value[:75]}}
    found: Json | None = next((option for option in one["options"] if option["value"] == value), None)
    if found is None:
        raise ValueError(f"nothing to choose: {value}")
    return found
