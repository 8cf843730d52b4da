"""Templates of one's own: written, tried, shared, run, deleted; and those that attack."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.platforms.terminal import Said, Terminal
from model.language import Code
from tests.support.talk import FixedClock, Talk, content, text
from tests.writers.test_template_attacks import CANARY, ESCAPES, in_time

_WEEK = "window=2026-11-09..2026-11-16"


def manifest(source: str = "{{ commits | length }} commits", **more: str) -> str:
    """Return a manifest with one text section."""
    head = {"window": '"last week"', "title": '{ en = "Shop", ko = "상점" }', "description": '{ en = "a", ko = "b" }'}
    lines = [f"{name} = {value}" for name, value in (head | more).items()]
    section = ["[[sections]]", 'show = "text"', 'file = "a.md"', "[texts]", f'"a.md" = {json.dumps(source)}']
    return "\n".join([*lines, *section])


async def submit(talk: Talk, said: Said, values: Mapping[str, str], user: str = "mina") -> Said:
    """Fill a form in; return the last message."""
    assert said.form is not None, text(said)
    heard: list[Said] = []
    await Terminal(talk.app, user, "acme", "en", heard.append).submit(str(said.form.submit.id), values)
    return heard[-1]


async def write(talk: Talk, name: str, source: str, user: str = "mina") -> Said:
    """Make a template with one text section."""
    return await submit(talk, await talk.say(f"/template new {name}", user), {"manifest": manifest(source)}, user)


async def join(talk: Talk, user: str, role: str) -> None:
    """Let somebody come in and give him a role."""
    await talk.say("/arb status", user)
    said = await talk.say(f"/arb role {user} {role}")
    assert said.kind == "card", text(said)


async def test_the_example_of_the_form_works_as_it_is(ready: Talk) -> None:
    """Who changes nothing but the name has a template that runs."""
    asked = await ready.say("/template new")
    made = await submit(ready, asked, {"name": "shop-week"})
    assert made.kind == "card", text(made)
    report = await ready.say(f"/report run shop-week {_WEEK}")
    assert "What was done" in text(report)


async def test_a_template_is_written_tried_changed_and_run(ready: Talk) -> None:
    """Each version is kept, and a run names the one it was made with."""
    await write(ready, "mine", "{{ commits | length }} commits")
    assert "4 commits" in text(await ready.say(f"/template preview mine {_WEEK}"))
    run = (await ready.say(f"/report run mine {_WEEK}")).card.run
    form = await ready.say("/template edit mine")
    assert form.form is not None
    assert form.form.fields[0].value == manifest("{{ commits | length }} commits")
    changed = await submit(ready, form, {"manifest": manifest("{{ branches | length }} branches")})
    assert "version 2" in text(changed)
    assert "2 branches" in text(await ready.say(f"/report run mine {_WEEK}"))
    shown = text(await ready.say("/template show mine"))
    assert "mina" in shown
    for name, version in ((run, 1), ("last", 2)):
        document = json.loads(content(await ready.say(f"/report export {name} json")))
        assert document["manifest"]["template"]["version"] == version
    assert (await ready.say(f"/report verify {run}")).kind == "card"
    first = await ready.say("/template edit mine version=1")
    assert first.form is not None
    assert "commits" in str(first.form.fields[0].value)
    assert "newest version is 2" in text(await ready.say("/template edit mine version=7"))


_WRONG = (
    (manifest() + "\n[", "mine.toml is not valid TOML: line 9, column 2"),
    (manifest(window='"someday"'), "window does not fit (write last week, yesterday or 7d, line 1)"),
    (manifest(titel='"x"'), "titel does not fit (there is no such field, line 4)"),
    (manifest(name='"x"'), "name does not fit (it follows from the command, line 4)"),
    (manifest(title="3"), "title does not fit"),
    (manifest().replace('"text"', '"chrat"'), "sections 1 does not fit (show is one of figures"),
    (manifest().replace('show = "text"', 'show = "figures"\nmetrics = ["comits"]').replace('file = "a.md"', ""),
     "sections 1, metrics does not fit (there is no “comits” to show here"),
    (manifest().replace('file = "a.md"', 'file = "b.md"'), "there is no b.md under [texts], line 6"),
    (manifest() + '\n"b.md" = "x"', "no section shows b.md, line 9"),
    (manifest("\n\n{% if %}"), "mine/a.md, line 3: this is not valid Jinja2"),
    (manifest("{{ comits }}"), "mine/a.md, line 1, column 4: there is nothing called “comits”"),
    (manifest("{% if language == 'ko' %}{{ x }}{% endif %}"), "there is nothing called “x”"),
    (manifest("{% for c in commits %}{% else %}{{ x }}{% endfor %}"), "there is nothing called “x”"),
    ("x" * 70_000, "longer than 65,536 characters"),
)  # fmt: skip


async def test_what_is_wrong_is_told_with_its_place(talk: Talk) -> None:
    """Nothing is kept, and the form comes back with what was typed."""
    for made, told in _WRONG:
        again = await submit(talk, await talk.say("/template new mine"), {"manifest": made})
        assert again.form is not None, told
        assert told in again.form.problem
        assert {field.name: field.value for field in again.form.fields} == {"name": "mine", "manifest": made}
        assert "mine" not in text(await talk.say("/template list")), told


async def test_names_of_built_in_templates_are_taken(talk: Talk) -> None:
    """They can be copied, and stay as they are."""
    assert "comes with ARB" in text(await talk.say("/template clone daily weekly"))
    assert "/template clone weekly my-weekly" in text(await talk.say("/template edit weekly"))
    assert (await talk.say("/template delete standup")).kind == "error"
    assert (await talk.say("/template clone weekly my-weekly")).kind == "card"
    assert "already" in text(await talk.say("/template clone daily my-weekly"))


async def test_only_those_who_may_see_it_find_it(ready: Talk) -> None:
    """To all others it is as if it were not there, until it is shared."""
    for user, role in (("jun", "editor"), ("ada", "admin"), ("vic", "viewer")):
        await join(ready, user, role)
    await write(ready, "mine", "hello", "jun")
    for line in ("/template show mine", "/template preview mine", "/report run mine"):
        hidden, missing = await ready.say(line, "vic"), await ready.say(line.replace("mine", "nope"), "vic")
        assert text(hidden).replace("mine", "nope") == text(missing)
    assert "mine" not in text(await ready.say("/template list", "vic"))
    assert (await ready.say("/template show mine", "ada")).kind == "card"
    await ready.say("/template share mine yes", "jun")
    assert "hello" in text(await ready.say("/template preview mine", "vic"))
    await join(ready, "eve", "editor")
    for line in ("/template edit mine", "/template share mine no", "/template delete mine"):
        assert "owner and admins only" in text(await ready.say(line, "eve"))
    assert (await ready.say("/template clone mine eves", "eve")).kind == "card"
    assert "mine" not in text(await ready.say("/template list", workspace="rival"))


async def test_delete_asks_and_refuses_what_is_in_use(ready: Talk) -> None:
    """The reports that use it are named; runs made with it stay."""
    await ready.say("/template clone standup mine")
    run = (await ready.say(f"/report run mine {_WEEK}")).card.run
    assert (await ready.say("/report new name=Shop template=mine")).kind == "card"
    assert "Shop" in text(await ready.say("/template delete mine"))
    await ready.say("/report edit Shop template=standup")
    asked = await ready.say("/template delete mine")
    assert "mine" in text(await ready.say("/template list"))
    await ready.press(asked, "Delete")
    assert "mine" not in text(await ready.say("/template list"))
    assert (await ready.say(f"/report show {run}")).kind == "card"
    assert (await ready.say("/report run mine")).kind == "error"


async def test_a_report_that_may_come_back_keeps_its_template(ready: Talk) -> None:
    """Else it would come back without one, or with that which somebody else gave its name."""
    await ready.say("/template clone standup mine")
    await ready.say("/report new name=Shop template=mine")
    await ready.say("/report delete Shop confirmed=yes")
    assert "deleted within the last day" in text(await ready.say("/template delete mine confirmed=yes"))
    assert "하루 안에 삭제된 보고서" in text(await ready.say("/template delete mine confirmed=yes", lang="ko"))
    await ready.say("/report restore Shop")
    assert "Shop" in text(await ready.say("/template delete mine"))
    await ready.say("/report delete Shop confirmed=yes")
    clock = ready.app.workshop.clock
    assert isinstance(clock, FixedClock)
    clock.at += timedelta(days=1)
    assert (await ready.say("/template delete mine confirmed=yes")).kind == "card"


async def test_preview_takes_what_is_stored_and_reads_nothing(talk: Talk, repository: Path) -> None:
    """Made-up records before the first run, then the newest run's, then the window that was asked for."""
    assert "made-up" in text(await talk.say("/template preview weekly"))
    assert "made-up" in text(await talk.say("/template preview qc"))  # of no repository
    await talk.say(f"/source add git name=shop path={repository}")
    assert "made-up" in text(await talk.say("/template preview weekly"))
    assert "shop 0/1" in text(await talk.say("/template preview weekly source=shop"))
    await talk.say(f"/report run weekly {_WEEK}")
    await asyncio.to_thread(repository.rename, repository.with_name("away"))
    newest = text(await talk.say("/template preview standup"))
    assert "9–15 Nov 2026" in newest
    assert "None of the sources that were read holds" in text(await talk.say("/template preview service-health"))
    asked = text(await talk.say("/template preview weekly window=2026-11-02..2026-11-09 source=shop"))
    assert "2–8 Nov 2026" in asked
    assert "1/1 · 미리보기\n" in text(await talk.say("/template preview weekly", lang="ko")) + "\n"
    begun = time.monotonic()
    await talk.say("/template preview weekly")
    assert time.monotonic() - begun <= 2


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_categories_in_both_languages(talk: Talk, lang: Code) -> None:
    """A list by category; one that is not there names those there are."""
    await submit(talk, await talk.say("/template new mine"), {"manifest": manifest(category='"sales"')})
    shown = text(await talk.say("/template list sales", lang=lang))
    assert "mine" in shown
    assert "daily" not in shown
    assert "engineering, operations, sales" in text(await talk.say("/template list nope", lang=lang))
    for line in ("/template show mine", "/template preview mine", "/template share mine yes", "/template delete mine"):
        said = await talk.say(line, lang=lang)
        assert said.kind == "card"
        assert any("가" <= letter <= "힣" for letter in said.card.title) == (lang == "ko" or "상점" in said.card.title)


