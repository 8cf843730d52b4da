"""What a text section can write, and that collected text never becomes markup."""

import json
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from writers.prose import Piece, blocks
from writers.template import answer

COMMIT: JsonValue = {"title": "Pay *twice* [x](y)", "key": "refs/a)(b", "short": "ab12", "author": "미나"}


def reply(source: str, **data: JsonValue) -> dict[str, JsonValue]:
    made: dict[str, JsonValue] = json.loads(answer(json.dumps({"source": source, "data": data}).encode()))
    return made


def fault(source: str, **data: JsonValue) -> dict[str, JsonValue]:
    found = reply(source, **data)["fault"]
    assert isinstance(found, dict)
    return {key: value for key, value in found.items() if value is not None}


def line(markdown: str) -> list[Piece]:
    (block,) = blocks(markdown)
    (only,) = block["lines"]
    return only


def strong(text: str) -> Piece:
    return {"text": text, "style": "strong"}


def test_paragraphs_lists_and_headings_become_blocks() -> None:
    made = blocks("# Week\n\none\ntwo  \nthree\n\nfour\n\n- a\n- b\n  - c\n\n1. x\n2) y")
    assert made == [
        {"heading": "Week"},
        {"lines": [[{"text": "one two"}], [{"text": "three"}], [{"text": "four"}]], "bullets": False},
        {"lines": [[{"text": "a"}], [{"text": "b"}], [{"text": "c"}]], "bullets": True},
        {"lines": [[{"text": "1. x"}]], "bullets": False},
        {"lines": [[{"text": "2) y"}]], "bullets": False},
    ]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**결제(신규)**의", [strong("결제(신규)"), {"text": "의"}]),
        ("나는**“인용”**을", [{"text": "나는"}, strong("“인용”"), {"text": "을"}]),
        ("*a* `b` snake_case_name", [
            {"text": "a", "style": "emphasis"}, {"text": " "}, {"text": "b", "style": "code"},
            {"text": " snake_case_name"},
        ]),
        ("2 * 3 * 4 \\*x\\*", [{"text": "2 * 3 * 4 *x*"}]),
        ("[a](record:7) <b>x</b> &amp; ![i](record:7)", [
            {"text": "a", "record": "7"}, {"text": " <b>x</b> &amp; !"}, {"text": "i", "record": "7"},
        ]),
        ("[a](https://evil.example) <https://evil.example>", [
            {"text": "[a](https://evil.example) <https://evil.example>"}
        ]),
    ],
)  # fmt: skip
def test_inline_markup(markdown: str, expected: list[Piece]) -> None:
    assert line(markdown) == expected


def test_link_leads_to_its_record_through_join_and_map() -> None:
    made = reply("{{ c | link }}, {{ c.short | link(c.key) }} {{ [c] | map('link') | join }}", c=COMMIT)
    title: JsonValue = {"text": "Pay *twice* [x](y)", "record": "refs/a)(b"}
    short: JsonValue = {"text": "ab12", "record": "refs/a)(b"}
    assert made == {
        "blocks": [{"lines": [[title, {"text": ", "}, short, {"text": " "}, title]], "bullets": False}]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "1,234 – 3 days 1 day PR을 x true"), ("ko", "1,234 – 3일 1일 PR을 x true")],
)
def test_filters_speak_the_language_of_the_report(language: str, written: str) -> None:
    source = "{{ 1234 | number }} {{ none | number }} {{ 3 | days }} {{ 1 | days }} {{ 'PR' | josa('을/를') }} "
    source += "{% for key, value in d.items() %}{{ key }}{% endfor %} {{ d.items is callable }}"
    made = reply(source, language=language, d={"x": 1})
    assert made == {"blocks": [{"lines": [[{"text": written}]], "bullets": False}]}


