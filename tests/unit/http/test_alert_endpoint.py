"""What senders of alerts get: proof first, durable before 202, and trouble made visible."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.adapters.http.alerts import ALERT_BODY, AlertIntake
from bot.domain.alerts import AlertStatus
from bot.errors import Unavailable
from bot.requests import AlertsReceived
from tests.unit.http.doubles import LineSource, RememberingDispatch, StillClock
from tests.unit.http.serving import connect, read_response, say, serving

GOOD = "POST /alerts/line HTTP/1.1\nAuthorization: Bearer s3cret"


@asynccontextmanager
async def intake(dispatch: RememberingDispatch) -> AsyncIterator[str]:
    endpoint = AlertIntake(
        alerts=dispatch,
        clock=StillClock(),
        sources={"line": LineSource(), "tokenless": LineSource()},
        secrets={"line": ("s3cret",)},
    )
    async with serving([endpoint.route()]) as address:
        yield address


def staying(address: str) -> bytes:
    """Return a good body of a sender that keeps its connection."""
    return f"{GOOD}\nHost: {address}\nContent-Length: 2\n\nok".replace("\n", "\r\n").encode()


async def test_a_body_is_answered_202_after_it_was_taken() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, _, body = await say(address, f"{GOOD}\n\nok")
    assert (status, body) == (202, "")
    assert dispatch.bodies == [AlertsReceived(source="line", alerts=())]


async def test_a_sender_that_stays_is_answered_the_same_each_time_with_the_date_of_its_own() -> (
    None
):
    dispatch = RememberingDispatch()
    before = int(time.time())
    async with intake(dispatch) as address:
        reader, writer = await connect(address)
        for _ in range(2):
            writer.write(staying(address))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            status, length, date, *rest = head.split("\r\n")
            assert (status, length, rest) == (
                "HTTP/1.1 202 Accepted",
                "Content-Length: 0",
                ["", ""],
            )
            told = parsedate_to_datetime(date.removeprefix("Date: ")).timestamp()
            assert before <= told <= time.time()
        writer.close()
        await writer.wait_closed()
    assert len(dispatch.bodies) == 2


async def test_a_sender_that_does_not_stay_is_told_so() -> None:
    for version, wish, said in (
        ("1.1", "close", "close"),
        ("1.0", "close", None),
        ("1.0", "keep-alive", "keep-alive"),
    ):
        dispatch = RememberingDispatch()
        async with intake(dispatch) as address:
            status, headers, _ = await say(
                address,
                f"POST /alerts/line HTTP/{version}\nAuthorization: Bearer s3cret"
                f"\nHost: {address}\nConnection: {wish}\n\nok",
            )
        assert (status, headers.get("connection")) == (202, said)


async def test_bodies_in_a_row_are_answered_in_a_row() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        reader, writer = await connect(address)
        writer.write(staying(address) * 5)
        answers = [await read_response(reader) for _ in range(5)]
        writer.close()
        await writer.wait_closed()
    assert [status for status, _, _ in answers] == [202] * 5
    assert len(dispatch.bodies) == 5


async def test_a_wrong_token_is_refused_before_the_body_arrives() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, headers, _ = await say(
            address,
            "POST /alerts/line HTTP/1.1\nAuthorization: Bearer wrong\nContent-Length: 5000\n\nok",
        )
    assert status == 401
    assert headers["www-authenticate"] == "bearer"
    assert dispatch.bodies == []


async def test_an_unknown_source_looks_like_a_wrong_token() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        unknown = await say(address, "POST /alerts/nobody HTTP/1.1\nAuthorization: Bearer s3cret")
        tokenless = await say(address, "POST /alerts/tokenless HTTP/1.1\nAuthorization: Bearer ")
    assert unknown[0] == tokenless[0] == 401
    assert unknown[2] == tokenless[2]


async def test_a_compressed_body_is_refused_unread() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, _, _ = await say(
            address, f"{GOOD}\nContent-Encoding: gzip\nContent-Length: 999999\n\nok"
        )
    assert status == 415
    assert dispatch.bodies == []


async def test_a_journal_that_cannot_take_it_gives_503_with_retry_after() -> None:
    dispatch = RememberingDispatch()
    dispatch.fault = Unavailable("the disk is full", retry_after=timedelta(seconds=2.5))
    async with intake(dispatch) as address:
        status, headers, body = await say(address, f"{GOOD}\n\nok")
    assert status == 503
    assert headers["retry-after"] == "3"
    assert body == "Not stored: the disk is full. Send it again.\n"


async def test_a_body_that_is_not_json_is_400_and_becomes_an_alert() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, _, body = await say(address, f"{GOOD}\n\nnonsense")
    assert (status, body) == (400, "the body is not JSON\n")
    [received] = dispatch.bodies
    assert received.source == "firewarden"
    [alert] = received.alerts
    assert alert.fingerprint == "intake-line"
    assert alert.status is AlertStatus.FIRING
    assert alert.starts_at == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert alert.description.text == "answered 400: the body is not JSON"


async def test_the_next_good_body_ends_the_alert() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        await say(address, f"{GOOD}\n\nnonsense")
        await say(address, f"{GOOD}\n\nok")
        await say(address, f"{GOOD}\n\nok")
    told = [alert.status for body in dispatch.bodies for alert in body.alerts]
    assert told == [AlertStatus.FIRING, AlertStatus.RESOLVED]


async def test_a_body_over_8_mib_is_413_before_it_is_sent_and_becomes_an_alert() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, _, _ = await say(address, f"{GOOD}\nContent-Length: {ALERT_BODY + 1}\n\nok")
    assert status == 413
    assert [body.source for body in dispatch.bodies] == ["firewarden"]


async def test_a_chunked_body_over_8_mib_is_413_too() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        reader, writer = await connect(address)
        head = f"{GOOD}\nHost: {address}\nTransfer-Encoding: chunked\n\n".replace("\n", "\r\n")
        writer.write(head.encode())
        block = b"40000\r\n" + b"o" * 0x40000 + b"\r\n"
        for _ in range(ALERT_BODY // 0x40000 + 1):
            writer.write(block)
        writer.write(b"0\r\n\r\n")
        status, _, _ = await read_response(reader)
        writer.close()
    assert status == 413
    assert [body.source for body in dispatch.bodies] == ["firewarden"]


async def test_a_largest_body_is_taken() -> None:
    dispatch = RememberingDispatch()
    async with intake(dispatch) as address:
        status, _, _ = await say(address, f"{GOOD}\n\nok{'x' * (ALERT_BODY - 2)}")
    assert status == 202
