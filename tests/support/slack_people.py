"""What people do with Slack's views: they fill modals in, close them, open the app's Home, ask about a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.slack_front import OWNER, Interaction, Office
from tests.support.slack_limits import texts
from tests.support.slack_views import filled, needed
from tests.support.waiting import wait


@dataclass
class Handed:
    """What somebody has filled in, and what Slack showed him then."""

    payload: Mapping[str, Any]
    errors: Mapping[str, str] = field(default_factory=dict)
    view: Mapping[str, Any] | None = None  # what stands in its place; None: it is closed


def opened(office: Office, done: Interaction) -> Mapping[str, Any]:
    """Wait for the modal that something has opened; return it as it stands: it may say only that a form will come."""
    trigger = done.payload["trigger_id"]
    wait(lambda: trigger in office.views.opened)
    return office.views.shown[office.views.opened[trigger]]


def modal(office: Office, done: Interaction) -> Mapping[str, Any]:
    """Wait for the form that something has opened; return its modal."""
    id = opened(office, done)["id"]
    wait(lambda: "submit" in office.views.shown[id])
    return office.views.shown[id]


def hand_in(office: Office, view: Mapping[str, Any], user: str = OWNER, /, **values: str) -> Handed:
    """Fill a modal in and submit it; raises ValueError where Slack would not let him."""
    whole = filled(view, values)
    missing = needed(view, whole)
    if missing:
        raise ValueError(f"still asked for: {missing}")
    return again(office, _payload(office, "view_submission", user, trigger_id=office.views.trigger(), view=whole))


def again(office: Office, payload: Mapping[str, Any]) -> Handed:
    """Bring a submission to the bot, as Slack does, and show what it answers."""
    id = payload["view"]["id"]
    wrong = office.views.answered(id, office.deliver(payload))
    return Handed(payload, wrong, office.views.shown.get(id))


def suggested(office: Office, view: Mapping[str, Any], name: str, typed: str, user: str = OWNER) -> list[str]:
    """Type into a select; return what is offered."""
    block = next(one for one in view["blocks"] if one.get("block_id") == name)
    told = office.deliver(
        _payload(office, "block_suggestion", user, action_id=block["element"]["action_id"], block_id=name,
                 value=typed, view=filled(view), container={"type": "view", "view_id": view["id"]})
    )  # fmt: skip
    assert len(told["options"]) <= 100
    return [one["value"] for one in told["options"]]


def close(office: Office, view: Mapping[str, Any], user: str = OWNER) -> None:
    """Close a modal."""
    office.views.close(view["id"])
    if view.get("notify_on_close"):
        office.deliver(_payload(office, "view_closed", user, view=dict(view), is_cleared=False))


def at_home(office: Office, user: str = OWNER, tab: str = "home") -> Mapping[str, Any]:
    """Open the app's Home; wait for what is shown there and return it."""
    before = office.views.homes.get((office.team.id, user))
    office.event({"type": "app_home_opened", "user": user, "channel": office.direct(user), "tab": tab})
    return home_after(office, user, before)


def home_after(office: Office, user: str, before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Wait until somebody's Home is another than before; return it."""
    key = (office.team.id, user)
    wait(lambda: office.views.homes.get(key) is not before)
    return office.views.homes[key]


def press_at_home(office: Office, view: Mapping[str, Any], label: str, user: str = OWNER) -> Interaction:
    """Press a button in the app's Home: Slack says no place for an answer then."""
    buttons = [one for block in view["blocks"] if block["type"] == "actions" for one in block["elements"]]
    id = next(one["action_id"] for one in buttons if one["text"]["text"] == label)
    action = {"type": "button", "action_id": id, "block_id": "b", "action_ts": office.stand.stamp()}
    made = Interaction(
        _payload(office, "block_actions", user, trigger_id=office.views.trigger(), view=dict(view), actions=[action],
                 container={"type": "view", "view_id": view["id"]}), office.stand.now()
    )  # fmt: skip
    made.ack = office.deliver(made.payload)
    return made


def shortcut(office: Office, message: Mapping[str, Any], user: str = OWNER) -> Interaction:
    """Choose "Ask about this report" from the menu of a message."""
    return office.interact(_payload(office, "message_action", user, callback_id="ask", message=dict(message),
                                    channel={"id": "C0ENG00", "name": "eng"}))  # fmt: skip


def shown(view: Mapping[str, Any]) -> str:
    """Return the texts of a view."""
    return "\n".join(texts(view["blocks"]))


def _payload(office: Office, kind: str, user: str, **more: Any) -> dict[str, Any]:
    known = office.team.users.get(user, {})
    return {
        "type": kind, "team": {"id": office.team.id, "domain": "acme"}, "enterprise": None, "api_app_id": "A0ARB",
        "user": {"id": user, "username": known.get("name", ""), "team_id": office.team.id},
        "is_enterprise_install": False, **more,
    }  # fmt: skip
