"""Saved reports: made, changed, shared, run, put aside and brought back; what one may not see is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.platforms.terminal import Said, Terminal
from commands import COMMANDS
from commands.door import Visitor
from model.delivery import Address, Platform
from model.ids import EventId
from model.language import Code
from model.member import Role
from tests.support.repositories import git
from tests.support.talk import Talk, content, talking, text

WEEK = "window=2026-11-09..2026-11-16"


async def submit(talk: Talk, said: Said, values: Mapping[str, str], user: str = "mina") -> Said:
    """Fill a form in, what it showed changed by `values`; return the last message."""
    assert said.form is not None, text(said)
    shown = {f.name: f.value or "" for f in said.form.fields}
    heard: list[Said] = []
    await Terminal(talk.app, user, "acme", "en", heard.append).submit(str(said.form.submit.id), {**shown, **values})
    return heard[-1]


async def met(talk: Talk, user: str, role: Role) -> None:
    """Let somebody come in and have a role."""
    await talk.say("/arb status", user)
    workspace = await talk.app.workshop.db.entrances.enter(Platform.TERMINAL, "acme")
    async with talk.app.workshop.db.write(workspace) as stores:
        await stores.members.change((await stores.members.named(user)).id, role=role)


async def titles(talk: Talk, *lines: str, user: str = "mina", lang: Code = "en") -> list[str]:
    """Say lines one after the other; return the title of each last message."""
    return [(await talk.say(line, user, lang=lang)).card.title for line in lines]


async def test_a_report_is_made_by_its_form(ready: Talk) -> None:
    """Name and template are needed; the rest may stay empty; what is wrong is told at its field."""
    asked = await ready.say("/report new")
    assert asked.form is not None
    assert [f.name for f in asked.form.fields][:2] == ["name", "template"]
    again = await submit(ready, asked, {"name": "web team", "template": "weekly", "zone": "Mars/Base"})
    assert again.form is not None
    assert [f.name for f in again.form.fields if f.error] == ["zone"]
    filled = {"zone": "Asia/Seoul", "source": "shop", "weights": "urgency 0.5", "exclude_paths": "web/, *.txt"}
    saved = await submit(ready, again, filled)
    assert saved.card.title == "Report web team saved."
    for piece in ("weekly", "shop", "Asia/Seoul", "urgency 0.5", "web/, *.txt", "mina", "active"):
        assert piece in text(saved), text(saved)


async def test_a_report_is_changed_by_its_form(ready: Talk) -> None:
    """The form shows what is there; what is emptied is empty afterwards, a line changes what it names only."""
    await ready.say("/report new name=web template=weekly source=shop window=7d bots=ci")
    asked = await ready.say("/report edit web")
    assert asked.form is not None
    shown = {f.name: f.value for f in asked.form.fields}
    assert (shown["source"], shown["window"], shown["bots"], shown["view"]) == ("shop", "7d", "ci", "development")
    saved = text(await submit(ready, asked, {"name": "Web", "window": "", "view": "management"}))
    assert "Report Web changed." in saved
    assert "7d" not in saved
    assert "management" in saved
    assert "ci" in saved
    later = text(await ready.say('/report edit web description="For the team"'))
    assert "For the team" in later
    assert "management" in later


_UNFIT = (
    ("/report new name=last template=weekly", "not “last”"),
    ("/report new name=../x template=weekly", "60 letters"),
    ("/report new name=WEB template=weekly", "The name WEB is taken."),
    ("/report new name=b template=weakly", "There is no template called"),
    ("/report new name=b template=weekly source=nowhere", "There is no source called nowhere."),
    ("/report new name=b template=weekly window=sometimes", "no window of time"),
    ("/report new name=b template=weekly weights=luck=1", "no list of weights"),
    ("/report new name=b template=weekly destinations=#general", "no destination called #general"),
    ("/report edit nothing window=7d", "There is no report called nothing."),
    ("/report run nothing", "There is no report or template called nothing."),
    ("/report list page=7", "There is no page 7."),
    ("/report share web mina view", "belongs to mina"),
)


async def test_what_does_not_fit_is_said(ready: Talk) -> None:
    """Each with a word on what would; nothing is saved."""
    await ready.say("/report new name=web template=weekly")
    for line, said in _UNFIT:
        answer = await ready.say(line)
        shown = text(answer) + " ".join(f.error or "" for f in (answer.form.fields if answer.form else ()))
        assert said in " ".join(shown.split()), line
        assert (await ready.say("/report list b --failing")).kind == "card"
        assert "No saved report" in text(await ready.say("/report list name=b owner=jun")), line


async def test_a_run_follows_its_definition_and_the_line_overrides_it(ready: Talk) -> None:
    """Language, window, filters and view come from the report; the footer says what is counted."""
    await ready.say(f"/report new name=web template=weekly {WEEK} exclude_paths=web/ view=management language=ko")
    shown = await ready.say("/report run web")
    assert shown.card.title == "개발 주간 · 2026년 11월 9–15일"
    assert "web/ 경로 제외" in text(shown)
    assert "커밋 2 (+1)" in text(shown)  # two of the four touched web/ only
    assert "일어난 일" not in text(shown)
    assert "김준" not in text(shown)
    other = text(await ready.say("/report run web window=2026-11-02..2026-11-09 view=development"))
    assert "11월 2–8일" in other
    assert "identical" in text(await ready.say("/report verify last"))
    assert "web" in text(await ready.say("/report history web"))


async def test_operations_see_first_what_needs_somebody(ready: Talk) -> None:
    """The same figures in another order."""
    shown = text(await ready.say(f"/report run weekly {WEEK} view=operations"))
    assert shown.index("Needs somebody") < shown.index("Lines added")


async def test_people_filter(ready: Talk) -> None:
    """Only what these people did counts, their branches too."""
    await ready.say(f'/report new name=jun template=weekly {WEEK} include_people="김*"')
    shown = text(await ready.say("/report run jun"))
    assert "Commits 3 (+3)" in shown
    assert "only 김*" in shown
    assert "feature/old-search" not in shown


async def test_what_was_announced_is_followed(ready: Talk, repository: Path) -> None:
    """A finding says for how long; once merged or gone it has one line more, in the reader's language."""
    await ready.say("/report new name=web template=weekly")
    first = text(await ready.say("/report run web window=2026-11-02..2026-11-09"))
    assert "feature/old-search" in first
    assert "still open" not in first
    for _ in range(2):  # running a week again changes nothing about it
        assert "still open for 1 week" in text(await ready.say(f"/report run web {WEEK}"))
    git(repository, "branch", "-D", "feature/old-search")
    gone = text(await ready.say("/report run web window=2026-11-16..2026-11-23"))
    assert "feature/old-search: gone, it is no longer there." in gone
    korean = text(await ready.say("/report run web window=2026-11-16..2026-11-23", lang="ko"))
    assert "feature/old-search: 더 이상 없습니다." in korean
    assert "identical" in text(await ready.say("/report verify last"))
    assert "no longer there" not in text(await ready.say("/report run web window=2026-11-23..2026-11-30"))


