"""Which addresses may be reached: the public internet on its two ports, and what the operator has opened.

The table is our own: `ipaddress.is_private` and `is_global` let through carrier-grade NAT, NAT64, 6to4, multicast and
the addresses at which clouds hand out credentials.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from model.errors import ConfigError
from model.language import Message

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})
_PUBLIC_V6 = IPv6Network("2000::/3")  # all other IPv6: loopback, mapped, NAT64, unique local, link-local, multicast
_NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",  # link-local; most clouds' metadata at 169.254.169.254
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, which carries an IPv4 address, among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label that makes getaddrinfo read the name as a number
_ENTRY = re.compile(r"(?P<host>\[[^\]]+\]|[^:]+|[^\[\]]*:[^\[\]]*:[^\[\]]*)(:(?P<port>[0-9]{1,5}))?")
_FORM = Message("Write hosts and networks, separated by commas: localhost, 10.0.0.0/8, git.acme.example:8443")


def is_public(address: Address) -> bool:
    """Tell whether an address lies on the public internet."""
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return not any(address.version == network.version and address in network for network in _NOT_PUBLIC)


def is_ours(address: Address) -> bool:
    """Tell whether an address is one of this machine's own: only such a one can be bound."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((str(address), 0))
        return True
    return False


def literal(host: str) -> Address | None:
    """Return the address that a host is, written the one way that addresses are written; None: it is a name."""
    try:
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None


def is_name(host: str) -> bool:
    """Tell whether a host, in lower-case ASCII, is a name and can be read as nothing else."""
    return _NAME.fullmatch(host) is not None and _NUMBER.fullmatch(host.rpartition(".")[2]) is None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator has opened besides the public internet; a port of None stands for all ports."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """Read `host`, `network` or either with `:port`. Raises ConfigError."""
        names: set[tuple[str, int | None]] = set()
        networks: list[tuple[Network, int | None]] = []
        for entry in entries:
            found = _ENTRY.fullmatch(entry)
            host = found["host"].strip("[]").lower() if found else ""
            port = int(found["port"]) if found and found["port"] else None
            try:
                networks.append((ip_network(host), port))
            except ValueError:
                if not is_name(host) or (port is not None and not 0 < port < 65536):
                    raise ConfigError(
                        "ARB_EGRESS_ALLOW cannot be used: {entry} is no host and no network.", hint=_FORM, entry=entry
                    ) from None
                names.add((host, port))
        return cls(frozenset(names), tuple(networks))

    def name(self, host: str, port: int) -> bool:
        """Tell whether a name is opened, wherever it leads."""
        return (host, None) in self.names or (host, port) in self.names

    def address(self, address: Address, port: int) -> bool:
        """Tell whether an address is opened."""
        return any(
            address.version == network.version and address in network and opened in (None, port)
            for network, opened in self.networks
        )
