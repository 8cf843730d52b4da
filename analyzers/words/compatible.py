"""Models that speak as OpenAI's do, by its SDK.

https://developers.openai.com/api/reference/chat
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from analyzers.words.hearing import RETRIES, End, Hearing, hearing, loaded
from analyzers.words.prices import listed, price_of
from egress.client import Egress
from model.prompt import ModelAccess, Prompt, Tokens, Told, unheard

if TYPE_CHECKING:
    import openai
    from openai import AsyncStream
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk

_NO_KEY = "none"  # the SDK insists on one; an endpoint that asks for none looks at none
_ENDS: Mapping[str, End] = {
    "length": "long",
    "content_filter": "refused",
    "tool_calls": "tool",
    "function_call": "tool",
}


class Compatible:
    """A model behind an endpoint of that form."""

    counts_thinking: ClassVar[bool] = False  # the vendor's word for the most tokens: max_completion_tokens

    def __init__(self, access: ModelAccess, egress: Egress) -> None:
        self._access = access
        self._egress = egress

    async def ask(self, prompt: Prompt, seconds: float, heard: Callable[[str], None] = unheard) -> Told:
        """Return the whole answer; see LanguageModel."""
        await loaded("openai")
        import openai

        async with hearing(prompt, seconds, heard, openai.OpenAIError) as one:
            client = openai.AsyncOpenAI(
                api_key=self._access.key.get_secret_value() if self._access.key else _NO_KEY,
                base_url=self._access.url,
                http_client=self._egress.client(one.limits),
                max_retries=RETRIES,
                timeout=seconds,
            )
            async with await self._asked(client, prompt) as stream:
                async for chunk in stream:
                    _hear(one, chunk)
            return one.whole()

    async def _asked(self, client: openai.AsyncOpenAI, prompt: Prompt) -> AsyncStream[ChatCompletionChunk]:
        import openai

        kind, model = self._access.kind, self._access.model
        found = listed(kind) if price_of(kind, model) is not None else None
        return await client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": prompt.orders}, {"role": "user", "content": prompt.data}],
            max_completion_tokens=prompt.most if self.counts_thinking else openai.omit,
            max_tokens=openai.omit if self.counts_thinking else prompt.most,
            reasoning_effort=found.effort if found and found.effort else openai.omit,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "words", "schema": dict(prompt.schema), "strict": True},
            },
            stream=True,
            stream_options={"include_usage": True},
        )


def _hear(one: Hearing, chunk: ChatCompletionChunk) -> None:
    one.begun = True
    if chunk.usage is not None:
        one.tokens = _tokens(chunk.usage)
    for choice in chunk.choices:
        one.add(choice.delta.content or "")
        if choice.delta.tool_calls:
            one.end("tool")
        if choice.delta.refusal:
            one.end("refused")
        if choice.finish_reason is not None:
            one.end(_ENDS.get(choice.finish_reason, "done"))


def _tokens(usage: CompletionUsage) -> Tokens:
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    kept = (details.cache_write_tokens or 0) if details else 0
    return Tokens(usage.prompt_tokens - cached - kept, cached, kept, usage.completion_tokens)