async def test_escapes_are_refused_by_name(talk: Talk, tmp_path: Path) -> None:
    """T20–T27: no canary, no file, and what is wrong is said."""
    file = tmp_path / "canary"
    file.write_text(CANARY)
    for name, attack in ESCAPES.items():
        said = await write(talk, "bad", attack.replace("FILE", str(file)).replace("rec", "facts"))
        assert said.form is not None, name
        assert said.form.problem.startswith("Template bad/a.md, line 1"), name
        assert CANARY not in said.form.problem
    assert "bad" not in text(await talk.say("/template list"))


async def test_devourers_end_in_time_and_hold_nobody_up(talk: Talk) -> None:
    """T28–T32: stopped within 2 s; meanwhile others are answered and the loop is free."""
    await talk.app.workshop.render.start()

    async def both(attack: str) -> None:
        said, other = await asyncio.gather(write(talk, "bad", attack), talk.say("/template preview standup"))
        assert other.kind == "card", attack
        assert said.form is None or said.form.problem.startswith("Template"), attack
        if said.form is None:  # harmless: it goes, so that another try finds its name free
            await talk.say("/template delete bad confirmed=yes")

    await in_time(both)


async def test_what_devours_only_real_records_stops_its_run_alone(ready: Talk) -> None:
    """It passes the check; preview and run say what happened, and the next report is well."""
    loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"
    made = await write(ready, "slow", "{% if commits | length > 3 %}" + loops + "{% endif %}")
    assert made.kind == "card", text(made)
    for line in ("/template preview slow", f"/report run slow {_WEEK}"):
        said = await ready.say(line)
        assert said.kind == "error"
        assert "took too long and was stopped" in text(said)
    assert (await ready.say(f"/report run standup {_WEEK}")).kind == "card"
