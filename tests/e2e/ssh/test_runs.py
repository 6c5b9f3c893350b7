"""Whole runs over real OpenSSH servers: undo, canary, batches, a lost link, a host's own limit."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.adapters.ssh.limits import Limits
from bot.errors import OutcomeUnknown, Unavailable
from bot.ports import Attempt, CommandResult, ReceiptState
from bot.redaction import Redactor
from bot.values import Host, OnDeadline, RemoteCommand
from runbooks.loader import load
from runbooks.steps import Answer, Done, Escalate
from tests.e2e.catalogue.walk import YES, Answers, Ground, Service, Walked
from tests.support.proxy import fault_proxy
from tests.support.runs import RESTART
from tests.support.sshd import SSHD, Sshd, openssh
from tests.support.waiting import eventually

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")

SYSTEMCTL = """#!/bin/sh
# One service, kept in files: `up` where it runs, `stuck` where a restart does not help.
echo "$*" >>"$HOME/asked"
case $1 in
    is-active) if [ -e "$HOME/up" ]; then echo active; else echo failed; exit 3; fi ;;
    restart)
        [ ! -e "$HOME/refuses" ] || exit 1
        [ -e "$HOME/stuck" ] || touch "$HOME/up" ;;
    stop) rm -f "$HOME/up"; touch "$HOME/stopped" ;;
    *) exit 64 ;;
esac
"""

WITH_UNDO = RESTART.replace(
    "    undo: {not-needed: it keeps no state}\n",
    "    undo:\n      - run: sudo systemctl stop {{ service }}\n        timeout: 60s\n",
)
BATCHES = "    on: {group: web}\n    batches: {size: 1, canary: 1, max-failures: 1}\n"
EVERYWHERE = RESTART.replace("  restart:\n", f"  restart:\n{BATCHES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Three machines with one service each, which is down."""

    servers: Sequence[Sshd]
    executor: ParamikoExecutor

    async def walk(self, document: str, answers: Answers = YES) -> Walked:
        service = Service(name="checkout", health_url="", processes=("checkout",))
        ground = Ground(
            executor=self.executor,
            hosts=[self.host(index) for index in range(len(self.servers))],
            services=[service],
            runbooks={"restart": load(document, "restart.yaml")},
        )
        return await ground.walk("restart", {"instance": "web-1"}, answers)

    def host(self, index: int) -> Host:
        return replace(self.servers[index].host, service="checkout", groups=("web",))

    def mark(self, index: int, name: str) -> None:
        (self.servers[index].folder / name).touch()

    def has(self, name: str) -> list[bool]:
        """Return on which machines this file is."""
        return [(server.folder / name).exists() for server in self.servers]


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    executor = ParamikoExecutor(redactor=Redactor())
    async with AsyncExitStack() as stack:
        servers: list[Sshd] = []
        for name in ("web-1", "web-2", "web-3"):
            folder = tmp_path / name
            folder.mkdir()
            server = stack.enter_context(openssh(folder, name=name))
            _program(server.bin / "systemctl", SYSTEMCTL)
            _program(server.bin / "sudo", '#!/bin/sh\nexec "$@"\n')
            servers.append(server)
        yield Fleet(servers=servers, executor=executor)
        await executor.close()


async def test_a_change_that_does_not_help_is_undone_on_the_host(fleet: Fleet) -> None:
    fleet.mark(0, "stuck")
    answers = Answers(approve=(Answer.YES,), undo=Answer.YES)
    walked = await fleet.walk(WITH_UNDO, answers)
    assert isinstance(walked.end, Escalate), walked.end
    assert walked.changes == (
        "web-1: sudo systemctl restart checkout",
        "web-1: sudo systemctl stop checkout",
    )
    assert fleet.has("stopped") == [True, False, False]


async def test_a_canary_and_then_batches_mend_every_host(fleet: Fleet) -> None:
    walked = await fleet.walk(EVERYWHERE)
    assert isinstance(walked.end, Done), walked.end
    assert [change.partition(":")[0] for change in walked.changes] == ["web-1", "web-2", "web-3"]
    assert fleet.has("up") == [True, True, True]


async def test_a_canary_that_stays_down_spares_the_others(fleet: Fleet) -> None:
    fleet.mark(0, "stuck")
    walked = await fleet.walk(EVERYWHERE)
    assert isinstance(walked.end, Escalate)
    assert len(walked.changes) == 1
    assert fleet.has("up") == [False, False, False]


async def test_as_many_hosts_may_fail_as_the_runbook_says_and_no_more(fleet: Fleet) -> None:
    fleet.mark(1, "refuses")
    one = await fleet.walk(EVERYWHERE)
    assert fleet.has("up") == [True, False, True]
    assert isinstance(one.end, Escalate)

    for server in fleet.servers:
        (server.folder / "up").unlink(missing_ok=True)
    none = await fleet.walk(EVERYWHERE.replace(", max-failures: 1", ""))
    assert fleet.has("up") == [True, False, False]
    assert isinstance(none.end, Escalate)


