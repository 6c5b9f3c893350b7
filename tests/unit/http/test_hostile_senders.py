"""Senders that are slow, endless or malformed cost little and get an answer or nothing."""

import asyncio
import zlib
from collections.abc import AsyncGenerator

from bot.adapters.http.raw import RawRequest, RawResponse, RawStream, text
from bot.adapters.http.routes import Caller, Route
from bot.adapters.http.server import Limits
from tests.support.waiting import until
from tests.unit.http.serving import connect, read_response, say, serving

HASTY = Limits(within=0.05, idle=0.2, linger=0.05, streams=1, notice=0.05)


async def echo(request: RawRequest) -> RawResponse:
    return text(200, f"{len(request.body)}")


async def endless(_: RawRequest) -> RawStream:
    async def events() -> AsyncGenerator[bytes, None]:
        yield b"event: hello\n\n"
        await asyncio.Event().wait()

    return RawStream(events=events())


ROUTES = (
    Route(method="POST", pattern="/hook", endpoint=echo, caller=Caller.MACHINE),
    Route(method="GET", pattern="/live", endpoint=endless, caller=Caller.MACHINE, streams=True),
)


def begun(address: str) -> bytes:
    """Return the first of nine bytes of a body."""
    return f"POST /hook HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\nx".encode()


async def test_a_body_that_trickles_in_is_408() -> None:
    async with serving(ROUTES, limits=HASTY) as address:
        reader, writer = await connect(address)
        writer.write(begun(address))
        status, _, body = await read_response(reader)
        writer.close()
    assert (status, body) == (408, "The body did not arrive in time.\n")


async def test_a_head_that_trickles_in_is_hung_up_on() -> None:
    async with serving(ROUTES, limits=HASTY) as address:
        reader, writer = await connect(address)
        writer.write(b"POST /hook HTTP/1.1\r\nHost: ")
        assert await reader.read() == b""
        writer.close()


async def test_a_connection_that_says_nothing_is_hung_up_on() -> None:
    async with serving(ROUTES, limits=HASTY) as address:
        reader, writer = await connect(address)
        assert await reader.read() == b""
        writer.close()


async def test_ten_thousand_headers_are_refused() -> None:
    many = "\n".join(f"X-{n}: {n}" for n in range(10_000))
    async with serving(ROUTES) as address:
        status, _, _ = await say(address, f"POST /hook HTTP/1.1\n{many}")
    assert status == 400


async def test_a_bomb_is_refused_by_its_header() -> None:
    bomb = zlib.compress(b"\0" * 10_000_000)
    async with serving(ROUTES) as address:
        reader, writer = await connect(address)
        head = (
            f"POST /hook HTTP/1.1\r\nHost: {address}\r\nContent-Encoding: deflate\r\n"
            f"Content-Length: {len(bomb)}\r\n\r\n"
        )
        writer.write(head.encode() + bomb)
        status, _, _ = await read_response(reader)
        writer.close()
    assert status == 415


async def test_a_body_cut_off_by_its_sender_reaches_nobody() -> None:
    reached: list[int] = []

    async def note(request: RawRequest) -> RawResponse:
        reached.append(len(request.body))
        return text(200, "")

    route = Route(method="POST", pattern="/hook", endpoint=note, caller=Caller.MACHINE)
    async with serving([route], limits=HASTY) as address:
        _, writer = await connect(address)
        writer.write(begun(address))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await say(address, "POST /hook HTTP/1.1\n\nwhole"))[0] == 200
    assert reached == [5]


async def test_a_small_route_takes_64_kib_and_not_a_byte_more() -> None:
    async with serving(ROUTES) as address:
        fits = await say(address, f"POST /hook HTTP/1.1\n\n{'x' * 65_536}")
        longer = await say(address, f"POST /hook HTTP/1.1\n\n{'x' * 65_537}")
    assert (fits[0], fits[2]) == (200, "65536\n")
    assert longer[0] == 413


async def test_a_closed_stream_makes_room_for_the_next_one() -> None:
    async with serving(ROUTES, limits=HASTY) as address:
        for _ in range(3):
            assert await until(lambda: opened(address))


async def opened(address: str) -> bool:
    """Open a stream and close it again; whether there was room for it."""
    reader, writer = await connect(address)
    get = f"GET /live HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    writer.write(get.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.startswith(b"HTTP/1.1 200")


async def test_one_stream_too_many_is_asked_to_come_again() -> None:
    get = "GET /live HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\n\r\n"
    async with serving(ROUTES, limits=HASTY) as address:
        reader, writer = await connect(address)
        writer.write(get.format(address).encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        status, headers, _ = await say(
            address, f"GET /live HTTP/1.1\nHost: {address}\nSec-Fetch-Site: same-origin"
        )
        assert (status, headers["retry-after"]) == (503, "5")
        writer.close()


async def test_stopping_ends_open_streams() -> None:
    async with serving(ROUTES) as address:
        reader, writer = await connect(address)
        get = f"GET /live HTTP/1.1\r\nHost: {address}\r\nSec-Fetch-Site: same-origin\r\n\r\n"
        writer.write(get.encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    rest = await reader.read()
    writer.close()
    assert b"event: hello" in rest
