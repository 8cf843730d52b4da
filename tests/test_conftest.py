"""The guard around the tests themselves."""

import socket

import pytest


def test_sockets_to_elsewhere_are_refused_and_recorded(stays_here: list[str]) -> None:
    with socket.socket() as tried, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        tried.connect(("192.0.2.1", 80))
    with pytest.raises(PermissionError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)
    assert stays_here == ["socket.connect 192.0.2.1", "socket.getaddrinfo example.org"]
    stays_here.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as made:
        assert made.getpeername() == server.getsockname()
