"""/source edit: by form or in a line; what was read of another repository is forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.stories.test_forms import submit
from tests.support.repository import small_repository
from tests.support.talk import Talk, text


async def test_the_form_shows_what_is_set(ready: Talk, repository: Path) -> None:
    """And changes what is changed in it."""
    asked = await ready.say("/source edit shop")
    assert asked.form is not None
    assert {f.name: f.value for f in asked.form.fields} == {
        "source": "shop", "name": "shop", "path": str(repository), "main": None,
    }  # fmt: skip
    done = await submit(ready, asked, {"source": "shop", "name": "store", "path": str(repository), "main": "main"})
    assert done.kind == "card", text(done)
    listed = text(await ready.say("/source list"))
    assert "store" in listed
    assert "shop" not in listed


async def test_a_new_name_keeps_what_was_read(ready: Talk) -> None:
    """The records stay."""
    await ready.say("/source edit shop name=store")
    assert "Records        11" in text(await ready.say("/source show store"))


async def test_another_repository_is_read_anew(ready: Talk, tmp_path: Path) -> None:
    """Nothing of the old one is left, and a report is that of the new one."""
    other = small_repository(tmp_path / "other")
    await ready.say(f"/source edit shop path={other}")
    assert "Records  0" in text(await ready.say("/source show shop"))
    assert "11 records, 11 more" in text(await ready.say("/source sync shop"))


async def test_what_cannot_be_read_is_not_kept(ready: Talk, repository: Path) -> None:
    """The source stays as it was."""
    assert (await ready.say("/source edit shop path=/etc")).kind == "error"
    assert (await ready.say("/source edit shop colour=red")).kind == "error"
    assert (await ready.say("/source test shop")).kind == "card"


async def test_a_name_that_is_taken_is_refused(ready: Talk, tmp_path: Path) -> None:
    """Two sources never share a name."""
    await ready.say(f"/source add git name=other path={small_repository(tmp_path / 'other')}")
    assert "already" in text(await ready.say("/source edit shop name=other"))
