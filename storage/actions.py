"""Actions: what a button means, sealed behind an opaque id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import insert, select, update

from model.card import Action, Card
from model.errors import Expired, UnknownName
from model.form import Form
from model.ids import MemberId, action_id
from model.language import Message
from storage.tables import ACTIONS
from storage.transaction import Transaction

_LIFETIME = timedelta(days=30)
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_FORM: TypeAdapter[Form] = TypeAdapter(Form)


class Actions:
    """The buttons of this workspace."""

    def __init__(self, transaction: Transaction) -> None:
        self._in = transaction

    async def bind(self, card: Card, who: MemberId | None) -> Card:
        """Keep what a card's buttons mean and return the card with their ids; None: whoever may press them."""
        bound = tuple(replace(action, id=action_id()) for action in card.actions)
        expires = self._in.clock.now() + _LIFETIME
        rows = [
            {
                "id": action.id,
                "workspace_id": self._in.workspace,
                "member_id": who,
                "action": self._in.seal(_ACTION.dump_python(action, mode="json"), ACTIONS, str(action.id)),
                "expires": expires,
            }
            for action in bound
        ]
        if rows:
            await self._in.connection.execute(insert(ACTIONS), rows)
        return replace(card, actions=bound)

    async def draft(self, form: Form, who: MemberId, place: Mapping[str, JsonValue] | None = None) -> Form:
        """Keep a form's draft, for whoever it was shown to alone, and return the form with its id.

        `place`: where it was asked for, which a submission does not say by itself.
        """
        card = await self.bind(Card("", (), "en", (form.submit,)), who)
        made = replace(form, submit=card.actions[0])
        sealed = None if place is None else self._in.seal(place, ACTIONS, str(made.submit.id))
        await self._write(made, place=sealed)
        return made

    async def form(self, id: str, member: MemberId) -> Form:
        """Return a form as its draft stands. Raises Expired, or UnknownName as `take` does."""
        action = await self.take(id, member)
        row = await self._in.first(select(ACTIONS.c.form).where(self._in.ours(ACTIONS), ACTIONS.c.id == id))
        if row is None or row.form is None:
            raise _unknown()
        form = _FORM.validate_python(self._in.opened(row.form, ACTIONS, id))
        return replace(form, submit=action)

    async def keep(self, id: str, member: MemberId, given: Mapping[str, str]) -> Form:
        """Keep values in a form's draft and return the form with them; a secret is never kept. Raises like `form`."""
        form = await self.form(id, member)
        open_ = {field.name for field in form.fields if field.control != "secret"} & given.keys()
        fields = tuple(
            replace(field, value=given[field.name] or None, error=None) if field.name in open_ else field
            for field in form.fields
        )
        values = {**form.submit.values, **{name: given[name] for name in open_}}
        kept = replace(form, fields=fields, submit=replace(form.submit, values=values))
        await self._write(kept)
        return kept

    async def _write(self, form: Form, **values: bytes | None) -> None:
        id = str(form.submit.id)
        sealed = {
            "action": self._in.seal(_ACTION.dump_python(form.submit, mode="json"), ACTIONS, id),
            "form": self._in.seal(_FORM.dump_python(form, mode="json"), ACTIONS, id),
        }
        here = (self._in.ours(ACTIONS), ACTIONS.c.id == id)
        await self._in.change(update(ACTIONS).where(*here).values({**sealed, **values}))

    async def place(self, id: str) -> Mapping[str, JsonValue] | None:
        """Return where a form was asked for; None where nobody said so."""
        row = await self._in.first(select(ACTIONS.c.place).where(self._in.ours(ACTIONS), ACTIONS.c.id == id))
        return None if row is None or row.place is None else self._in.opened(row.place, ACTIONS, id)

    async def take(self, id: str, member: MemberId) -> Action:
        """Return what a button means, as often as it is asked.

        Raises:
            Expired: it is too old.
            UnknownName: there is none, it is another workspace's or for somebody else: the same words for all three.
        """
        row = await self._in.first(select(ACTIONS).where(self._in.ours(ACTIONS), ACTIONS.c.id == id))
        if row is None or row.member_id not in (None, member):
            raise _unknown()
        if row.expires <= self._in.clock.now():
            raise Expired("This button is too old.", hint=Message("Say the command again."))
        return _ACTION.validate_python(self._in.opened(row.action, ACTIONS, id))


def _unknown() -> UnknownName:
    return UnknownName("There is no such button here.", hint=Message("Say the command again."))