def test_a_key_hides_a_method_of_the_same_name_and_groups_can_be_read() -> None:
    source = "{{ d.items }}{% for g in cs | groupby('author') %}{{ g.grouper }}{{ g.list | length }}{% endfor %}"
    assert reply(source, d={"items": "key "}, cs=[COMMIT, COMMIT]) == {
        "blocks": [{"lines": [[{"text": "key 미나2"}]], "bullets": False}]
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n{{ nope }}", {"kind": "unknown", "line": 2, "word": "nope"}),
        ("{{ d.nope }}", {"kind": "unknown", "line": 1, "word": "nope"}),
        ("{{ d[d.word] }}", {"kind": "unknown", "line": 1}),
        ("a\n{{ d | tojson }}", {"kind": "filter", "line": 2, "word": "tojson"}),
        ("{{ [1] }}", {"kind": "printed", "line": 1}),
        ("{{ range }}", {"kind": "printed", "line": 1}),
        ("\n\n{{ 1 / 0 }}", {"kind": "failed", "line": 3}),
        ("{{ 1 + d.word }}", {"kind": "failed", "line": 1}),
        ("{% for a in range(10001) %}{% endfor %}", {"kind": "forbidden", "line": 1, "word": "range"}),
        ("{% filter upper %}a{% endfilter %}", {"kind": "forbidden", "line": 1, "word": "filter"}),
        ("{% autoescape true %}{% endautoescape %}", {"kind": "forbidden", "line": 1, "word": "autoescape"}),
        ("{{ 'x' * 300000 }}", {"kind": "output"}),
        ("{{ " + "(" * 5000, {"kind": "failed"}),
    ],
)
def test_faults_name_line_and_word_but_no_data(source: str, expected: dict[str, JsonValue]) -> None:
    assert fault(source, d={"word": "secret-canary"}) == expected


def test_a_syntax_error_says_what_was_expected() -> None:
    assert fault("a\n{% if d %}\nb") == {
        "kind": "syntax",
        "line": 3,
        "detail": "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. "
        "The innermost block that needs to be closed is 'if'",
    }


_POSITIONS = (
    "{{ x }}", "- {{ x }}", "a {{ x }} b", "**{{ x }}**의", "*{{ x }}*", "# {{ x }}", "1. {{ x }}", "`{{ x }}`",
    "{{ x }}\n{{ x }}", "_{{ x }}_", "[{{ x }}](record:k)", "[a](record:{{ x }})", "{{ x | link('k') }}",
    "{% set y = x ~ 'z' %}{{ y }}", "{% macro m(v) %}*{{ v }}*{% endmacro %}{{ m(x) }}",
    "{% for c in x %}{{ c }}{% endfor %}", "{{ x | replace('a', '*') | upper }}",
    "{% set y %}{{ x }}{% endset %}{{ y }}",
)  # fmt: skip
_MARKUP = st.text(st.sampled_from("*_`[]()<>!#-+.1&;:|~\\\"'{}%@/ a가의"), max_size=24)


@given(_MARKUP | st.text(max_size=24), st.sampled_from(_POSITIONS))
@example("\x1f", "[a](record:{{ x }})")
def test_collected_text_is_never_markup(text: str, position: str) -> None:
    """Hostile text gives the very tree that two letters give."""
    collected = re.sub("[\U000f0000-\U000f01ff]", "", text)
    assert shape(position, f"q{collected}q") == shape(position, "qq")


def shape(source: str, x: str) -> str:
    """Return the tree as JSON without its texts and targets."""
    made = json.dumps(reply(source, x=x)["blocks"])
    return re.sub(r'"(text|heading|record)": "(?:[^"\\]|\\.)*"', r"\1", made)


@given(_MARKUP | st.text(max_size=24))
def test_collected_text_keeps_its_letters(text: str) -> None:
    collected = "".join(c for c in text if c.isprintable() and not c.isspace() and unicodedata.category(c) != "Co")
    made = reply("- {{ x }}", x=f"q{collected}q")
    assert made == {"blocks": [{"lines": [[{"text": f"q{collected}q"}]], "bullets": True}]}
