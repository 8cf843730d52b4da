"""Code of the stores that one thread runs from its beginning to its end: the answer of each statement is there at once.

So a transaction of ten statements changes threads once, not ten times, and does not wait as often for the loop to have
nothing else to do while everybody else waits for the write lock.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_T = TypeVar("_T")
_Found = CursorResult[*tuple[Any, ...]]


class Here(AsyncConnection):
    """A connection that is spoken to as if its answers had to be waited for."""

    def __init__(self, of: AsyncEngine, connection: Connection) -> None:
        super().__init__(of, connection)
        self._here = connection

    @property
    def driver(self) -> object:
        """Return the driver's own connection."""
        return self._here.connection.driver_connection

    async def execute(self, statement: Executable, parameters: Any = None, *, execution_options: Any = None) -> _Found:
        """Execute a statement; what scalar() and scalars() do rests on this."""
        return self._here.execute(statement, parameters, execution_options=execution_options)

    async def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> _Found:
        """Execute a statement as it stands."""
        return self._here.exec_driver_sql(statement, parameters, execution_options)

    def stream(self, *_: object, **__: object) -> NoReturn:
        """Refuse: everybody else waits."""
        raise TypeError("nothing is streamed in what is done at once")


def done(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what comes of work that waits for nothing; raises TypeError for any other."""
    try:
        work.send(None)
    except StopIteration as over:
        return cast("_T", over.value)
    work.close()
    raise TypeError("what is done at once waits for something else")
