"""Language models in a report: added by a form, asked within time and money, failing in every way; the report comes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import SecretStr

from bot.platforms.terminal import Said
from model.card import Chart, Remark
from model.language import Code
from model.prompt import ModelKind
from storage.usage import Call
from tests.conftest import PROVE
from tests.stories.test_forms import submit
from tests.support.model_provider import FAILURES, KEY, Asked, Failure, Provider, model_provider
from tests.support.talk import Talk, talking, text

KINDS: tuple[ModelKind, ...] = get_args(ModelKind)
_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_SAID = {"en": "There were {%s} commits.", "ko": "커밋은 {%s}입니다."}


def commits(asked: Asked) -> dict[str, Any]:
    """Say what a good model says: one sentence, on the figure of all commits."""
    if "<data>" not in asked.data:
        return {"sentences": []}
    data = json.loads(asked.data.partition("<data>\n")[2].partition("\n</data>")[0])
    fact = next(one["id"] for one in data["facts"] if one["what"] in ("Commits", "커밋"))
    code = "ko" if "in Korean" in asked.data else "en"
    return {"sentences": [{"text": _SAID[code] % fact, "rests_on": [fact]}]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        made.says = commits
        yield made


@asynccontextmanager
async def bot(provider: Provider, folder: Path, *, keys: bool = True, **more: Any) -> AsyncIterator[Talk]:
    """Start a bot that knows a repository and reaches every vendor; `keys`: the operator has given some."""
    given: dict[str, Any] = (
        {f"{name}_api_key": SecretStr(KEY) for name in ("anthropic", "openai", "gemini")} if keys else {}
    )
    urls: dict[str, Any] = {f"{name}_api_url": provider.url_of(kind) for name, kind in
            (("anthropic", "claude"), ("openai", "gpt"), ("gemini", "gemini"))}  # fmt: skip
    async with talking(folder / "home", folder, opened=("127.0.0.1",), **given, **urls, **more) as talk:
        await talk.say(f"/source add git name=shop path={folder / 'shop'}")
        yield talk


def remark(said: Said) -> Remark:
    return next(block for block in said.card.blocks if isinstance(block, Remark))


async def calls(talk: Talk) -> tuple[Call, ...]:
    """Return what was asked in the workspace, run by run."""
    shop = talk.app.workshop
    workspace = (await shop.db.entrances.workspaces())[0]
    async with shop.db.read(workspace) as stores:
        runs = await stores.runs.list(100)
        return tuple([call for run in reversed(runs) for call in await stores.usage.of_run(run.id)])


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_model_is_added_and_words_a_report(
    provider: Provider, tmp_path: Path, repository: Path, lang: Code
) -> None:
    """By a form, its key sealed; its words stand apart, checked; what it cost is known; a rebuild is identical."""
    async with bot(provider, tmp_path, keys=False) as talk:
        assert (await talk.say("/model add gpt key=sk-0123456789abcdefgh")).kind == "error"
        added = await submit(talk, await talk.say("/model add gpt"), {"api_key": KEY})
        assert added.kind == "card", text(added)
        assert KEY not in text(added)
        tried = text(await talk.say("/model test gpt", lang=lang))
        assert {"en": "gpt answers", "ko": "gpt가 답합니다"}[lang] in tried
        await talk.press(added, "Use it for all reports")
        assert "gpt-6-sol" in text(await talk.say("/model list", lang=lang))
        reported = await talk.say(_RUN, lang=lang)
        words = remark(reported)
        assert "gpt-6-sol" in words.label
        assert {"en": "1 of 1 figure checked", "ko": "확인"}[lang] in words.label
        assert len(words.lines) == 1
        used = await talk.say("/arb usage 30d", lang=lang)
        assert {"en": "Models cost", "ko": "모델 비용"}[lang] in text(used)
        assert "gpt-6-sol" in text(used)
        assert any(isinstance(block, Chart) for block in used.card.blocks)
        assert {"en": "identical", "ko": "같습니다"}[lang] in text(await talk.say("/report verify last", lang=lang))
        (call,) = await calls(talk)
        assert call.known
        assert Decimal(0) < call.cost < Decimal("0.02")
    assert KEY.encode() not in (tmp_path / "home" / "arb.db").read_bytes()
    assert all(KEY not in json.dumps(asked.body) for asked in provider.asked)


@pytest.mark.some(of=lambda case: case["kind"] == "gpt")
@pytest.mark.parametrize("kind", KINDS)
async def test_the_report_comes_whatever_a_model_does(
    provider: Provider, tmp_path: Path, repository: Path, kind: ModelKind
) -> None:
    """Each failure costs one line that says why, and no more than a call; the rest of the report is the same."""
    async with bot(provider, tmp_path, model_seconds=1.0) as talk:
        await talk.say(f"/model add custom name=custom url={provider.url_of('custom')} model=own usd_said=9")
        await talk.say(f"/arb settings models={kind}")
        whole = await talk.say(_RUN)
        for failure in FAILURES if PROVE else FAILURES[::3]:
            provider.always = failure
            before = len(await calls(talk))
            reported = await talk.say(_RUN)
            assert reported.kind == "card", (failure, text(reported))
            assert _without_words(reported) == _without_words(whole), failure
            words = remark(reported)
            assert not words.lines, failure
            assert "says nothing: " in words.label, (failure, words.label)
            made = (await calls(talk))[before:]
            assert 1 <= len(made) <= 2, failure  # a second try where the first could be read
            assert made[0].known == (failure not in ("timeout", "drip", "cut", "huge")), failure
        assert not any(KEY in text(said) for said in (await talk.say("/arb usage"), await talk.say("/arb audit")))


def _without_words(said: Said) -> Sequence[object]:
    blocks = [block for block in said.card.blocks if not isinstance(block, Remark)]
    return blocks[:-1]  # the last line names the run


async def test_the_next_one_is_asked_where_one_fails(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """In the order of the setting; a report may name its own, or none; one that is gone is passed over."""
    async with bot(provider, tmp_path) as talk:
        await talk.say(f"/model add custom name=mine url={provider.url}/nowhere/v1 model=lost")
        refused = text(await talk.say("/arb settings models=min"))
        assert "There is no model called min." in refused
        assert "mine" in refused
        await talk.say("/arb settings models=mine,gpt")
        assert "gpt-6-sol" in remark(await talk.say(_RUN)).label
        assert [call.model for call in await calls(talk)] == ["lost", "gpt-6-sol"]
        assert (await calls(talk))[0].cost == 0
        await talk.say("/model remove mine")
        assert "gpt-6-sol" in remark(await talk.say(_RUN)).label
        await talk.say("/report new name=own template=weekly source=shop window=2026-11-09..2026-11-16 model=gemini")
        assert "gemini-3.5-flash" in remark(await talk.say("/report run own")).label
        await talk.say("/report edit own model=built-in")
        plain = await talk.say("/report run own")
        assert not any(isinstance(block, Remark) for block in plain.card.blocks)


async def test_nothing_is_asked_beyond_a_cap(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """The words are built in then, the report says why, and an admin is told once for each cap."""
    told: list[str] = []

    async def label(talk: Talk) -> str:
        heard = await talk.hear(_RUN)
        told.extend(text(said) for said in heard if "used up what they may cost" in text(said))
        return next(remark(said).label for said in heard if any(isinstance(b, Remark) for b in said.card.blocks))

    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=gpt usd_a_run=0.001")
        for _ in range(2):
            assert "one report may cost $0.001 at most" in await label(talk)
        assert not provider.asked
        await talk.say("/arb settings usd_a_run=1 usd_a_month=0.06")
        labels = [await label(talk) for _ in range(6)]
        spent = sum((call.cost for call in await calls(talk)), Decimal(0))
        assert "checked" in labels[0]
        assert "language models may cost $0.06 at most" in labels[-1]
        assert 0 < spent <= Decimal("0.06")
        assert len(await calls(talk)) == len(provider.asked) == sum("checked" in one for one in labels)
        assert len(told) == 2
        assert "/arb settings usd_a_month=0.12" in told[-1]


async def test_strangers_use_no_key_of_the_operator(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """Where he names the workspace that may."""
    async with bot(provider, tmp_path, model_workspace=("acme", "corp")) as talk:
        assert (await talk.say("/arb settings models=gpt")).kind == "card"
        assert (await talk.say("/arb settings models=gpt", workspace="corp")).kind == "card"
        assert (await talk.say("/arb settings models=gpt", workspace="other")).kind == "error"
        assert "no language model yet" in text(await talk.say("/model list", workspace="other"))


async def test_a_model_is_changed_and_its_key_stays(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """What it costs has to be known; a secret is never shown."""
    async with bot(provider, tmp_path, keys=False) as talk:
        await submit(talk, await talk.say("/model add gpt"), {"api_key": KEY})
        unknown = await talk.say("/model edit gpt vendors_name=gpt-next")
        assert "What gpt-next costs is not on the list." in text(unknown)
        form = await talk.say("/model edit gpt")
        assert form.form is not None
        assert all(field.value != KEY for field in form.form.fields)
        done = await talk.say("/model edit gpt vendors_name=gpt-next usd_read=1 usd_said=2")
        assert done.kind == "card", text(done)
        assert "gpt answers" in text(await talk.say("/model test gpt"))
        assert provider.asked[-1].body["model"] == "gpt-next"
        provider.key = "sk-another-0123456789"
        assert "it does not accept the key" in text(await talk.say("/model test gpt"))
        assert "is for people with the role admin" in text(await talk.say("/model remove gpt", user="jun"))


async def test_nothing_of_the_environment_goes_to_a_vendor(
    provider: Provider, tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDKs read keys, headers and organizations by themselves; an address that somebody named gets none of them."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, "CANARY")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer CANARY\nX-More: CANARY")
    async with bot(provider, tmp_path) as talk:
        await talk.say(f"/model add custom name=mine url={provider.url_of('custom')} model=own")
        assert "mine answers" in text(await talk.say("/model test mine"))
    assert "CANARY" not in provider.asked[-1].headers


async def test_a_key_in_a_line_is_refused(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """Whatever its form: it is typed into the form, and nowhere else."""
    async with bot(provider, tmp_path, keys=False) as talk:
        said = await talk.say(f"/model add custom url={provider.url_of('custom')} model=own api_key=plain-and-simple")
        assert "There is a secret in that line" in text(said)
    assert b"plain-and-simple" not in (tmp_path / "home" / "arb.db").read_bytes()


def test_all_failures_are_tried() -> None:
    assert len(FAILURES) == len(get_args(Failure)) == 14


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            ("can be asked; a million tokens: $2.00 read, $10.00 said.", "does not accept the key", "no model gpt"),
        ),
        ("ko", ("100만 토큰당 읽기 $2.00, 쓰기 $10.00", "키를 받아들이지 않습니다", "gpt-6-sol 모델이 없습니다")),
    ],
)
async def test_the_doctor_looks_at_models_and_spends_nothing(
    provider: Provider, tmp_path: Path, repository: Path, lang: Code, said: tuple[str, str, str]
) -> None:
    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=claude,gpt")
        await submit(talk, await talk.say("/model add custom name=own"), {"url": provider.url_of("own"), "model": "q"})

        async def look() -> str:
            return " ".join(text(await talk.say("/arb doctor", lang=lang)).split())

        fine, accepted, there = said
        assert fine in await look()
        provider.unknown.add("gpt-6-sol")
        assert there in await look()
        provider.key = "sk-another-0123456789"
        looked = await look()
        assert accepted in looked
        assert KEY not in looked
        assert not provider.asked
        assert not await calls(talk)


@pytest.mark.parametrize(
    ("lang", "line", "above"),
    [
        ("en", "/report propose what shop was up to, mondays at nine, #eng", "gpt-6-sol understood it so"),
        ("ko", "/report propose 월요일 아침마다 shop 근황이 궁금해 #eng", "gpt-6-sol 모델이 이해한 내용"),
    ],
)
async def test_a_model_fills_in_a_form_and_does_nothing_else(
    provider: Provider, tmp_path: Path, repository: Path, lang: Code, line: str, above: str
) -> None:
    """Each value is one that could be typed; where it goes and what counts is not the model's to say."""
    answer = {"template": "weekly", "when": "every Monday 09:00", "window": "last week", "sources": ["shop", "secret"]}
    provider.says = lambda asked: answer if '"sentence"' in asked.data else {"sentences": []}
    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=gpt")
        asked = await talk.say(line, lang=lang)
        assert asked.form is not None, text(asked)
        assert above in asked.form.problem
        filled = {field.name: field.value for field in asked.form.fields if field.value}
        assert (filled["template"], filled["when"], filled["window"]) == ("weekly", "every Monday 09:00", "last week")
        assert (filled["source"], filled["destinations"]) == ("shop", "#eng")
        assert "There is no saved report here yet" in text(await talk.say("/report list"))
        assert len(provider.asked) == 1
        assert "This month: $0 of" not in text(await talk.say("/model list"))  # it is in the books


