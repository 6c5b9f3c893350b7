"""Host certificates and revoked keys against a real OpenSSH server, in known_hosts' terms."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.errors import Refused
from bot.ports import Attempt
from bot.redaction import Redactor
from bot.values import Host, RemoteCommand
from tests.support.proxy import fault_proxy
from tests.support.sshd import SSHD, fresh_key, openssh

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

GREETING = 10_000
"""More bytes than a greeting and key exchange take, far less than the commands below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A host whose second key is signed by `authority`; its own first key is not pinned."""

    host: Host
    authority: str
    own_key: str


async def test_a_host_is_known_by_the_authority_that_signed_its_key(tmp_path: Path) -> None:
    async with _certified(tmp_path, principals="127.0.0.1") as known:
        assert await _true(known.host) == 0


async def test_a_host_with_an_address_in_digits_may_be_named_by_its_name(tmp_path: Path) -> None:
    async with _certified(tmp_path, principals="db-9,web-1") as known:
        assert await _true(known.host) == 0


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"principals": "web-2"}, "of another host"),
        ({"principals": ""}, "of another host"),
        ({"principals": "web-1", "validity": "-2h:-1h"}, "not valid now"),
        ({"principals": "web-1", "validity": "+1h:+2h"}, "not valid now"),
        ({"principals": "web-1", "kind": ""}, "a user's certificate|does not have the host key"),
    ],
)
async def test_a_certificate_that_does_not_say_this_host_now_is_refused(
    tmp_path: Path, made: dict[str, str], words: str
) -> None:
    async with _certified(tmp_path, **made) as known:
        with pytest.raises(Refused, match=words):
            await _true(known.host)


async def test_another_authority_gets_no_byte_of_the_command(tmp_path: Path) -> None:
    async with _certified(tmp_path, principals="web-1") as known:
        other = replace(known.host, host_key=f"@cert-authority {fresh_key(tmp_path / 'other')}")

        await _refused(other, "another authority")


async def test_a_host_without_a_certificate_is_not_known_by_an_authority(tmp_path: Path) -> None:
    authority = fresh_key(tmp_path / "authority")
    server = tmp_path / "server"
    server.mkdir()
    with openssh(server) as sshd:
        await _refused(
            replace(sshd.host, host_key=f"@cert-authority {authority}"),
            "does not have the host key",
        )


async def test_a_revoked_host_key_gets_no_byte_of_the_command(tmp_path: Path) -> None:
    with openssh(tmp_path) as sshd:
        revoked = replace(sshd.host, revoked_host_keys=(sshd.host.host_key,))

        await _refused(revoked, "was revoked")


async def test_a_revoked_key_is_refused_under_its_certificate_too(tmp_path: Path) -> None:
    async with _certified(tmp_path, principals="web-1") as known:
        await _refused(replace(known.host, revoked_host_keys=(known.own_key,)), "was revoked")


async def test_a_revoked_authority_is_refused(tmp_path: Path) -> None:
    async with _certified(tmp_path, principals="web-1") as known:
        await _refused(replace(known.host, revoked_host_keys=(known.authority,)), "was revoked")


async def test_a_key_that_was_rotated_is_refused_until_the_inventory_says_so(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with openssh(first) as before:
        pinned = before.host.host_key
    with openssh(second) as after:
        await _refused(replace(after.host, host_key=pinned), "shows another host key")
        assert await _true(after.host) == 0


async def _refused(host: Host, words: str) -> None:
    async with fault_proxy(host.port) as proxy:
        with pytest.raises(Refused, match=words):
            await _true(replace(host, port=proxy.port), "x" * 50_000)
        assert proxy.up < GREETING


async def _true(host: Host, *words: str) -> int | None:
    executor = ParamikoExecutor(redactor=Redactor())
    try:
        command = RemoteCommand(argv=("true", *words), timeout=timedelta(seconds=20))
        result = await executor.run(host, command, Attempt(key="read-only", digest=""))
        return result.exit_status
    finally:
        await executor.close()


@asynccontextmanager
async def _certified(
    folder: Path, *, principals: str, validity: str = "-1h:+1h", kind: str = "-h"
) -> AsyncIterator[Certified]:
    server, keys = folder / "server", folder / "keys"
    server.mkdir()
    keys.mkdir()
    authority = fresh_key(keys / "authority")
    own_key = fresh_key(keys / "host")
    (keys / "host.pub").write_text(own_key)
    sign = ["ssh-keygen", "-q", "-s", f"{keys}/authority", "-I", "web-1", "-V", validity]
    sign += [kind] if kind else []
    sign += ["-n", principals] if principals else []
    await asyncio.to_thread(subprocess.run, [*sign, f"{keys}/host.pub"], check=True)
    extra = f"HostKey {keys}/host\nHostCertificate {keys}/host-cert.pub"
    with openssh(server, extra=extra) as sshd:
        host = replace(sshd.host, host_key=f"@cert-authority {authority}")
        yield Certified(host=host, authority=authority, own_key=own_key)