async def test_a_link_that_is_lost_leaves_a_receipt_that_tells_what_became_of_it(
    fleet: Fleet,
) -> None:
    host = fleet.host(0)
    slow = "sleep 1; touch $HOME/up"
    _program(fleet.servers[0].bin / "slow", f"#!/bin/sh\n{slow}\n")
    attempt = Attempt(key="ssh:r1.s.web-1.1", digest="d")
    command = RemoteCommand(argv=("slow",), timeout=timedelta(seconds=30), changes=True)
    async with fault_proxy(host.port) as proxy:
        near = replace(host, port=proxy.port)
        boot = await fleet.executor.boot_id(near)
        running = asyncio.create_task(fleet.executor.run(near, command, attempt, boot))
        states = await eventually(
            lambda: _state(fleet, attempt, boot), lambda state: state is ReceiptState.RUNNING
        )
        proxy.cut()
        with pytest.raises(OutcomeUnknown):
            await running
    assert states is ReceiptState.RUNNING
    found = await eventually(
        lambda: _state(fleet, attempt, boot), lambda state: state is ReceiptState.FINISHED
    )
    assert (found, fleet.has("up")) == (ReceiptState.FINISHED, [True, False, False])


async def test_a_kill_ends_the_command_and_everything_that_it_started(fleet: Fleet) -> None:
    _program(fleet.servers[0].bin / "slow", "#!/bin/sh\nsleep 60 &\necho $! >$HOME/child\nwait\n")
    host, attempt = fleet.host(0), Attempt(key="ssh:r2.s.web-1.1", digest="d")
    command = RemoteCommand(
        argv=("slow",),
        timeout=timedelta(seconds=60),
        changes=True,
        on_deadline=OnDeadline.LEAVE,
    )
    running = asyncio.create_task(fleet.executor.run(host, command, attempt))
    child = fleet.servers[0].folder / "child"
    await eventually(lambda: _size(child), bool)
    await fleet.executor.stop(host, attempt)
    ended = await running
    assert (ended.exit_status, ended.signal) == (None, "TERM")
    pid = child.read_text().strip()
    assert await eventually(lambda: _alive(pid), lambda alive: not alive) is False


async def test_no_more_commands_are_on_a_host_than_its_limit_says(fleet: Fleet) -> None:
    _program(
        fleet.servers[0].bin / "slow",
        "#!/bin/sh\necho + >>$HOME/log; sleep 0.2; echo - >>$HOME/log\n",
    )
    host = replace(fleet.host(0), commands_at_once=2)
    looks = [RemoteCommand(argv=("slow",), timeout=timedelta(seconds=20)) for _ in range(6)]
    results = await asyncio.gather(*(_looked(fleet.executor, host, look) for look in looks))
    assert [result.exit_status for result in results] == [0] * 6
    assert _most((fleet.servers[0].folder / "log").read_text().split()) == 2


async def test_whoever_finds_no_room_is_told_so_and_a_stop_needs_none(tmp_path: Path) -> None:
    executor = ParamikoExecutor(redactor=Redactor(), limits=Limits(patience=0.3))
    with openssh(tmp_path) as server:
        host = replace(server.host, commands_at_once=1)
        attempt = Attempt(key="ssh:r3.s.web-1.1", digest="d")
        command = RemoteCommand(argv=("sleep", "60"), timeout=timedelta(seconds=60), changes=True)
        running = asyncio.create_task(executor.run(host, command, attempt))
        boot = await executor.boot_id(host)

        async def state() -> ReceiptState:
            return (await executor.inquire(host, attempt, boot)).state

        await eventually(state, lambda seen: seen is ReceiptState.RUNNING)
        look = RemoteCommand(argv=("true",), timeout=timedelta(seconds=5))
        with pytest.raises(Unavailable, match="web-1 has its 1 commands already"):
            await _looked(executor, host, look)
        await executor.stop(host, attempt)
        await running
        assert (await _looked(executor, host, look)).exit_status == 0
    await executor.close()


async def _looked(executor: ParamikoExecutor, host: Host, look: RemoteCommand) -> CommandResult:
    return await executor.run(host, look, Attempt(key="read", digest="d"))


async def _state(fleet: Fleet, attempt: Attempt, boot: str) -> ReceiptState:
    return (await fleet.executor.inquire(fleet.host(0), attempt, boot)).state


async def _size(path: Path) -> int:
    return await asyncio.to_thread(lambda: path.stat().st_size if path.exists() else 0)


async def _alive(pid: str) -> bool:
    return await asyncio.to_thread(Path(f"/proc/{pid}").exists)


def _most(marks: Sequence[str]) -> int:
    """Return how many were there at once, from the marks of their beginnings and ends."""
    there = [sum(1 if mark == "+" else -1 for mark in marks[: n + 1]) for n in range(len(marks))]
    return max(there)


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
