"""A request that Slack did not sign, however near it comes to one that it did, reaches nobody."""

import asyncio
import hashlib
import hmac
import random
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from multidict import CIMultiDict
from slack_bolt.async_app import AsyncApp

from bot.adapters.http.raw import RawHead, RawRequest
from bot.adapters.slack.door import PATH, Door
from bot.cli.main import main
from tests.support.clock import START, MovedClock

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
MUTATED = 100_000
BODY = urlencode(
    {"team_id": "T1", "user_id": "U1", "command": "/incident", "text": "list"}
).encode()
NOW = str(int(START.timestamp()))

Forgery = tuple[str, str, bytes]
"""Time stamp, signature, body."""


class Reached:
    """`Replays` that counts: a signature is only looked up once it was found to be Slack's."""

    def __init__(self) -> None:
        self.times = 0

    async def known(self, signature: str) -> bool:
        self.times += 1
        return True

    def take(self, signature: str) -> bool:
        raise AssertionError("what was known before is never taken")

    def keep(self, signature: str) -> None:
        raise AssertionError("what was known before is never taken")


def signed(stamp: str, body: bytes, secret: str = SECRET) -> str:
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def bit_of_the_body(luck: random.Random) -> Forgery:
    at = luck.randrange(len(BODY))
    body = BODY[:at] + bytes([BODY[at] ^ (1 << luck.randrange(8))]) + BODY[at + 1 :]
    return NOW, signed(NOW, BODY), body


def cut_or_longer_body(luck: random.Random) -> Forgery:
    body = luck.choice((BODY[: luck.randrange(len(BODY))], BODY + luck.randbytes(1), b"\n" + BODY))
    return NOW, signed(NOW, BODY), body


def another_stamp(luck: random.Random) -> Forgery:
    return str(int(NOW) + luck.choice((-1, 1)) * luck.randint(1, 299)), signed(NOW, BODY), BODY


def stamp_written_otherwise(luck: random.Random) -> Forgery:
    return luck.choice((f"0{NOW}", f"00{NOW}")), signed(NOW, BODY), BODY


def hex_of_the_signature(luck: random.Random) -> Forgery:
    right = signed(NOW, BODY)
    at = luck.randrange(3, len(right))
    other = luck.choice([c for c in "0123456789abcdefABCDEF" if c != right[at]])
    return NOW, right[:at] + other + right[at + 1 :], BODY


def cut_or_longer_signature(luck: random.Random) -> Forgery:
    right = signed(NOW, BODY)
    return (
        NOW,
        luck.choice((right[: luck.randrange(1, len(right))], f"{right}0", f"{right},")),
        BODY,
    )


def another_version(luck: random.Random) -> Forgery:
    right = signed(NOW, BODY)
    return NOW, luck.choice(("v1=", "V0=", "v0:", "", "v0= ", "v0==")) + right[3:], BODY


def another_secret(luck: random.Random) -> Forgery:
    secret = luck.choice(("", " ", SECRET[:-1], SECRET.upper(), luck.randbytes(16).hex()))
    return NOW, signed(NOW, BODY, secret), BODY


def border_moved(luck: random.Random) -> Forgery:
    """Sign the same bytes with another border between time stamp and body."""
    inner = b"1:" + BODY
    return (
        f"{NOW}",
        signed(f"{NOW}:1", BODY),
        luck.choice((inner + b"&", b":" + inner, BODY + b":")),
    )


FORGERIES: tuple[Callable[[random.Random], Forgery], ...] = (
    bit_of_the_body,
    cut_or_longer_body,
    another_stamp,
    stamp_written_otherwise,
    hex_of_the_signature,
    cut_or_longer_signature,
    another_version,
    another_secret,
    border_moved,
)


def headers(stamp: str, signature: str) -> Mapping[str, str]:
    return CIMultiDict(
        {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature, "Host": "x"}
    )


async def status(door: Door, forgery: Forgery) -> int:
    stamp, signature, body = forgery
    head = RawHead(path=PATH, query={}, headers=headers(stamp, signature), cookies={}, captured={})
    route = door.route()
    assert route.admit is not None
    early = route.admit(head)
    if early is not None:
        return early.status
    answer = await route.endpoint(RawRequest(head, body))
    status: int = getattr(answer, "status")  # noqa: B009 - a stream has none, and would fail here
    return status


def door(reached: Reached, now: datetime = START) -> Door:
    app = AsyncApp(token="xoxb-test", signing_secret=SECRET)
    return Door(app=app, secret=SECRET, clock=MovedClock(now), replays=reached)


async def test_a_hundred_thousand_mutated_requests_of_slacks_are_all_refused() -> None:
    luck, reached = random.Random(7), Reached()
    entered = door(reached)
    for number in range(MUTATED):
        forgery = FORGERIES[number % len(FORGERIES)](luck)
        assert forgery != (NOW, signed(NOW, BODY), BODY)
        assert await status(entered, forgery) == 401, forgery
        if number % 1_000 == 0:
            await asyncio.sleep(0)  # the test's own time limit is heard
    assert reached.times == 0


async def test_the_request_that_was_not_mutated_would_have_been_slacks() -> None:
    reached = Reached()
    await status(door(reached), (NOW, signed(NOW, BODY), BODY))
    assert reached.times == 1


@pytest.mark.parametrize("secret", ["", " ", "\t"])
def test_a_start_with_an_empty_signing_secret_ends_with_status_2(
    secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-test")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", secret)
    assert main(["serve"]) == 2
    assert "SLACK_SIGNING_SECRET" in capsys.readouterr().err


def test_a_start_without_any_signing_secret_or_socket_ends_with_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-test")
    monkeypatch.delenv("SLACK_SIGNING_SECRET", raising=False)
    monkeypatch.delenv("SLACK_APP_TOKEN", raising=False)
    assert main(["serve"]) == 2
    assert "SLACK_SIGNING_SECRET" in capsys.readouterr().err
