"""A platform that is no longer connected: a human is told, nothing is tried for ever."""

import pytest

from bot.adapters.memory.chat import MemoryChat
from bot.errors import Refused
from bot.usecases.delivering.carrier import chat_of


def test_a_platform_that_is_not_connected_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="slack is not connected here"):
        chat_of({}, "slack")


def test_a_connected_platform_is_found() -> None:
    chat = MemoryChat(people=frozenset())
    assert chat_of({"memory": chat}, "memory") is chat
