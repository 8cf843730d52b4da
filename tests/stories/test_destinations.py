"""Destinations, as people add, try, pause and remove them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model.member import Role
from tests.stories.test_forms import submit
from tests.stories.test_roles import become
from tests.support.outside import outside, response, saying
from tests.support.talk import Talk, talking, text


@pytest.fixture
async def talk(tmp_path: Path, repository: Path) -> AsyncIterator[Talk]:
    """A bot that may reach this machine."""
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


def _outbox(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / "outbox").rglob("*.*"))


async def test_a_folder(talk: Talk, tmp_path: Path) -> None:
    """Added, tried, shown, renamed, removed."""
    assert "no destination yet" in text(await talk.say("/destination list"))
    added = await talk.say("/destination add file name=archive folder=weekly form=txt")
    assert "Destination archive added." in text(added)
    (tried,) = await talk.press(added, "Send a test")
    assert "A test was sent to archive." in text(tried)
    (file,) = _outbox(tmp_path)
    assert file.parent.name == "weekly"
    assert "this message is a test" in file.read_text("utf-8")
    shown = text(await talk.say("/destination show archive"))
    for piece in ("file", "weekly", "txt", "open", "mina", "none"):
        assert piece in shown, shown
    assert "시험" in text(await talk.say("/destination test archive", lang="ko"))
    assert "changed" in text(await talk.say("/destination edit archive name=old folder=yearly"))
    assert "old" in text(await talk.say("/destination list"))
    assert "yearly" in text(await talk.say("/destination show old"))
    assert "removed" in text(await talk.say("/destination remove old"))
    assert "no destination yet" in text(await talk.say("/destination list"))
    assert len(_outbox(tmp_path)) == 2


async def test_a_webhook(talk: Talk) -> None:
    """A secret is made and shown once; the test is signed; the secret is in no later word."""
    async with outside(saying(response(204))) as there:
        added = await talk.say(f"/destination add webhook name=ops url={there.url('/hook?team=1')}")
        secret = next(word for word in text(added).split() if word.startswith("whsec_"))
        await talk.press(added, "Send a test")
    (asked,) = there.asked
    assert asked.headers["webhook-signature"].startswith("v1,")
    assert json.loads(asked.body)["title"] == "Test"
    for line in ("/destination show ops", "/destination list", "/destination edit ops", "/arb audit"):
        said = await talk.say(line)
        assert secret not in f"{text(said)} {said.as_json()}", line
    shown = text(await talk.say("/destination show ops"))
    assert f"127.0.0.1:{there.port}/…" in shown
    assert "team=1" not in shown


async def test_a_secret_comes_by_form_only(talk: Talk, tmp_path: Path) -> None:
    """In a line it is refused and kept nowhere; in a form it is taken, and never shown."""
    secret = "whsec_" + "QUJD" * 12
    for line in (
        f"/destination add webhook name=ops url=http://127.0.0.1:9/ secret={secret}",
        f"/destination add webhook name=ops url=http://127.0.0.1:9/{secret}",
    ):
        assert (await talk.say(line)).kind == "error"
    asked = await talk.say("/destination add webhook name=ops")
    assert asked.form is not None
    assert [f.name for f in asked.form.fields] == ["kind", "name", "url", "secret", "repeats"]
    assert next(f.control for f in asked.form.fields if f.name == "secret") == "secret"
    given = {"kind": "webhook", "name": "ops", "url": "http://127.0.0.1:9/", "repeats": "ignored"}
    wrong = await submit(talk, asked, {**given, "secret": "short"})
    assert wrong.form is not None
    assert next(f.error for f in wrong.form.fields if f.name == "secret")
    done = await submit(talk, wrong, {**given, "secret": secret})
    assert "added" in text(done)
    assert "whsec_" not in text(done)
    edited = await talk.say("/destination edit ops")
    assert edited.form is not None
    assert {f.name: f.value for f in edited.form.fields} == {
        "destination": "ops", "name": "ops", "kind": "webhook", "url": "http://127.0.0.1:9/", "secret": None,
        "repeats": "ignored",
    }  # fmt: skip
    changed = await submit(talk, edited, {"destination": "ops", "name": "ops", "secret": "whsec_" + "REVG" * 12})
    assert "changed" in text(changed)
    audited = text(await talk.say("/arb audit"))
    assert "•••" in audited
    assert "QUJD" not in audited
    assert "REVG" not in audited
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert b"REVGREVG" not in kept


@pytest.mark.parametrize(
    ("line", "piece"),
    [
        ("/destination add webhook name=ops url=https://10.0.0.1/", "Nothing can be reached"),
        ("/destination add webhook name=ops url=https://8.8.8.8:22/", "Nothing can be reached"),
        ("/destination add webhook name=ops url=http://8.8.8.8/", "in the clear"),
        ("/destination add webhook name=ops url=http://127.0.0.1:9/ repeats=never", "repeats"),
        ("/destination add pigeon name=ops", "webhook, file"),
        ("/destination add file name=terminal", "terminal is the name"),
        ("/destination add file name=../x", "name"),
        ("/destination add file name=x folder=../..", "outside"),
        ("/destination add file name=x folder=/etc", "outside"),
        ("/destination add file name=x form=pdf", "form"),
        ("/destination show nobody", "no destination called nobody"),
        ("/destination remove nobody", "no destination called nobody"),
    ],
)
async def test_what_is_refused(talk: Talk, line: str, piece: str) -> None:
    """In words, and nothing is kept."""
    said = await talk.say(line)
    assert said.kind == "error"
    assert piece in text(said), text(said)
    assert "no destination yet" in text(await talk.say("/destination list"))


async def test_what_an_edit_refuses(talk: Talk) -> None:
    """What is there stays as it is."""
    await talk.say("/destination add file name=archive folder=weekly")
    await talk.say("/destination add file name=other")
    for line, piece in (
        ("/destination edit archive folder=/etc", "outside"),
        ("/destination edit archive form=pdf", "form"),
        ("/destination edit archive wings=2", "wings"),
        ("/destination edit archive kind=webhook url=http://127.0.0.1:9/", "keeps its kind"),
        ("/destination edit archive name=other", "other already"),
    ):
        said = await talk.say(line)
        assert said.kind == "error", line
        assert piece in text(said), text(said)
    assert "weekly" in text(await talk.say("/destination show archive"))


async def test_a_test_that_fails(talk: Talk) -> None:
    """What the other side said, and what to do."""
    async with outside(saying(response(410))) as there:
        await talk.say(f"/destination add webhook name=ops url={there.url()}")
        said = text(await talk.say("/destination test ops"))
    assert "could not be sent to ops" in said
    assert "410" in said


async def test_pause_and_resume(talk: Talk) -> None:
    """It says since when and by whom; a test goes out all the same."""
    await talk.say("/destination add file name=archive")
    paused = await talk.say("/destination pause archive")
    assert "paused" in text(await talk.say("/destination list"))
    assert "Paused by mina" in text(await talk.say("/destination show archive"))
    assert "A test was sent" in text(await talk.say("/destination test archive"))
    await talk.press(paused, "Resume")
    assert "open" in text(await talk.say("/destination show archive"))


async def test_one_in_use_stays(ready: Talk) -> None:
    """It names the reports that the caller sees, and counts the others."""
    await ready.say("/destination add file name=archive")
    await ready.say("/report new name=web template=weekly destinations=terminal,archive")
    await become(ready, "jun", Role.EDITOR)
    await ready.say("/report new name=secret template=weekly destinations=archive", user="jun")
    for line in ("/destination remove archive", "/destination edit archive name=other"):
        said = await ready.say(line, user="jun")
        assert said.kind == "error"
        assert "Reports go to archive: secret, 1 other." in text(said), text(said)
    for report in ("web", "secret"):
        await ready.say(f"/report edit {report} destinations=terminal")
    assert "removed" in text(await ready.say("/destination remove archive"))


async def test_a_report_goes_there(ready: Talk, tmp_path: Path) -> None:
    """A name that is known, and no other."""
    await ready.say("/destination add file name=archive folder=weekly form=md")
    said = await ready.say("/report new name=web template=weekly destinations=terminal,archve")
    assert said.kind == "error"
    assert "no destination called archve" in text(said)
    assert "archive" in text(said)
    saved = await ready.say("/report new name=web template=weekly destinations=terminal,archive")
    assert saved.kind == "card", text(saved)
    assert "archive" in text(await ready.say("/report show web"))


async def test_what_a_schedule_runs_arrives(talk: Talk, repository: Path, tmp_path: Path) -> None:
    """In a folder and at a webhook, once each; `/report show` knows."""
    await talk.say(f"/source add git name=shop path={repository}")
    await talk.say("/destination add file name=archive form=json")
    async with outside(saying(response(200))) as there:
        await talk.say(f"/destination add webhook name=ops url={there.url()}")
        await talk.say("/report new name=web template=weekly source=shop destinations=archive,ops")
        await talk.say('/schedule add web "weekdays 10:00"')
        await talk.say("/schedule run #1")
        await talk.app.take_up()
        while await talk.app.outbox.drain():
            pass
    (asked,) = there.asked
    posted = json.loads(asked.body)
    (file,) = _outbox(tmp_path)
    assert file.name.startswith(f"{posted['run']}-")
    written = json.loads(file.read_bytes())
    assert {**posted, "text": ""} == {
        **written, "text": "", "delivery": posted["delivery"], "revision": 1, "possible_repeat": False,
    }  # fmt: skip
    assert written["blocks"]
    assert "delivery" not in written


async def test_viewers_look_only(ready: Talk) -> None:
    """They see names and states."""
    await ready.say("/destination add file name=archive")
    assert "archive" in text(await ready.say("/destination list", user="jun"))
    for verb in ("test", "edit", "pause", "resume", "remove"):
        assert "is for people with the role" in text(await ready.say(f"/destination {verb} archive", user="jun"))
    assert "archive" in text(await ready.say("/destination show archive", user="jun"))


async def test_another_workspace_sees_nothing(ready: Talk) -> None:
    """The same name is another destination there."""
    await ready.say("/destination add file name=archive folder=acme")
    said = await ready.say("/destination show archive", user="boss", workspace="rival")
    assert "no destination called archive" in text(said)
    await ready.say("/destination add file name=archive folder=rival", user="boss", workspace="rival")
    assert "acme" in text(await ready.say("/destination show archive"))
