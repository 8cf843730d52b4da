"""Names in a snapshot: as people chose, and never two people under one by accident."""

from __future__ import annotations

from datetime import timedelta

from model.ids import SourceId
from model.language import Language
from model.member import ERASED
from model.record import Branch, Change, Commit, PullRequest, Record
from reports.naming import chosen_names, renamed, renamed_firsts
from tests.storage.world import MONDAY

S = SourceId("s")
EN, KO = Language("en", "UTC"), Language("ko", "UTC")


def by(author: str, address: str, together: tuple[str, ...] = ()) -> tuple[SourceId, Record]:
    body = Commit(author, address, False, 1, (Change("a", 1, 0),), together)
    return S, Record(author + address, MONDAY, MONDAY, "t", None, body)


def test_a_name_follows_its_tied_address() -> None:
    records = (by("Mina", "m@x"), by("Mina", "old@x"), by("Jun", "j@x", ("Mina", "Bo")))
    names = chosen_names(records, {"m@x": "Minnie"}, {}, EN)
    commits = [r.body for _, r in renamed(records, names) if isinstance(r.body, Commit)]
    assert [c.author for c in commits] == ["Minnie", "Minnie", "Jun"]
    assert commits[2].co_authors == ("Minnie", "Bo")


def test_a_branch_is_its_authors() -> None:
    branch = Record("b", MONDAY, None, "b", None, Branch("f", MONDAY, "Mina", 1, 0, False, 1, 1))
    (found,) = renamed(((S, branch),), {"Mina": "Minnie"})
    assert found[1].actor == "Minnie"


def test_a_name_that_two_members_share_stays() -> None:
    records = (by("root", "m@x"), by("root", "j@x"))
    assert "root" not in chosen_names(records, {"m@x": "Minnie", "j@x": "Juno"}, {}, EN)


def test_nobody_gets_the_name_of_somebody_else() -> None:
    records = (by("Mina", "m@x"), by("Bo", "b@x"))
    assert "Mina" not in chosen_names(records, {"m@x": "Bo"}, {}, EN)
    both = {"m@x": "Bo", "b@x": "Robert"}
    assert chosen_names(records, both, {}, EN)["Mina"] == "Bo"


def test_first_commits_come_together() -> None:
    earlier = MONDAY - timedelta(1)
    firsts = ((S, "M", MONDAY), (S, "Mina", earlier))
    assert renamed_firsts(firsts, {"M": "Minnie", "Mina": "Minnie"}) == ((S, "Minnie", earlier),)


def test_an_erased_person_is_named_in_the_language() -> None:
    records = (by(ERASED, ""),)
    assert [r.actor for _, r in renamed(records, chosen_names(records, {}, {}, KO))] == ["지워진 사람"]
    assert renamed(records, chosen_names(records, {}, {}, EN)) == records


def test_a_login_follows_whoever_it_is_tied_to() -> None:
    """Whatever its case; a name in git that happens to be the same one does not."""
    pull = Record("acme/api#1", MONDAY, None, "t", None, PullRequest("Mina-K", False, "acme/api", (), False, MONDAY))
    pushed = Record("f", MONDAY, MONDAY, "t", None, Commit("jun", "", False, 1, None, lines=(1, 0)))
    records = ((S, pull), (S, pushed), by("Bo", "b@x"))
    logins = {"mina-k": "Minnie", "jun": "Juno", "bo": "Robert"}
    names = chosen_names(records, {}, logins, EN)
    assert (names["Mina-K"], names["jun"], names.get("Bo")) == ("Minnie", "Juno", None)
    assert "Mina-K" not in chosen_names((*records, by("Minnie", "m@x")), {}, logins, EN)