async def test_what_was_merged_is_done(ready: Talk, repository: Path) -> None:
    """Also where the merge is older than the window and the one before."""
    await ready.say(f"/report run weekly {WEEK}")
    tree = git(repository, "rev-parse", "main^{tree}")
    date = {"GIT_COMMITTER_DATE": "2026-11-17T09:00:00Z", "GIT_AUTHOR_DATE": "2026-11-17T09:00:00Z"}
    parents = ("-p", "main", "-p", "feature/old-search")
    merge = git(repository, "commit-tree", tree, *parents, "-m", "Merge search", env=date)
    git(repository, "update-ref", "refs/heads/main", merge)
    assert "feature/old-search: done, merged." in text(
        await ready.say("/report run weekly window=2027-01-04..2027-01-11")
    )


async def test_pause_and_resume(ready: Talk) -> None:
    """A paused report is not run; its button brings it back."""
    await ready.say("/report new name=web template=weekly")
    paused = await ready.say("/report pause web")
    assert "Report web is paused." in text(await ready.say("/report run web"))
    assert "paused" in text(await ready.say("/report list state=paused"))
    resumed = await ready.press(paused, "Resume")
    assert resumed[-1].card.title == "Report web can be run again."
    assert (await ready.say(f"/report run web {WEEK}")).kind == "card"


