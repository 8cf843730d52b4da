"""Identifiers that are drawn for many at once."""

from __future__ import annotations

from uuid import UUID

from model.ids import row_ids, run_names


def test_ids_drawn_together_are_each_a_uuid_of_its_own() -> None:
    made = row_ids(1000)
    assert len(set(made)) == 1000
    assert all(
        UUID(id).version == 7 and UUID(id).variant == "specified in RFC 4122" and str(UUID(id)) == id for id in made
    )
    assert [id[:13] for id in made] == sorted(id[:13] for id in made)


def test_no_two_names_of_a_draw_are_alike() -> None:
    made = run_names(20, length=1)  # of 32 there are
    assert len(set(made)) == len(made) == 20
    assert len(run_names(1)[0]) == 4
    assert row_ids(0) == run_names(0) == []
