"""How a PostgreSQL is connected to: at addresses that were vetted, and with nothing out of the environment."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from collectors.sql_config import SqlConfig
from model.errors import SourceRefused, SourceUnavailable
from model.language import Message

_CONNECTING = 10  # seconds
_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


async def connected(config: SqlConfig, addresses: Sequence[str]) -> AsyncConnection:
    """Return a connection to one of the addresses; raises SourceError."""
    with ExitStack() as stack:
        parameters = _parameters(config, addresses, stack)
        try:
            async with asyncio.timeout(2 * _CONNECTING):
                return await AsyncConnection.connect(make_conninfo("", **parameters))
        except (psycopg.OperationalError, TimeoutError) as error:
            raise _no_connection(config.host or "", error) from None


def _parameters(config: SqlConfig, addresses: Sequence[str], stack: ExitStack) -> dict[str, str]:
    """Return all that libpq would otherwise look up in the environment."""
    times = len(addresses)
    found = {
        "host": ",".join([config.host or ""] * times),
        "hostaddr": ",".join(addresses),
        "port": ",".join([str(config.port)] * times),
        "dbname": config.dbname or "",
        "user": config.user or "",
        "password": config.password.get_secret_value() if config.password else "",
        "passfile": "/dev/null/none",
        "sslmode": {"off": "disable"}.get(config.tls, config.tls),
        "sslcertmode": "disable",
        "gssencmode": "disable",
        "connect_timeout": str(_CONNECTING),
        "application_name": "arb",
        "options": "-c default_transaction_read_only=on -c TimeZone=UTC -c lock_timeout=5000",
        "client_encoding": "UTF8",
        "target_session_attrs": "any",
    }
    if config.tls == "off":
        found["require_auth"] = "!password"  # no password in plain text over an open line
    if config.ca is not None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "ca.pem").write_text(config.ca, encoding="ascii", errors="replace")
        found["sslrootcert"] = str(folder / "ca.pem")
    elif config.tls == "verify-full":
        found["sslrootcert"] = _authorities()
    return found


def _authorities() -> str:
    """Return the file of the authorities that this machine trusts."""
    known = (ssl.get_default_verify_paths().cafile, *_AUTHORITIES)
    return next((path for path in known if path and Path(path).is_file()), "system")


def _no_connection(host: str, error: psycopg.OperationalError | TimeoutError) -> SourceRefused | SourceUnavailable:
    said = str(error).lower()
    state = error.sqlstate if isinstance(error, psycopg.OperationalError) else None
    if state in ("28P01", "28000") or "authentication failed" in said or "no password supplied" in said:
        return SourceRefused("The database at {host} refuses the user or the password.", host=host)
    if state == "3D000" or "does not exist" in said:
        return SourceRefused("The database at {host} has no such database or user.", host=host)
    if "certificate" in said or "ssl" in said:
        return SourceRefused(
            "The database at {host} is not reached over TLS as tls= asks for.",
            hint=Message("Give its authority's certificate as ca=, or look at what the server offers."),
            host=host,
        )
    return SourceUnavailable("The database at {host} does not answer.", host=host)
