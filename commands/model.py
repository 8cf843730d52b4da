"""/model: the language models that may put reports into words, each with its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, JsonValue, SecretStr, ValidationError

from analyzers.words.access import CONFIGS, sealed
from analyzers.words.answer import Answer
from analyzers.words.prices import listed
from analyzers.words.schema import schema_of
from commands.cards import card, paragraphs, table
from commands.command import Command, Context, Nothing, Reply
from commands.forms import form_of
from commands.grammar import complaints
from commands.model_settings import Add, Edit, Named
from model.card import Action, Block, Tone
from model.errors import NarratorError, UsageError
from model.language import Message
from model.member import Role
from model.prompt import ModelAccess, ModelKind, Prompt, dollars
from reports.telling import Books, Teller
from storage.models import NamedModel
from storage.stores import Stores
from storage.usage import month_of
from storage.workspaces import WorkspaceSettings

_TRY = Prompt('Answer with the JSON {"sentences": []} and nothing else.', "Are you there?", schema_of(Answer), 200)


async def add(ctx: Context, args: Add) -> Reply:
    """Add a model; its key is sealed and never shown again."""
    config = _checked(ctx, args.kind, dict(args.model_extra or {}))
    name = args.name or args.kind
    async with ctx.write() as stores:
        await stores.models.add(name, args.kind, config, ctx.member.id)
        usual = (await stores.workspaces.settings()).models
    title = ctx.say("Model {name} added.", name=name)
    use = Action(ctx.say("Use it for all reports"), "arb settings", {"models": ", ".join((*usual, name))}, once=True)
    text = paragraphs(
        ctx.say("It reads the figures of a report, and what is named beside them; see docs/data-flow.md."),
        ctx.say("For one report: /report edit … model={name}", name=name),
    )
    return Reply(card(ctx.language, title, [text], (use, _try_it(ctx, name)), Tone.GOOD))


async def list_(ctx: Context, _: Nothing) -> Reply:
    """List the models, what they cost and what this month has cost."""
    async with ctx.read() as stores:
        kept = await stores.models.all()
        given = await ctx.house.models.of_operator(stores)
        settings = await stores.workspaces.settings()
        spent = await stores.usage.spent(month_of(ctx.house.clock.now()))
        known = {model.name: await _access(ctx, stores, model) for model in kept}
    found: Mapping[str, ModelAccess | None] = {**given, **known}
    if not found:
        text = paragraphs(ctx.say("Reports come in built-in words. Add one: /model add claude"))
        return Reply(card(ctx.language, ctx.say("There is no language model yet."), [text]))
    rows = [(name, *_reached(ctx, access), _use(ctx, name, settings)) for name, access in sorted(found.items())]
    head = (ctx.say("Name"), ctx.say("Model"), ctx.say("Price for a million tokens"), ctx.say("Used"))
    month = ctx.say("This month: {spent} of {most}.", spent=dollars(spent), most=dollars(settings.usd_a_month))
    read = [prices.read for access in found.values() if access and (prices := listed(access.kind)) is not None]
    lists = [ctx.say("Vendors' prices were read on {day}.", day=ctx.language.day(min(read)))] if read else []
    actions = [_try_it(ctx, name) for name in sorted(found)[:3]]
    blocks: list[Block] = [table(head, rows), paragraphs(month, *lists)]
    return Reply(card(ctx.language, ctx.say("Language models"), blocks, actions))


async def test(ctx: Context, args: Named) -> Reply:
    """Ask a model whether it is there; what that costs is counted."""
    shop = ctx.house
    async with ctx.read() as stores:
        access = await shop.models.named(stores, args.model)
    books = Books(shop.db, ctx.member.workspace, ctx.member.id, None)
    teller = Teller(books, shop.models, (access,), shop.clock)
    failed: NarratorError | None = None
    try:
        await teller.told(access, _TRY, shop.models.seconds)
    except NarratorError as error:
        failed = error
    async with ctx.write() as stores:
        await teller.along(stores)
    if failed is not None:
        raise UsageError("{by} says nothing: {why}.", hint=failed.hint, by=access.model, why=failed.message)
    title = ctx.say("{name} answers.", name=args.model)
    text = paragraphs(ctx.say("That was {model}, for {cost}.", model=access.model, cost=dollars(teller.spent)))
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Change how a model is reached; what is left out stays, its key too."""
    given = args.model_dump(exclude={"model"}, exclude_none=True)
    async with ctx.read() as stores:
        found = await stores.models.named(args.model)
        config = dict(await stores.models.config(found.id))
    if not given:
        values = {"model": found.name, **{name: config.get(name) for name in ("url", "usd_read", "usd_said")}}
        values |= {"vendors_name": config.get("model")}
        return Reply(form_of(ctx.language, ctx.say("Model {name}", name=found.name), "model edit", Edit, values))
    kept = _checked(ctx, found.kind, {**config, **_named_as_kept(given)})
    async with ctx.write() as stores:
        await stores.models.change(found.id, kept)
    title = ctx.say("Model {name} changed.", name=found.name)
    return Reply(card(ctx.language, title, (), (_try_it(ctx, found.name),), Tone.GOOD))


