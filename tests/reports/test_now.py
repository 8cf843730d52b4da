"""What is asked for now names exactly the differences: no figure that is the same, and each that is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzers import ledger_of
from analyzers.diff import FactMoved, FindingMoved
from model.card import Table, plain
from model.language import Language
from model.ledger import Ledger
from model.record import Record
from reports.moved import moved_blocks
from reports.now import differences
from tests.analyzers.snapshots import branch, commit, snapshot


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Return a few commits and branches, so that two draws share some of them."""
    made = [commit(f"{n:040x}", n % 7, ("Mina", "Jun")[n % 2], {f"{'ab'[n % 2]}/f": (n, 1)})
            for n in draw(st.sets(st.integers(0, 9), max_size=6))]  # fmt: skip
    return [*made, *(branch(f"b{n}", 10 + n) for n in draw(st.sets(st.integers(0, 3), max_size=3)))]


def _figures(ledger: Ledger) -> dict[tuple[object, ...], object]:
    """Return every figure that is not 0 by what it counts, as nobody else does."""
    return {(fact.metric, *fact.labels): fact.value for fact in ledger.facts if fact.value != 0}


@given(records(), records())
def test_exactly_the_differences_are_named(then: list[Record], now: list[Record]) -> None:
    earlier, later = ledger_of(snapshot(*then)), ledger_of(snapshot(*now))
    before, after = _figures(earlier), _figures(later)
    found = differences(earlier, later)
    named = {(m.metric, *m.labels): (m.then or None, m.now or None) for m in found if isinstance(m, FactMoved)}
    keys = before.keys() | after.keys()
    assert named == {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
    titles = {m.finding.record.title for m in found if isinstance(m, FindingMoved)}
    waiting = [{finding.record.title for finding in ledger.findings} for ledger in (earlier, later)]
    assert titles == waiting[0] ^ waiting[1]
    for metric in ("commits", "lines_added"):
        of_one = differences(earlier, later, metric)
        assert {m.metric for m in of_one if isinstance(m, FactMoved)} <= {metric}
        rows = [plain(row[0]) for block in moved_blocks(of_one, Language("en"), True) if isinstance(block, Table)
                for row in block.rows]  # fmt: skip
        assert len(rows) == len(set(rows)) == len(of_one)