@pytest.mark.parametrize(
    "answer",
    [
        {"template": "no-such", "when": "", "window": "", "sources": []},
        {"template": "weekly", "when": "", "window": "", "sources": [], "destinations": ["#all"]},
        {"template": "weekly" * 40, "when": "", "window": "", "sources": []},
    ],
)
async def test_what_a_model_makes_up_fills_in_nothing(
    provider: Provider, tmp_path: Path, repository: Path, answer: dict[str, Any]
) -> None:
    """The grammar's own reading stands, and what it did not understand is said."""
    provider.says = lambda _: answer
    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=gpt")
        asked = await talk.say("every day at 9 tell me about dragons and commits")
        assert asked.form is not None
        assert "dragons" in asked.form.problem
        assert (await talk.say("/report propose the moon")).kind == "error"


async def test_a_made_up_time_is_left_out(provider: Provider, tmp_path: Path, repository: Path) -> None:
    wrong = {"template": "weekly", "when": "<!channel> now", "window": "when pigs fly", "sources": ["../etc"]}
    provider.says = lambda _: wrong
    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=gpt")
        asked = await talk.say("/report propose something about the shop")
        assert asked.form is not None, text(asked)
        filled = {field.name: field.value for field in asked.form.fields if field.value}
        assert filled["template"] == "weekly"
        assert not {"when", "window", "source", "destinations"} & filled.keys()
