"""Any form fits into Slack's modals, and what is filled in comes back as it would be typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import COMMANDS
from commands.forms import form_of
from model.card import Action, Block, Card, Chart, Heading, Series, Table, text_line
from model.form import Control, Field, Form, Names
from model.ids import ActionId
from model.language import Code, Language
from model.unit import Unit
from tests.support.cards import HOSTILE, SAMPLES, hostile
from tests.support.slack_limits import view_problems
from tests.support.slack_views import filled
from writers import slack_views
from writers.slack_views import errors, first_wrong, home, meant, modal, offered, over, steps, waiting

_ENGLISH, _KOREAN = Language("en"), Language("ko")
_DRAFT = "A" * 22
_WORDS = st.text(min_size=1, max_size=40) | st.sampled_from(
    ("x" * 400, "한" * 200, "😀" * 300, " ", "\n", "\ud83d", "a, b")
)
_LONG = st.sampled_from(("line\n" * 30, "x" * 3001, "😀" * 3000, "가" * 2900))
_BROKEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"  # what no input of Slack can hold
_CHOICES = st.lists(_WORDS, max_size=5) | st.integers(0, 130).map(lambda n: [f"choice {at} 가" for at in range(n)])


@st.composite
def _fields(draw: st.DrawFn, name: str) -> Field:
    control: Control = draw(st.sampled_from(get_args(Control)))
    choices = draw(_CHOICES) if control in ("choice", "choices") else ()
    value = draw(st.none() | _WORDS | _LONG | st.sampled_from(("5", "-0.5", "2026-02-29", "2028-02-29", "yes", "a, b")))
    named = st.sampled_from(get_args(Names)) if control == "text" else st.none()
    return Field(
        name, draw(_WORDS), control, draw(st.booleans()), tuple((one, one) for one in choices),
        value=None if control == "secret" else value, error=draw(st.none() | _WORDS),
        example=draw(st.just("") | _WORDS), names=draw(st.none() | named), several=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def _forms(draw: st.DrawFn) -> Form:
    kinds = draw(st.lists(st.integers(0, 9), min_size=1, max_size=12))
    made = [draw(_fields(f"f{at}")) for at in kinds]
    many = made * draw(st.sampled_from((1, 1, 8)))  # a form of up to 96 fields, without drawing each of them
    fields = tuple(
        Field(**{**{s: getattr(f, s) for s in Field.__slots__}, "name": f"f{n}"}) for n, f in enumerate(many)
    )
    submit = Action("Submit", "report new", {}, once=True, id=ActionId(_DRAFT))
    return Form(draw(_WORDS), fields, submit, problem=draw(st.just("") | _WORDS))


@given(_forms())
def test_every_step_fits_and_nothing_is_asked_twice(form: Form) -> None:
    """Each modal is one that Slack takes; what is too long for it is left as it is, and said; secrets come last."""
    all_ = steps(form)
    assert sorted(field.name for fields in all_ for field in fields) == sorted(field.name for field in form.fields)
    if len(all_) > 1:
        kinds = [field.control == "secret" for fields in all_ for field in fields]
        assert kinds == sorted(kinds)
    for at, fields in enumerate(all_):
        view: Any = modal(form, at, _KOREAN)
        assert view_problems(view) == []
        assert (view["private_metadata"], meant(view)) == (_DRAFT, (_DRAFT, at))
        left = [field for field in fields if field.name not in back(view)]
        assert all(field.value for field in left)
        assert not left or "그대로 두었습니다" in str(view["blocks"])
    assert 0 <= first_wrong(form) < len(all_)


@given(_forms())
def test_what_stands_in_it_comes_back_as_it_is_typed(form: Form) -> None:
    """Handed in as it was opened, whatever asks for it; of a secret nothing ever stands there."""
    for at, fields in enumerate(steps(form)):
        held = back(modal(form, at, _ENGLISH))
        for field in fields:
            value = re.sub(_BROKEN, "\ufffd", field.value or "")
            if field.control == "secret":
                assert held[field.name] == ""
            elif field.name not in held or (
                field.control in ("choice", "choices", "switch") and held[field.name] == ""
            ):
                continue  # left as it is, or nothing that can be chosen
            elif field.control == "choices" or field.several:
                assert set(parts(held[field.name])) <= set(parts(value))
            else:
                assert held[field.name] == value


def back(view: Any) -> Mapping[str, str]:
    """Return what comes back when a modal is handed in as it is."""
    return slack_views.given(filled(view))


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def test_all_our_forms_are_one_modal_each() -> None:
    """In both languages, with nothing cut: titles, labels, what can be chosen."""
    for command in COMMANDS:
        for language in (_ENGLISH, _KOREAN):
            form = form_of(language, language.say(command.help), command.name, command.arguments, {})
            assert len(steps(form)) == 1
            view: Any = modal(form, 0, language)
            assert "…" not in str(view)
            shown = [view["title"]["text"], *(block["text"]["text"] for block in view["blocks"] if "text" in block)]
            assert any(text.rstrip(".") == form.title.rstrip(".") for text in shown)


def _form(*fields: Field, problem: str = "") -> Form:
    return Form("New", fields, Action("Submit", "report new", {}, id=ActionId(_DRAFT)), problem)


def test_what_is_empty_is_asked_for_however_full_a_modal_is() -> None:
    texts = [Field(f"t{n}", "Text", "long", required=False, value="x" * 3000) for n in range(14)]  # 3,021 bytes each
    for left in range(4):  # bytes of 45,000 that the texts leave
        last = Field("last", "Text", "long", required=False, value="x" * (45_000 - 14 * 3021 - 21 - left))
        held = back(modal(_form(*texts, last, Field("key", "Key", "secret", required=True)), 0, _ENGLISH))
        assert (len(held["last"]), held["key"]) == (2685 - left, "")


def test_what_is_wrong_is_told_at_the_fields_where_it_can_be() -> None:
    """Not where a field of another step is wrong, one is new, or the form as a whole is."""
    wrong, fine = Field("a", "A", "text", True, error="needed"), Field("b", "B", "text", False)
    assert errors(_form(wrong, fine), {"a": "", "b": "x"}) == {"a": "needed"}
    assert errors(_form(wrong, fine), {"b": "x"}) == {}
    assert errors(_form(wrong, fine, problem="Nothing there."), {"a": "", "b": "x"}) == {}
    assert errors(_form(fine), {"b": "x"}) == {}


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"callback_id": "other", "private_metadata": _DRAFT},
        {"callback_id": "x arb1:step/1"},
        {"callback_id": None, "state": None},
        {"callback_id": "", "state": {"values": ["x"]}},
        {"callback_id": "", "state": {"values": {"f": ["x"]}}},
    ],
)
def test_other_views_are_no_forms(view: dict[str, Any]) -> None:
    """Nothing is meant, nothing is filled in."""
    assert meant(view) is None
    assert slack_views.given(view) == {}


def test_what_is_filled_in_is_read_as_far_as_it_is_understood() -> None:
    """Whatever is of another kind counts as empty."""
    held = {"f": {"f": None}, "g": {"g": {"selected_options": [None, {"value": "a"}]}}, "h": {"h": {"value": "x"}}}
    assert slack_views.given({"state": {"values": held}}) == {"f": "", "g": "a", "h": "x"}


def test_a_step_that_is_none_is_the_first() -> None:
    """Whatever comes in its place."""
    for step in ("x", "", "999", "-1"):
        assert meant({"callback_id": f"arb1:step/{step}", "private_metadata": _DRAFT}) == (_DRAFT, 0)


def test_the_control_decides_how_it_is_asked_for() -> None:
    """Text, lines, numbers, days, what can be chosen, stored names."""
    many = tuple((str(at), str(at)) for at in range(101))
    kinds = {
        "text": Field("f", "F", "text", True), "long": Field("f", "F", "long", True),
        "secret": Field("f", "F", "secret", True), "number": Field("f", "F", "number", True, value="3"),
        "word": Field("f", "F", "number", True, value="three"),
        "date": Field("f", "F", "date", True, value="2026-02-28"),
        "no day": Field("f", "F", "date", True, value="2026-02-30"), "switch": Field("f", "F", "switch", True),
        "choice": Field("f", "F", "choice", True, many[:100]), "many": Field("f", "F", "choice", True, many),
        "choices": Field("f", "F", "choices", True, many[:3]), "name": Field("f", "F", "text", True, names="report"),
        "names": Field("f", "F", "text", True, names="source", several=True, value="a, b"),
    }  # fmt: skip
    made: Any = {name: modal(_form(field), 0, _ENGLISH)["blocks"] for name, field in kinds.items()}
    assert {name: blocks[0]["element"]["type"] for name, blocks in made.items()} == {
        "text": "plain_text_input", "long": "plain_text_input", "secret": "plain_text_input", "number": "number_input",
        "word": "plain_text_input", "date": "datepicker", "no day": "plain_text_input", "switch": "static_select",
        "choice": "static_select", "many": "external_select", "choices": "multi_static_select",
        "name": "external_select", "names": "multi_external_select",
    }  # fmt: skip
    assert "can be read while you type" in made["secret"][0]["hint"]["text"]
    assert [one["value"] for one in made["names"][0]["element"]["initial_options"]] == ["a", "b"]


def test_stored_names_and_what_is_typed_are_offered() -> None:
    """At most a hundred; what is new may be chosen as it is typed, but nothing that is in no closed list."""
    found = [(str(at), str(at)) for at in range(150)]
    assert [len(offered(found, typing, free=free)) for typing, free in (("", True), ("new", True), ("new", False))] == [
        100, 100, 100,
    ]  # fmt: skip
    assert offered(found, " new ", free=True)[-1]["value"] == "new"
    assert offered([("new", "new")], "new", free=True) == offered([("new", "new")], "", free=True)
    assert offered([("x" * 151, "x"), ("", "none")], "y" * 151, free=True) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside(text: str) -> None:
    """In a form, and in the app's Home."""
    field = Field("f", text, "text", True, value=text, error=text, example=text)
    assert view_problems(modal(_form(field, problem=text), 0, _ENGLISH)) == []
    assert view_problems(home(hostile(text))) == []


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("code", ["en", "ko"])
def test_any_card_stands_in_home(name: str, code: Code) -> None:
    """Tables as lists, pictures as text."""
    view = home(SAMPLES[name](code))
    assert view_problems(view) == []


def test_home_has_its_limits_and_its_buttons() -> None:
    """What is too much is left out, and said: of blocks, of bytes."""
    table = Table(("A",), tuple((text_line("x" * 200),) for _ in range(100)))
    buttons = (Action("Run", "report run", id=ActionId(_DRAFT)),)
    chart: Block = Chart("C", ("a",), (Series("s", (Decimal(1),)),), Unit.COUNT, "one")
    for blocks, most in (((table,) * 40, 99), ((Heading("H"), chart) * 60, 100)):
        view: Any = home(Card("Title", blocks, "en", buttons))
        assert view_problems(view) == []
        assert len(view["blocks"]) <= most
        assert view["blocks"][-1]["type"] == "actions"
        assert "…" in str(view["blocks"][-2])


def test_while_one_waits_there_is_a_modal_too() -> None:
    """Within limits, without anything to submit."""
    for view in (
        waiting("Have a report run by itself.", "schedule add", _KOREAN),
        over("Save a report.", "report new", _ENGLISH),
    ):
        assert view_problems(view) == []
        assert "submit" not in view
