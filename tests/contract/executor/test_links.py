"""What a broken, silent or wrong link means: surely not started, or not known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.adapters.ssh.limits import Limits
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import ReceiptState
from bot.redaction import Redactor
from bot.values import Host, Login
from tests.contract.executor.conftest import BOTH_LOGINS, Stand
from tests.support.proxy import FaultProxy, fault_proxy
from tests.support.sshd import fresh_key
from tests.support.waiting import eventually

IMPATIENT = Limits(connect=1, banner=1, handshake=2, auth=2, channel=2, silence=1, grace=1)
GREETING = 10_000
"""More bytes than a greeting and key exchange take, far less than the commands below."""


@BOTH_LOGINS
async def test_another_host_key_gets_no_byte_of_the_command(
    stand: Stand, login: Login, tmp_path: Path
) -> None:
    async with _behind_a_proxy(stand) as (proxied, proxy):
        changed = replace(proxied.host, host_key=fresh_key(tmp_path / "another"))
        wrong = replace(proxied, host=changed)

        with pytest.raises(Refused, match="host key"):
            await wrong.on(login)("contract-note", "x" * 50_000)

        assert proxy.up < GREETING
    assert stand.notes() == []


@BOTH_LOGINS
async def test_a_host_key_of_another_kind_gets_no_byte_of_the_command(
    stand: Stand, login: Login
) -> None:
    async with _behind_a_proxy(stand) as (proxied, proxy):
        other_kind = replace(proxied.host, host_key=ECDSA)

        with pytest.raises(Refused, match="host key"):
            await replace(proxied, host=other_kind).on(login)("contract-note", "x" * 50_000)

        assert proxy.up < GREETING
    assert stand.notes() == []


async def test_a_login_that_the_host_does_not_know_is_refused(stand: Stand, tmp_path: Path) -> None:
    fresh_key(tmp_path / "unknown_key")
    stranger = replace(stand.host, observe_key_file=str(tmp_path / "unknown_key"))

    with pytest.raises(Refused, match="does not accept the login"):
        await replace(stand, host=stranger).observe("contract-say", "hello")


async def test_a_key_file_that_others_can_read_is_refused(stand: Stand) -> None:
    await asyncio.to_thread(Path(stand.host.observe_key_file).chmod, 0o640)

    with pytest.raises(Refused, match="chmod 600"):
        await stand.observe("contract-say", "hello")


async def test_a_port_where_nobody_listens_is_unavailable(stand: Stand) -> None:
    nobody = replace(stand.host, port=1)

    with pytest.raises(Unavailable, match="does not answer"):
        await replace(stand, host=nobody).observe("contract-say", "hello")


@pytest.mark.parametrize("address", ["\uff11\uff12\uff17.0.0.1", "-oProxyCommand=x", "", "a b"])
async def test_an_address_that_is_not_plain_is_never_dialled(stand: Stand, address: str) -> None:
    odd = replace(stand.host, address=address)

    with pytest.raises(Refused, match="is not an address"):
        await replace(stand, host=odd).observe("contract-say", "hello")


async def test_a_server_that_says_nothing_is_unavailable(stand: Stand) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    mute = replace(stand.host, port=server.sockets[0].getsockname()[1])
    executor = ParamikoExecutor(redactor=Redactor(), limits=IMPATIENT)

    with pytest.raises(Unavailable, match="greeting"):
        await replace(stand, host=mute, executor=executor).observe("contract-say", "hello")

    await executor.close()
    server.close()


async def test_a_link_that_is_cut_while_a_change_runs_leaves_its_outcome_unknown_and_running(
    stand: Stand,
) -> None:
    attempt = stand.attempt()
    async with _behind_a_proxy(stand) as (proxied, proxy):
        running = asyncio.create_task(proxied.change("contract-slow", "1", "it", attempt=attempt))
        await _until_notes(stand, ["began it"])

        proxy.cut()

        with pytest.raises(OutcomeUnknown, match="link was lost"):
            await running
    receipt = await eventually(
        lambda: stand.executor.inquire(stand.host, attempt, ""),
        lambda receipt: receipt.state is not ReceiptState.RUNNING,
    )
    assert (receipt.state, receipt.exit_status) == (ReceiptState.FINISHED, 0)
    assert stand.notes() == ["began it", "ended it"]


async def test_a_link_that_is_cut_between_commands_is_opened_again(stand: Stand) -> None:
    async with _behind_a_proxy(stand) as (proxied, proxy):
        await proxied.observe("contract-say", "one")
        proxy.cut()

        second = await proxied.observe("contract-say", "two")

    assert second.stdout.text == "two\n"


async def test_a_half_open_link_is_noticed_and_the_outcome_is_unknown(stand: Stand) -> None:
    executor = ParamikoExecutor(redactor=Redactor(), limits=IMPATIENT)
    async with _behind_a_proxy(replace(stand, executor=executor)) as (proxied, proxy):
        running = asyncio.create_task(proxied.change("contract-slow", "1", "it", seconds=2))
        await _until_notes(stand, ["began it"])

        proxy.freeze()

        with pytest.raises(OutcomeUnknown):
            await running
    await executor.close()


async def test_a_cancelled_command_gives_its_place_on_the_link_back(stand: Stand) -> None:
    one_at_a_time = ParamikoExecutor(redactor=Redactor(), limits=Limits(sessions=1))
    single = replace(stand, executor=one_at_a_time)
    slow = asyncio.create_task(single.observe("contract-slow", "30", "it"))
    await _until_notes(stand, ["began it"])

    slow.cancel()
    result = await single.observe("contract-say", "next")

    assert result.stdout.text == "next\n"
    await one_at_a_time.close()


async def test_a_new_executor_needs_one_link_per_login_for_many_commands(stand: Stand) -> None:
    async with _behind_a_proxy(stand) as (proxied, proxy):
        await asyncio.gather(*(proxied.observe("contract-say", str(n)) for n in range(20)))

        assert proxy.links == 1


ECDSA = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7op"
    "KgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg="
)


@asynccontextmanager
async def _behind_a_proxy(stand: Stand) -> AsyncIterator[tuple[Stand, FaultProxy]]:
    async with fault_proxy(stand.host.port) as proxy:
        yield replace(stand, host=_at(stand.host, proxy.port)), proxy


def _at(host: Host, port: int) -> Host:
    return replace(host, port=port)


async def _until_notes(stand: Stand, notes: list[str]) -> None:
    async def look() -> list[str]:
        return stand.notes()

    await eventually(look, lambda seen: seen == notes)
