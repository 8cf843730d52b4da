"""Figures as owners write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions import definitions, written
from model.form import Unfit
from model.unit import Better, Unit

SHOP = """
# what the shop sells
orders = select count(*) from orders where at >= :start
revenue "Net revenue" (unit=krw by=region,kind together=sum better=more) =
    select region, kind, sum(amount)

    from orders
  where a = 'b' group by 1, 2
table low (rows=20) = select name from products
"""


def test_what_is_written_is_read() -> None:
    orders, revenue, low = definitions(SHOP, ["table"], ["rows"])
    assert (orders.word, orders.figure.name, orders.body) == (
        "",
        "orders",
        "select count(*) from orders where at >= :start",
    )
    assert (revenue.figure.title, revenue.figure.unit, revenue.figure.by) == (
        "Net revenue",
        Unit.KRW,
        ("region", "kind"),
    )
    assert (revenue.figure.better, revenue.figure.together) == (Better.MORE, "sum")
    assert "where a = 'b'" in revenue.body
    assert (low.word, low.figure.name, dict(low.more)) == ("table", "low", {"rows": "20"})


def test_what_is_written_again_is_the_same() -> None:
    found = definitions(SHOP, ["table"], ["rows"])
    again = definitions("\n".join(map(written, found)), ["table"], ["rows"])
    assert [(d.word, d.figure, d.more, d.body.split()) for d in again] == [
        (d.word, d.figure, d.more, d.body.split()) for d in found
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = 1\nselect 1", "line 2: write name"), ("a =", "line 1: a asks for nothing"),
        ("commits = 1", "line 1: commits is a figure of git"), ("a = 1\n\na = 2", "line 3: a is defined twice"),
        ("A = 1", "line 1: A is no name"), ("list a = 1", "line 1: write name"),
        ("a (unit=won) = 1", "line 1: won is none of count, lines"), ("a (colour=red) = 1", "no option colour"),
        ("a (unit) = 1", "unit is no option"), ("a (by=Region) = 1", "Region is no name"),
        ("\n".join(f"a{n} = 1" for n in range(61)), "61 figures"),
    ],
)  # fmt: skip
def test_what_is_none_of_it(text: str, says: str) -> None:
    with pytest.raises(Unfit) as refused:
        definitions(text)
    assert says in str(refused.value)


@given(st.text(alphabet='ab =()"“\n\t#,:\u202e', max_size=60))
def test_nothing_else_ever_comes_out(text: str) -> None:
    try:
        found = definitions(text, ["table"])
    except Unfit:
        return
    assert all(one.body and one.figure.name for one in found)
