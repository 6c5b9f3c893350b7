"""Where the server listens, and what it says when it cannot."""

import socket

import pytest

from bot.adapters.http.listening import Listen, address_of, bind
from bot.errors import OperatorMistake


def busy_port() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken


def test_a_busy_port_moves_to_the_next_free_one_where_it_may() -> None:
    with busy_port() as taken:
        port = taken.getsockname()[1]
        bound = bind(Listen(host="127.0.0.1", port=port, may_move=True), "FIREWARDEN_LISTEN")
        with bound:
            assert port < int(address_of(bound).rpartition(":")[2]) <= port + 49


def test_a_busy_port_that_was_configured_is_a_fault_of_its_setting() -> None:
    with busy_port() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OperatorMistake) as caught:
            bind(Listen(host="127.0.0.1", port=port), "FIREWARDEN_LISTEN")
    assert str(caught.value) == (
        f"FIREWARDEN_LISTEN: cannot listen on 127.0.0.1:{port}: Address already in use"
        " (choose another address)"
    )


@pytest.mark.parametrize("words", ["8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":80"])
def test_an_address_that_is_none_is_told_with_its_setting(words: str) -> None:
    with pytest.raises(OperatorMistake) as caught:
        Listen.parse(words, setting="FIREWARDEN_LISTEN")
    assert str(caught.value) == f"FIREWARDEN_LISTEN: {words!r} is not host:port (127.0.0.1:8080)"


def test_an_ipv6_address_is_written_with_brackets() -> None:
    listen = Listen.parse("[::1]:8080", setting="x")
    assert (listen.host, listen.port, str(listen)) == ("::1", 8080, "[::1]:8080")


@pytest.mark.parametrize(
    ("words", "loopback"),
    [("127.0.0.1:1", True), ("[::1]:1", True), ("localhost:1", True), ("0.0.0.0:1", False)],
)
def test_loopback_is_known(words: str, loopback: bool) -> None:  # noqa: FBT001 - a test's parameter
    assert Listen.parse(words, setting="x").loopback is loopback
