"""An argument vector arrives at the program byte for byte."""

import asyncio
import random

import pytest

from bot.errors import Refused
from bot.ports import CommandResult
from bot.values import Login
from tests.contract.executor.conftest import BOTH_LOGINS, Stand

NASTY = (
    "plain",
    "",
    "two words",
    "'single' \"double\" `back`",
    "$HOME ${PATH} $(id) ; & | < > ( ) { } ! # ~ * ? [a-z]",
    "-oProxyCommand=x",
    "--",
    "+",
    "+101",
    "a+b",
    "back\\slash \\n \\0101",
    "line\nline\n",
    "\ttab\r\a\x01\x7f",
    "héllo 漢字 🔥 \uff10.\uff10.\uff10.\uff10",
    "\udcff\udcfe not UTF-8",
    "%s%n",
    "trailing space ",
    "=cmd",
    "^up",
)


@BOTH_LOGINS
async def test_every_kind_of_argument_arrives_byte_for_byte(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    result = await run("contract-argv", *NASTY)

    assert result.stdout.text.split("\n")[:-1] == [_hex(word) for word in NASTY]
    assert result.exit_status == 0


async def test_random_argument_vectors_arrive_byte_for_byte(stand: Stand) -> None:
    chance = random.Random(7)
    vectors = [tuple(_random_word(chance) for _ in range(12)) for _ in range(20)]

    results = await asyncio.gather(
        *(stand.observe("contract-argv", *words) for words in vectors),
        *(stand.change("contract-argv", *words) for words in vectors),
    )

    assert [_words(result) for result in results] == [
        [_hex(word) for word in words] for words in [*vectors, *vectors]
    ]


@BOTH_LOGINS
async def test_an_argument_with_a_nul_byte_is_refused(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    with pytest.raises(Refused, match="NUL"):
        await run("contract-argv", "a\0b")


@BOTH_LOGINS
async def test_a_line_that_no_shell_would_take_is_refused(stand: Stand, login: Login) -> None:
    run = stand.on(login)

    with pytest.raises(Refused, match="line"):
        await run("contract-argv", "x" * 200_000)


def _words(result: CommandResult) -> list[str]:
    return result.stdout.text.split("\n")[:-1]


def _hex(word: str) -> str:
    return word.encode("utf-8", "surrogateescape").hex()


def _random_word(chance: random.Random) -> str:
    raw = bytes(chance.randrange(1, 256) for _ in range(chance.randrange(24)))
    return raw.decode("utf-8", "surrogateescape")
