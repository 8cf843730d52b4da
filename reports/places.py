"""Where a report goes: names of destinations → addresses."""

from __future__ import annotations

from collections.abc import Sequence

from model.delivery import Address, Platform
from model.errors import UnknownName
from model.language import Message
from model.member import Member
from storage.stores import Stores


async def addresses_of(stores: Stores, names: Sequence[str], member: Member) -> tuple[Address, ...]:
    """Return the addresses of destinations; "terminal" is the member's own. Raises UnknownName."""
    account = await stores.workspaces.account()
    users = [one.user for one in await stores.members.identities(member.id) if one.platform == Platform.TERMINAL]
    found = []
    for name in names:
        if name != "terminal":
            found.append((await stores.destinations.named(name)).address)
        elif users:
            found.append(Address(Platform.TERMINAL, account, users[0]))
        else:
            hint = Message("All of them: /destination list")
            raise UnknownName("There is no destination called {name}.", hint=hint, name=name)
    return tuple(found)
