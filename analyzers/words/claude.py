"""Claude, by Anthropic's SDK.

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from analyzers.words.hearing import RETRIES, End, Hearing, hearing, loaded
from egress.client import Egress
from model.prompt import ModelAccess, Prompt, Tokens, Told, unheard

if TYPE_CHECKING:
    from anthropic.types import MessageDeltaUsage, RawMessageStreamEvent, Usage


_ENDS: Mapping[str, End] = {
    "refusal": "refused",
    "max_tokens": "long",
    "model_context_window_exceeded": "long",
    "tool_use": "tool",
    "pause_turn": "tool",
}


class Claude:
    """A model of Anthropic's."""

    def __init__(self, access: ModelAccess, egress: Egress) -> None:
        self._access = access
        self._egress = egress

    async def ask(self, prompt: Prompt, seconds: float, heard: Callable[[str], None] = unheard) -> Told:
        """Return the whole answer; see LanguageModel."""
        await loaded("anthropic")
        import anthropic

        async with hearing(prompt, seconds, heard, anthropic.AnthropicError) as one:
            client = anthropic.AsyncAnthropic(
                api_key=self._access.key.get_secret_value() if self._access.key else "",
                base_url=self._access.url,
                http_client=self._egress.client(one.limits),
                max_retries=RETRIES,
                timeout=seconds,
                open_telemetry=False,  # what is asked goes to the vendor and nowhere else
            )
            stream = await client.messages.create(
                model=self._access.model,
                max_tokens=prompt.most,
                # Everything before the data is the same for every run: the vendor keeps it for five minutes.
                system=[{"type": "text", "text": prompt.orders, "cache_control": {"type": "ephemeral"}}],
                messages=[{"role": "user", "content": prompt.data}],
                output_config={"format": {"type": "json_schema", "schema": dict(prompt.schema)}},
                stream=True,
            )
            async with stream:
                async for event in stream:
                    _hear(one, event)
            return one.whole()


def _hear(one: Hearing, event: RawMessageStreamEvent) -> None:
    match event.type:
        case "message_start":
            one.begun, one.tokens = True, _tokens(event.message.usage, one.tokens)
        case "content_block_delta" if event.delta.type == "text_delta":
            one.add(event.delta.text)
        case "message_delta":
            one.tokens = _tokens(event.usage, one.tokens)
            one.end(_ENDS.get(event.delta.stop_reason or "", "done"))
        case _:
            pass


def _tokens(usage: Usage | MessageDeltaUsage, before: Tokens) -> Tokens:
    """Return what was used so far; the last event need not repeat what the first has said."""
    return Tokens(
        fresh=before.fresh if usage.input_tokens is None else usage.input_tokens,
        cached=before.cached if usage.cache_read_input_tokens is None else usage.cache_read_input_tokens,
        kept=before.kept if usage.cache_creation_input_tokens is None else usage.cache_creation_input_tokens,
        said=usage.output_tokens,
    )