async def test_deleting_asks_and_can_be_undone_for_a_day(tmp_path: Path, ready: Talk) -> None:
    """After that it is gone for good, and so is its name."""
    await ready.say("/report new name=web template=weekly description=secret-plan")
    asked = await ready.say("/report delete web")
    assert "web" in text(await ready.say("/report list web"))
    deleted = (await ready.press(asked, "Delete"))[-1]
    assert "No saved report" in text(await ready.say("/report list web"))
    assert (await ready.press(deleted, "Undo"))[-1].card.title == "Report web is back."
    await ready.say("/report delete web confirmed=yes")
    await ready.say("/report new name=web template=daily")
    assert "taken" in text(await ready.say("/report restore web"))
    clock = ready.app.workshop.clock
    async with talking(tmp_path / "home", tmp_path, clock.now().replace(day=22)) as later:
        await later.say("/report delete web confirmed=yes")
        await later.app.take_up()
        restored = text(await later.say("/report restore web"))
        assert "secret-plan" not in restored
        assert "daily" in restored


async def test_what_one_does_not_see_is_not_there(ready: Talk) -> None:
    """Its name, its runs and its verbs answer as if it had never been; sharing opens it, by and by."""
    await met(ready, "jun", Role.EDITOR)
    await met(ready, "sora", Role.VIEWER)
    await ready.say("/report new name=secret template=weekly")
    run = (await ready.say(f"/report run secret {WEEK}")).card.run
    for line in ("edit {}", "pause {}", "delete {}", "run {}", "share {} sora view", "show {}", "restore {}"):
        hidden = text(await ready.say("/report " + line.format("secret"), "jun"))
        never = text(await ready.say("/report " + line.format("nosuch"), "jun"))
        assert hidden == never.replace("nosuch", "secret")
    for line in (f"show {run}", f"why {run}", f"verify {run}", f"export {run}", f"diff {run}", f"cancel {run}"):
        assert "There is no run called" in text(await ready.say("/report " + line, "jun")), line
    assert "secret" not in text(await ready.say("/report list", "jun"))
    assert str(run) not in text(await ready.say("/report history", "jun"))

    await ready.say("/report share secret jun view")
    assert (await ready.say(f"/report show {run}", "jun")).card.title.startswith("Engineering week")
    assert (await ready.say(f"/report run secret {WEEK}", "jun")).kind == "card"
    assert "to look at only" in text(await ready.say("/report edit secret window=7d", "jun"))
    assert "not yours" in text(await ready.say("/report delete secret", "jun"))
    await ready.say("/report share secret jun edit")
    assert (await ready.say("/report edit secret window=7d", "jun")).kind == "card"
    assert "not yours" in text(await ready.say("/report share secret sora view", "jun"))
    await ready.say("/report share secret jun no")
    assert "There is no run called" in text(await ready.say(f"/report show {run}", "jun"))


async def test_a_viewer_runs_what_is_shared_but_changes_nothing(ready: Talk) -> None:
    """Even with a share to edit: the role of this moment decides."""
    await met(ready, "sora", Role.VIEWER)
    await ready.say("/report new name=web template=weekly")
    await ready.say("/report share web sora edit")
    assert (await ready.say(f"/report run web {WEEK}", "sora")).kind == "card"
    assert "editor" in text(await ready.say("/report edit web window=7d", "sora"))
    await met(ready, "sora", Role.EDITOR)
    assert (await ready.say("/report edit web window=7d", "sora")).kind == "card"


async def test_a_waiting_run_is_cancelled(ready: Talk) -> None:
    """Nobody works on it afterwards; a second time it is over."""
    await met(ready, "jun", Role.EDITOR)
    here = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina"))
    asked = await ready.app.door.say(EventId("terminal:asked"), here, f"/report run weekly {WEEK}")
    assert asked is not None
    assert "not yours" in text(await ready.say("/report cancel last", "jun"))
    assert "is cancelled" in text(await ready.say("/report cancel last"))
    assert await ready.app.runs.drain() == 0
    assert "mina cancelled it." in text(await ready.say("/report show last"))
    assert "is over already" in text(await ready.say("/report cancel last"))


