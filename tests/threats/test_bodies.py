"""Bodies that want to cost more to read than to send: each is refused fast, and none is a crash."""

import asyncio
import gzip
import time

import pytest

from bot.adapters.http.alerts import AlertIntake
from bot.errors import UserMistake
from handlers.alerts import SOURCES
from tests.unit.http.doubles import RememberingDispatch, StillClock
from tests.unit.http.serving import read_response, serving

TOKEN = "s3cret"
MEMBERS = 40_000
A_MOMENT = 2.0
"""Seconds that any of these may take to be refused."""

DEEP = b"[" * 100_000 + b"]" * 100_000
BOMBS = {
    "nested lists": DEEP,
    "nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested in a label": b'{"alerts":[{"labels":' + DEEP + b"}]}",
    "never closed": b"[" * 1_000_000,
    "a number of a million digits": b'{"dedup_key":' + b"9" * 1_000_000 + b"}",
    "a huge exponent": b'{"dedup_key":1e999999999}',
    "a million keys": b"{" + b",".join(b'"%d":1' % n for n in range(1_000_000 // 12)) + b"}",
    "one key a hundred thousand times": b"{" + b",".join([b'"title":"x"'] * 100_000) + b"}",
    "half a surrogate": b'{"dedup_key":"k","title":"\\ud800","labels":{"a":"\\udfff"}}',
    "no text": bytes(range(256)) * 1_000,
    "nothing": b"",
    "gzip without saying so": gzip.compress(b"[]"),
}


@pytest.mark.parametrize("source", sorted(SOURCES))
@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_no_source_reads_a_bomb_for_long_or_falls_over_it(source: str, bomb: str) -> None:
    began = time.process_time()
    try:
        received = SOURCES[source].parse(BOMBS[bomb])
    except UserMistake:
        received = None
    assert time.process_time() - began < A_MOMENT
    assert received is None or len(received.alerts) + len(received.malformed) <= 1


async def answered(request: bytes) -> int:
    """Send bytes as they are; returns the status."""
    intake = AlertIntake(
        alerts=RememberingDispatch(),
        clock=StillClock(),
        sources=dict(SOURCES),
        secrets=dict.fromkeys(SOURCES, (TOKEN,)),
    )
    async with serving([intake.route()]) as address:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        began = time.process_time()
        status, _, _ = await read_response(reader)
        assert time.process_time() - began < A_MOMENT
        writer.close()
        return status


def post(body: bytes, *headers: str) -> bytes:
    lines = (
        "POST /alerts/generic HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {TOKEN}",
        f"Content-Length: {len(body)}",
        *headers,
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "x"])
async def test_forty_thousand_compressed_members_are_refused_by_their_header(encoding: str) -> None:
    members = gzip.compress(b"") * MEMBERS
    assert await answered(post(members, f"Content-Encoding: {encoding}")) == 415


async def test_forty_thousand_headers_are_refused() -> None:
    many = [f"X-{n}: {n}" for n in range(40_000)]
    assert await answered(post(b"{}", *many)) == 400


async def test_one_header_of_a_megabyte_is_refused() -> None:
    assert await answered(post(b"{}", f"X-Long: {'x' * 1_000_000}")) == 400


@pytest.mark.parametrize(
    "length", ["-1", "+2", "2, 2", "0x2", "2 2", "\u0662", "9" * 30, "", "1e1", "2.0"]
)
async def test_a_length_that_is_no_length_is_refused(length: str) -> None:
    lines = ("POST /alerts/generic HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}")
    head = "\r\n".join((*lines, f"Content-Length: {length}"))
    assert await answered(head.encode() + b"\r\n\r\n{}") in {400, 413}


async def test_two_ways_to_say_how_long_it_is_are_refused() -> None:
    request = post(b"0\r\n\r\n", "Transfer-Encoding: chunked")
    assert await answered(request) == 400
