"""The console speaks TLS itself: a renewed certificate is taken over, half a one is not."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509

from bot.adapters.http.listening import Listen
from bot.adapters.http.server import HttpServer, Limits, Site
from bot.adapters.http.tls import Certificate
from bot.errors import OperatorMistake
from bot.values import PersonId
from tests.support.certificates import write_certificate
from tests.support.clock import CountedIds
from tests.support.team_bot import team_bot
from tests.support.visitor import PUBLIC, visiting
from tests.support.waiting import until


@pytest.fixture
def cert(tmp_path: Path) -> Path:
    return tmp_path / "cert.pem"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"


@pytest.fixture
def certificate(cert: Path, key: Path) -> Certificate:
    write_certificate(cert, key, serial=1)
    return Certificate(cert, key)


@asynccontextmanager
async def listening(certificate: Certificate) -> AsyncIterator[int]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=certificate.context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def connected(
    port: int, name: str | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name or "")


async def shown(port: int, name: str | None = None) -> int:
    """Return the serial number of the certificate that a new connection is shown."""
    _, writer = await connected(port, name)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return x509.load_der_x509_certificate(der).serial_number


async def test_a_renewed_certificate_is_shown_to_whoever_comes_next(
    certificate: Certificate, cert: Path, key: Path
) -> None:
    async with listening(certificate) as port:
        reader, writer = await connected(port)
        assert [await shown(port), await shown(port, PUBLIC)] == [1, 1]
        write_certificate(cert, key, serial=2)
        assert await shown(port) == 1
        await certificate.look()
        assert [await shown(port), await shown(port, PUBLIC)] == [2, 2]
        writer.write(b"still here\n")
        assert await reader.readline() == b"still here\n"
        writer.close()


async def test_a_certificate_without_its_key_waits_for_it(
    certificate: Certificate, cert: Path, key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_certificate(cert.with_suffix(".new"), key.with_suffix(".new"), serial=2)
    async with listening(certificate) as port:
        cert.with_suffix(".new").replace(cert)
        with caplog.at_level(logging.WARNING):
            await certificate.look()
        assert await shown(port) == 1
        assert [record.getMessage() for record in caplog.records] == [
            "the certificate changed and cannot be used yet: key values mismatch"
        ]
        key.with_suffix(".new").replace(key)
        await certificate.look()
        assert await shown(port) == 2


async def test_a_certificate_that_is_gone_leaves_the_last_good_one(
    certificate: Certificate, cert: Path
) -> None:
    async with listening(certificate) as port:
        await asyncio.to_thread(cert.unlink)
        await certificate.look()
        assert await shown(port) == 1


def test_a_pair_that_cannot_be_used_does_not_start(cert: Path, key: Path) -> None:
    write_certificate(cert, key)
    key.write_text("no key")
    with pytest.raises(OperatorMistake, match="FIREWARDEN_TLS_CERT"):
        Certificate(cert, key)


async def test_who_agrees_on_nothing_is_hung_up_on(certificate: Certificate) -> None:
    site = Site(
        listen=Listen(host="127.0.0.1", port=0),
        setting="FIREWARDEN_LISTEN",
        routes=(),
        tls=certificate.context,
    )
    server = HttpServer([site], ids=CountedIds(), limits=Limits(within=0.1))
    await server.start()
    host, _, port = server.addresses[0].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    assert await reader.read() == b""
    writer.close()
    await server.stop()


async def test_old_versions_of_tls_are_refused(certificate: Certificate) -> None:
    assert certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_people_open_the_console_over_tls_and_nobody_over_plain_http(
    tmp_path: Path, cert: Path, key: Path
) -> None:
    write_certificate(cert, key)
    lines = (f"FIREWARDEN_TLS_CERT={cert}", f"FIREWARDEN_TLS_KEY={key}")
    async with team_bot(tmp_path, *lines) as served:
        address = served.running.console
        assert served.running.url == served.running.senders == f"https://{address}"
        await served.service.seats.add("ann", PersonId("ann"), ())
        secret = await served.service.seats.make_link("ann")
        async with visiting(address) as visitor:
            visitor.scheme, visitor.host, visitor.origin = "https", address, f"https://{address}"
            opened = await visitor.post(f"/sign-in/{secret}")
            assert (opened.status, opened.location) == (303, "/s/ann/")
            assert (await visitor.get("/s/ann/")).status == 200
        write_certificate(cert, key, serial=7)

        async def renewed() -> bool:
            return await shown(int(address.rpartition(":")[2])) == 7

        assert await until(renewed)
        assert list(visitor.cookies) == ["__Host-firewarden-ann", "firewarden-seats"]
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert not (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