async def remove(ctx: Context, args: Named) -> Reply:
    """Forget a model with its key."""
    async with ctx.write() as stores:
        found = await stores.models.named(args.model)
        await stores.models.remove(found.id)
    text = paragraphs(ctx.say("Its key is forgotten. Reports that name it come in built-in words, and say so."))
    return Reply(card(ctx.language, ctx.say("Model {name} removed.", name=found.name), [text]))


def _checked(ctx: Context, kind: ModelKind, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """Return the configuration to keep. Raises UsageError where it cannot be used, or what it costs is not known."""
    try:
        config = CONFIGS[kind].model_validate(given)
    except ValidationError as error:
        missing, wrong = complaints(error)
        field, reason = next(iter(wrong.items()), (missing[0] if missing else "", Message("this is needed")))
        raise UsageError("That cannot be used as {field}: {reason}.", field=field, reason=reason) from None
    kept = sealed(config)
    ctx.house.models.access(kind, kept)
    return kept


async def _access(ctx: Context, stores: Stores, model: NamedModel) -> ModelAccess | None:
    found, _ = await ctx.house.models.chain(stores, (model.name,))
    return found[0] if found else None


def _named_as_kept(given: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Return what was given under the names of the configuration, secrets in the clear."""
    plain = {n: v.get_secret_value() if isinstance(v, SecretStr) else v for n, v in given.items()}
    return {"model" if name == "vendors_name" else name: value for name, value in plain.items()}


def _use(ctx: Context, name: str, settings: WorkspaceSettings) -> str:
    """Return for which reports a model is asked."""
    if name not in settings.models:
        return ctx.say("where a report names it")
    at = settings.models.index(name)
    return ctx.say("for all reports") if at == 0 else ctx.say("where the one before it fails")


def _reached(ctx: Context, access: ModelAccess | None) -> tuple[str, str]:
    """Return a model's own name, and its price; what is kept of it may not be readable any more."""
    if access is None:
        return "–", "–"
    price = access.price
    return access.model, ctx.say("{read} read, {said} said", read=dollars(price.fresh), said=dollars(price.said))


def _try_it(ctx: Context, name: str) -> Action:
    return Action(ctx.say("Try {name}", name=name), "model test", {"model": name})


def _further(values: Mapping[str, JsonValue]) -> type[BaseModel] | None:
    """Return the settings of the kind that is given."""
    kind = values.get("kind")
    return next((config for known, config in CONFIGS.items() if known == kind), None)


COMMANDS: tuple[Command[Any], ...] = (
    Command("model add", Message("Add a language model that may put reports into words."), "/model add claude", Add,
            add, Role.ADMIN, _further),
    Command("model list", Message("List the language models and what they cost."), "/model list", Nothing, list_,
            Role.EDITOR),
    Command("model test", Message("Ask a language model whether it is there."), "/model test claude", Named, test,
            Role.ADMIN),
    Command("model edit", Message("Change how a language model is reached."), "/model edit claude", Edit, edit,
            Role.ADMIN),
    Command("model remove", Message("Forget a language model with its key."), "/model remove claude", Named, remove,
            Role.ADMIN),
)  # fmt: skip
