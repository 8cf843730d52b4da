"""Any form fits into Discord's modals, and what is filled in comes back as it would be typed."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from model.card import Action
from model.form import Control, Field, Form
from model.ids import ActionId
from model.language import Language
from tests.support.discord_limits import check
from tests.support.discord_modals import check_modal
from writers.discord_components import render
from writers.discord_forms import TEXT, first_wrong, meant, modal, step_card, steps
from writers.discord_forms import given as filled

_ENGLISH = Language("en")
_DRAFT = "A" * 22
_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=130)
_CHOICES = st.lists(_WORDS, max_size=30, unique=True).map(lambda found: tuple((one, one) for one in found))


@st.composite
def _fields(draw: st.DrawFn, name: str) -> Field:
    control: Control = draw(st.sampled_from(get_args(Control)))
    choices = draw(_CHOICES) if control in ("choice", "choices") else ()
    value = draw(st.none() | _WORDS | st.just("line\n" * 30) | st.just("x" * 5000))
    return Field(
        name, draw(_WORDS), control, draw(st.booleans()), choices,
        value=None if control == "secret" else value, error=draw(st.none() | _WORDS),
        example=draw(st.just("") | _WORDS),
    )  # fmt: skip


@st.composite
def _forms(draw: st.DrawFn) -> Form:
    fields = tuple(draw(_fields(f"f{at}")) for at in range(draw(st.integers(1, 23))))
    submit = Action("Submit", "report new", {}, once=True, id=ActionId(_DRAFT))
    return Form(draw(_WORDS), fields, submit, problem=draw(st.just("") | _WORDS))


@given(_forms())
def test_every_step_fits_and_nothing_is_asked_twice(form: Form) -> None:
    """Each modal and each message between is one that Discord takes; secrets come last, what is too long is left."""
    all_ = steps(form)
    for at in range(len(all_)):
        check_modal(modal(form, at, _ENGLISH))
        for payload in render(step_card(form, at, _ENGLISH)):
            check(payload.body, {})
    asked = [field for fields in all_ for field in fields]
    assert sorted(one.name for one in asked) == sorted(one.name for one in form.fields if len(one.value or "") <= TEXT)
    kinds = [one.control == "secret" for one in asked]
    assert kinds == sorted(kinds)
    assert not all_ or 0 <= first_wrong(form) < len(all_)


@given(_forms())
def test_a_secret_is_shown_nowhere(form: Form) -> None:
    """No value stands in its input."""
    for at, fields in enumerate(steps(form)):
        made: Any = modal(form, at, _ENGLISH)
        inputs = {one["component"]["custom_id"]: one["component"] for one in made["components"]}
        assert all("value" not in inputs[one.name] for one in fields if one.control == "secret")


def test_what_was_filled_in_comes_back_as_it_is_typed() -> None:
    """Text as it is, choices with commas between them, nothing as nothing."""
    components = [
        {"type": 18, "component": {"type": 4, "custom_id": "name", "value": "Payments"}},
        {"type": 18, "component": {"type": 3, "custom_id": "days", "values": ["mon", "tue"]}},
        {"type": 18, "component": {"type": 3, "custom_id": "view", "values": []}},
        {"type": 10, "content": "words"},
    ]
    assert filled(components) == {"name": "Payments", "days": "mon, tue", "view": ""}


def test_ids_say_the_draft_and_the_step() -> None:
    """Whatever comes in their place is no step."""
    assert meant(_DRAFT) == (_DRAFT, None, False)
    assert meant(f"{_DRAFT}/3") == (_DRAFT, 3, False)
    assert meant(f"{_DRAFT}!") == (_DRAFT, None, True)
    assert meant(f"{_DRAFT}/x") == (_DRAFT, 0, False)
    assert meant(f"{_DRAFT}/99999") == (_DRAFT, 0, False)


def test_a_title_that_is_too_long_gives_way_to_its_command() -> None:
    """Whole, with the step where there are several; a full stop ends no title."""
    fields = tuple(Field(f"f{at}", f"F{at}", "text", False) for at in range(7))
    submit = Action("Submit", "model add", {}, once=True, id=ActionId(_DRAFT))
    titles = ("Add a model.", "x" * 41, "x" * 42)
    made = [modal(Form(title, fields, submit), 1, _ENGLISH)["title"] for title in titles]
    assert made == ["Add a model 2/2", "x" * 41 + " 2/2", "/model add 2/2"]
    assert modal(Form("x" * 45 + ".", fields[:1], submit), 0, _ENGLISH)["title"] == "x" * 45


def test_it_can_be_submitted_once_nothing_needed_is_missing() -> None:
    """Not from the first message, and not while something is."""
    fields = tuple(Field(f"f{at}", f"F{at}", "text", at == 0, value="x" if at == 0 else None) for at in range(7))
    submit = Action("Submit", "report new", {}, once=True, id=ActionId(_DRAFT))
    form = Form("New", fields, submit)
    assert [action.label for action in step_card(form, 0, _ENGLISH).actions] == ["Fill in"]
    assert [action.label for action in step_card(form, 1, _ENGLISH).actions] == ["Fill in", "Submit"]
    missing = Form("New", (Field("f0", "F0", "text", True), *fields[1:]), submit)
    assert [action.label for action in step_card(missing, 1, _ENGLISH).actions] == ["Fill in"]
