"""Secrets, card numbers and addresses of people in every text that is collected: in nothing that anybody gets."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.masking import masked
from tests.hostile.house import house
from tests.stories.test_forms import submit
from tests.stories.test_models import commits
from tests.support.github import TOKEN, StandIn, github
from tests.support.repositories import Builder, init
from tests.support.repository import seconds
from tests.support.talk import content, text

SECRETS = (
    "ghp_" + "a1B2" * 9, "xoxb-" + "12345-abcde", "AKIA" + "ABCDEFGH12345678", "sk_live_" + "abcDEF123456",
    "npm_" + "a1B2" * 9, "4111 1111 1111 1111", "4111‑1111‑1111‑1111", "４１１１１１１１１１１１１１１１",
    "mina.kim@acme.example", "hunter2!x",
)  # fmt: skip
TOLD = ("{}", "{}", "{}", "{}", "{}", "{}", "{}", "{}", "{}", "비밀번호: {}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rotate glpat-abcdefghijklmnop0123 now", "rotate ••• now"),
        ("https://bot:s3cret@git.example/x", "https://•••@git.example/x"),
        ("post to https://hooks.slack.com/services/T1/B2/abc", "post to •••"),
        ("Authorization: Bearer abcdefghijklmnop123", "Authorization: •••"),
        ("password: hunter22, then", "password: •••, then"),
        ("비번: 하나둘셋12!", "비번: •••"),
        ("card 5500-0000-0000-0004 and 1234 5678 9012 3456", "card ••• and 1234 5678 9012 3456"),
        ("gh\u200bp_" + "a1B2" * 9, "•••"),
        ("ghp_" + "a1B2" * 4 + "\u00ad" + "a1B2" * 5, "•••"),
        ("card 4111\u200b1111 1111\u2060 1111", "card •••"),
        ("mina\u200b.kim@acme.example", "•••"),
        ("\u200bpassword: hunter22", "password: •••"),
        ("👩\u200d💻 at work", "👩\u200d💻 at work"),
        ("password: required", "password: required"),
        ("Fix token: parser loses commas", "Fix token: parser loses commas"),
        ("Bump 1.2.3 to 10.20.30 (2026-11-09 10:30:00)", "Bump 1.2.3 to 10.20.30 (2026-11-09 10:30:00)"),
        ("#1234567 of build 20261109", "#1234567 of build 20261109"),
    ],
)
def test_what_is_masked_and_what_is_not(text: str, shown: str) -> None:
    assert masked(text) == shown


def _told(n: int) -> str:
    return TOLD[n].format(SECRETS[n])


def _repository(path: Path) -> Path:
    made = Builder(init(path))
    for n in range(len(SECRETS)):
        made.commit(
            "main", seconds("2026-11-10T09:00Z") + n, {f"{_told(n)}/x{n}".encode(): b"x\n"},
            subject=f"use {_told(n)}".encode(), author=f"{_told(n)} <a{n}@evil.example>".encode(),
        )  # fmt: skip
    unseen = "\u200b".join((SECRETS[0][:9], SECRETS[0][9:]))  # what is shown is without it
    made.commit("main", seconds("2026-11-11T09:00Z"), {unseen.encode(): b"x\n"}, subject=f"use {unseen}".encode())
    for n in (0, 3, 8):
        made.commit(SECRETS[n], seconds("2026-10-01T09:00Z"), {b"y": b"y\n"}, parents=[1])
    made.write()
    return path


def _forge(there: StandIn) -> None:
    api = there.repo("acme/api")
    at = datetime(2026, 11, 9, 10, tzinfo=UTC)
    for n in range(len(SECRETS)):
        api.pull(at, labels=(_told(n),))["title"] = f"try {_told(n)}"
        api.deploy(at)
        api.deployments[-1]["environment"] = _told(n)
        api.run(at, "failure")
        api.runs[-1]["name"] = _told(n)


async def test_no_secret_in_any_way_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Posts, files, prompts, exports in every form, evidence, what is typed and shown, logs."""
    for room in ("analyzers", "bot", "collectors", "commands", "delivery", "egress", "reports", "sources", "writers"):
        caplog.set_level(logging.DEBUG, room)
    _repository(tmp_path / "shop")
    with github() as there:
        _forge(there)
        async with house(tmp_path, [f"git name=shop path={tmp_path / 'shop'}"]) as found:
            asked = await found.talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}")
            assert (await submit(found.talk, asked, {"token": TOKEN})).kind == "card"
            await found.reports_on("shop,gh")
            left = await found.run(commits)
            out = {"posts": json.dumps([*left.bodies.values()], ensure_ascii=False)}
            out["prompts"] = "".join(json.dumps(one.body, ensure_ascii=False) for one in found.provider.asked)
            for form in ("md", "html", "json", "csv"):
                exported = await found.talk.say(f"/report export last form={form}")
                out[form] = content(exported).decode("utf-8", "replace") if exported.files else text(exported)
            for n in (1, 3, 12, 20):
                out[f"why {n}"] = text(await found.talk.say(f"/report why last f{n}"))
            out["show"] = text(await found.talk.say("/report show last"))
    out["logs"] = "\n".join(str(record.getMessage()) for record in caplog.records)
    assert "•••" in out["posts"]
    assert "•••" in out["prompts"]
    wrong = {(where, secret) for where, said in out.items() for secret in SECRETS if secret in said}
    assert not wrong