async def test_the_list_has_pages_and_filters(ready: Talk) -> None:
    """Ten a page; by name, owner, state and failing."""
    for number in range(12):
        await ready.say(f"/report new name=r{number:02} template=weekly")
    first = await ready.say("/report list")
    assert "Page 1 of 2" in text(first)
    assert "r10" not in text(first)
    assert "r11" in text((await ready.press(first, "Next page"))[-1])
    assert "r03" in text(await ready.say("/report list 03 owner=mina state=active"))
    await ready.say("/source remove shop")
    await ready.say("/source add git name=shop path=/nowhere")
    assert "No saved report" in text(await ready.say("/report list --failing"))


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("en", "This counts only the repositories SH*; not the labels feature."),
        ("ko", "SH* 저장소만; feature 라벨 제외"),
    ],
)
async def test_repositories_labels_and_model(ready: Talk, lang: Code, line: str) -> None:
    """They are kept, shown, counted by, and a run of them is rebuilt the same."""
    made = "/report new name=web template=weekly include_repositories=SH* exclude_labels=feature model=built-in"
    saved = text(await ready.say(f"{made} language={lang}"))
    for piece in ("Only these repositories", "SH*", "Not these labels", "feature", "Model", "built-in"):
        assert piece in saved, saved
    report = text(await ready.say("/report run web window=2026-11-09..2026-11-16"))
    assert line in report, report
    assert "feature/" not in report
    assert "identical" in text(await ready.say("/report verify last"))
    exported = json.loads(content(await ready.say("/report export last json")))
    assert exported["manifest"]["settings"]["model"] == "built-in"
    assert exported["manifest"]["settings"]["filters"]["exclude_labels"] == ["feature"]
    await ready.say("/report edit web exclude_labels=x include_repositories=none-such")
    assert "SH*" not in text(await ready.say("/report show web"))


async def test_a_model_that_is_not_there_is_refused_with_those_there_are(ready: Talk) -> None:
    tolds: Mapping[Code, str] = {"en": "There is no model called gpt.", "ko": "gpt라는 모델이 없습니다."}
    for lang, told in tolds.items():
        said = await ready.say("/report new name=web template=weekly model=gpt", lang=lang)
        assert told in str(said.as_json()), said.as_json()
    assert "web" not in text(await ready.say("/report list"))


async def test_list_by_destination(ready: Talk) -> None:
    await ready.say("/report new name=web template=weekly")
    assert "web" in text(await ready.say("/report list destination=terminal"))
    assert "No saved report" in text(await ready.say("/report list destination=ops"))


EVERY = ("new", "edit", "pause", "resume", "delete", "restore", "share", "cancel", "list", "show", "history", "run")


async def test_every_command_in_korean(ready: Talk) -> None:
    """No card of these is half translated."""
    assert {f"report {verb}" for verb in EVERY} <= {command.name for command in COMMANDS}
    await met(ready, "jun", Role.EDITOR)
    said = await titles(
        ready, "/report new name=web template=weekly", "/report edit web window=7d", "/report pause web",
        "/report run web", "/report resume web", "/report share web jun view", "/report delete web",
        "/report delete web confirmed=yes", "/report restore web", "/report list", "/report show web",
        "/report history", "/report cancel last", lang="ko",
    )  # fmt: skip
    assert said[:-1] == [
        "보고서 web을 저장했습니다.", "보고서 web을 바꾸었습니다.", "보고서 web은 멈춰 있습니다.",
        "보고서 web은 멈춰 있습니다.", "보고서 web을 다시 실행할 수 있습니다.",
        "jun 님이 보고서 web을 보고 실행할 수 있습니다.", "보고서 web을 지울까요?", "보고서 web을 지웠습니다.",
        "보고서 web을 되돌렸습니다.", "보고서", "보고서 web", "실행",
    ]  # fmt: skip
    assert said[-1].endswith("이미 끝났습니다.")
