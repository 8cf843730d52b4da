"""Language models by their vendors' own SDKs, against stand-ins that speak their protocols and fail in every way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import get_args

import pytest
from pydantic import JsonValue, SecretStr, TypeAdapter

from analyzers.words.models import MODELS, model_of
from analyzers.words.prices import listed, price_of
from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.errors import NarratorError
from model.prompt import ModelAccess, ModelKind, Price, Prompt, Tokens
from tests.support.model_provider import FAILURES, KEY, Failure, Provider, model_provider

KINDS: tuple[ModelKind, ...] = get_args(ModelKind)
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"sentences": {"type": "array", "items": {"type": "string"}}},
    "required": ["sentences"],
    "additionalProperties": False,
}
PROMPT = Prompt("Say what happened. " * 100, "<data>f1 commits 12</data>", SCHEMA)
PRICE = Price(Decimal(2), Decimal(10), Decimal("0.2"), Decimal("2.5"))
# What stays valid JSON in the right form, or is any text at all, is for the reader of the words and for the gate.
_HEARD: tuple[Failure, ...] = ("not-json", "wrong-schema", "wrong-language")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        made.says = lambda _: {"sentences": ["커밋이 {f1}개 있었습니다."]}
        yield made


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(SystemClock(), Allowed.parse(("127.0.0.1",)))
    yield made
    await made.aclose()


def access(provider: Provider, kind: ModelKind, key: str = KEY) -> ModelAccess:
    found = listed(kind)
    return ModelAccess(kind, found.usual if found else "own-1", provider.url_of(kind), PRICE, SecretStr(key))


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer(provider: Provider, egress: Egress, kind: ModelKind) -> None:
    """It comes in pieces, whole, with what was used; the second time what is the same for all is read from a cache."""
    model = model_of(access(provider, kind), egress)
    pieces: list[str] = []
    first = await model.ask(PROMPT, 10, pieces.append)
    assert json.loads(first.text) == provider.says(provider.asked[0])
    assert len(pieces) > 1
    assert "".join(pieces) == first.text
    second = await model.ask(PROMPT, 10)
    orders, data = len(PROMPT.orders) // 4, len(PROMPT.data) // 4
    assert second.tokens == Tokens(fresh=data, cached=orders, said=len(first.text) // 4)
    assert PRICE.of(second.tokens) < PRICE.of(first.tokens) <= PRICE.most(PROMPT)


@pytest.mark.some(of=lambda case: case["kind"] in ("claude", "custom"))
@pytest.mark.parametrize("kind", KINDS)
async def test_every_failure_is_one_error_in_words(provider: Provider, egress: Egress, kind: ModelKind) -> None:
    """In time, whatever happens, without the key or the vendor's own words, and with what is known of its cost."""
    model = model_of(access(provider, kind), egress)
    for failure in FAILURES:
        provider.always = failure
        if failure in _HEARD:
            assert (await model.ask(PROMPT, 10)).text
            continue
        asked = len(provider.asked)
        with pytest.raises(NarratorError) as caught:
            await model.ask(PROMPT, 0.6 if failure in ("timeout", "drip") else 10)
        said = caught.value.message.plain()
        assert said, failure
        assert not any(secret in said for secret in (KEY, "later, perhaps", "127.0.0.1")), failure
        tries = len(provider.asked) - asked
        assert tries == (3 if failure in ("429", "529", "500") else 1), failure
        counted = failure in ("refusal", "over-long", "tool_use", "empty")
        assert (caught.value.tokens is not None) == counted, failure
        assert caught.value.doubtful == (failure in ("timeout", "drip", "cut", "huge")), failure


async def test_requests_are_what_the_sdks_say(provider: Provider, egress: Egress) -> None:
    """Bodies pass the vendors' own types; no tools, no sampling; the key goes nowhere but into its header."""
    for kind in KINDS:
        await model_of(access(provider, kind), egress).ask(PROMPT, 10)
    from anthropic.types.message_create_params import MessageCreateParamsStreaming
    from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

    claude, *others = provider.asked
    TypeAdapter(MessageCreateParamsStreaming).validate_python(claude.body)
    for one in others:
        TypeAdapter(CompletionCreateParamsStreaming).validate_python(one.body)
    assert [one.path for one in provider.asked] == [
        "/v1/messages", "/v1/chat/completions", "/v1beta/openai/chat/completions", "/own/v1/chat/completions",
    ]  # fmt: skip
    for one in provider.asked:
        assert not {"tools", "temperature", "top_p"} & one.body.keys()
        assert KEY not in json.dumps(one.body)
        assert one.key == KEY
    assert claude.body["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert others[0].body["max_completion_tokens"] == others[1].body["max_tokens"] == PROMPT.most


async def test_what_cannot_be_reached_costs_nothing(provider: Provider, egress: Egress, unused_tcp_port: int) -> None:
    """A wrong key, an address inside, an address where nobody is: nothing is used, and the hint says what to do."""
    strict = Egress(SystemClock())
    cases = [
        (access(provider, "gpt", "sk-CANARY-wrong-0123456789"), egress, "does not accept the key"),
        (access(provider, "custom"), strict, "cannot be reached"),
        (ModelAccess("custom", "own", f"http://127.0.0.1:{unused_tcp_port}", PRICE, None), egress, "cannot be reached"),
    ]
    for one, way, words in cases:
        with pytest.raises(NarratorError) as caught:
            await model_of(one, way).ask(PROMPT, 10)
        assert words in caught.value.message.plain()
        assert "CANARY" not in f"{caught.value.message} {caught.value.hint}"
        assert caught.value.tokens is None
        assert not caught.value.doubtful
        assert caught.value.hint is not None
    await strict.aclose()


async def test_an_endpoint_that_does_not_count(provider: Provider, egress: Egress) -> None:
    """It is counted by what went there and came back: never less than a vendor would count."""
    provider.counts = False
    told = await model_of(access(provider, "custom"), egress).ask(PROMPT, 10)
    assert told.tokens.fresh == PROMPT.size
    assert told.tokens.said >= len(told.text) // 4


def test_the_list() -> None:
    """Every vendor has one model that is usual, with a price; a dated name costs what its model does."""
    assert set(MODELS) == set(KINDS)
    for kind in KINDS:
        found = listed(kind)
        assert (found is None) == (kind == "custom")
        if found is not None:
            usual = price_of(kind, found.usual)
            assert usual is not None
            assert usual.cached <= usual.fresh <= usual.said
            assert price_of(kind, f"{found.usual}-20260901") == usual
            assert price_of(kind, f"{found.usual}-pro") is None
    assert price_of("gpt", "gpt-6-sol-2026-09-22") == price_of("gpt", "gpt-6-sol")
    assert price_of("custom", "llama") is None
