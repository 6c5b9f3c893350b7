"""The `CommandExecutor` of production: argument vectors on inventory hosts, over SSH."""

import asyncio
import shlex
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from bot.adapters.ssh import receipts
from bot.adapters.ssh.boot import BOOT_ID, BOOT_ID_BY_PROGRAM, boot_id_in
from bot.adapters.ssh.channel import ExecChannel
from bot.adapters.ssh.limits import Limits
from bot.adapters.ssh.outcomes import receipt_of, result_of, words_of
from bot.adapters.ssh.output import Capture
from bot.adapters.ssh.pool import Line
from bot.adapters.ssh.receipts import Report, Reported
from bot.adapters.ssh.session import Ending, Session
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, Check, CommandResult, Receipt, ReceiptState
from bot.redaction import Redactor
from bot.values import Host, Login, RemoteCommand

NO_INPUT = "</dev/null"
"""At the end of a line: nothing can be typed, and a program that reads sees the end at once."""

_TIMED_OUT = 124
"""Exit status of coreutils' `timeout`."""

_KILLED_AFTER_TIMEOUT = 137
"""Its exit status where the command also ignored SIGTERM."""

_KILL_AFTER = 5
"""Seconds between SIGTERM and SIGKILL at a read-only command's deadline."""

_SHORT = 16 * 1024
"""Bytes of output that are redacted in a few milliseconds."""

_LOOK_AGAIN = 1.0
"""Seconds between two looks for links that nobody uses."""

_NOT_FOUND = 127
"""A shell's exit status for a program that is not there."""

_TURNED_AWAY = frozenset({64, 126})
"""The wrapper's status for a line that it does not take, and a shell's for one it may not run."""

T = TypeVar("T")


class ParamikoExecutor:
    """`CommandExecutor` over SSH.

    Read-only commands run under the host's `timeout`. State-changing ones run under the host's
    receipt wrapper: once per attempt, in a session of their own that a lost link does not end.
    """

    def __init__(self, *, redactor: Redactor, limits: Limits | None = None) -> None:
        self._redactor = redactor
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(self._limits.threads + 8, "ssh")
        self._closers = ThreadPoolExecutor(4, "ssh-close")
        self._readers = ThreadPoolExecutor(2, "ssh-read")
        self._busy = asyncio.Semaphore(self._limits.commands)
        self._idle_threads = asyncio.Semaphore(self._limits.threads)
        self._lines: dict[tuple[object, ...], Line] = {}
        self._rooms: dict[tuple[str, int], asyncio.Semaphore] = {}
        self._looked = 0.0

    async def boot_id(self, host: Host) -> str:
        """Ask for the boot id on the observe login."""
        for line in (BOOT_ID, BOOT_ID_BY_PROGRAM):
            ending, session = await self._say(host, Login.OBSERVE, line, self._limits.grace)
            found = boot_id_in(session.stdout.raw())
            if ending.exit_status == 0 and found:
                return found
        raise Refused(f"{host.name} does not tell its boot id")

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        """Run once, on the login that `command.changes` chooses, as soon as the host has room.

        A stop, an inquiry and a pre-flight wait for nobody: they are how a full host is freed.
        """
        async with self._room(host):
            if command.changes:
                return await self._run_once(host, command, attempt, boot_id)
            return await self._observe(host, command)

    async def stop(self, host: Host, attempt: Attempt) -> None:
        """Kill the attempt's process group; `Refused` where the host could not."""
        report, _ = await self._report(host, receipts.stop_line(attempt), self._limits.grace)
        match report.state:
            case Reported.STUCK | Reported.RUNNING:
                raise Refused(f"{host.name}: the login may not kill what the command started")
            case Reported.LOST:
                raise OutcomeUnknown(f"{host.name}: {words_of(report)}")
            case _:
                return

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        """Ask for the attempt's receipt on the change login."""
        line = receipts.inquire_line(attempt)
        try:
            report, _ = await self._report(host, line, self._limits.grace)
        except _NoWrapperError as missing:
            return Receipt(state=ReceiptState.NO_RECEIPTS, detail=str(missing))
        except OutcomeUnknown as unknown:
            # Asking changes nothing, so asking again is always fine.
            raise Unavailable(str(unknown)) from unknown
        return receipt_of(report, boot_id)

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> tuple[Check, ...]:
        """Try both logins, the receipt folder and sudo's rules; see `CommandExecutor`."""
        checks: list[Check] = []
        for name, trial in self._trials(host, sudo, changes=changes):
            try:
                detail = await trial()
            except (Refused, Unavailable, OutcomeUnknown) as fault:
                return (*checks, Check(name=name, passed=False, detail=str(fault)))
            checks.append(Check(name=name, passed=True, detail=detail))
        return tuple(checks)

    def links(self) -> Mapping[str, int]:
        """Count the links that are `open` and the commands that are `running` over them."""
        lines = self._lines.values()
        return {
            "open": sum(line.is_open for line in lines),
            "running": sum(line.sessions for line in lines),
        }

    async def close(self) -> None:
        """Close every link; remote commands go on."""
        lines, self._lines = list(self._lines.values()), {}
        for line in lines:
            line.close()
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self._closers.shutdown)
        await asyncio.to_thread(self._readers.shutdown)

    def _trials(
        self, host: Host, sudo: Sequence[Sequence[str]], *, changes: bool
    ) -> Iterator[tuple[str, Callable[[], Awaitable[str]]]]:
        async def observe() -> str:
            return f"boot id {await self.boot_id(host)}"

        async def ready(argv: Sequence[str] = ()) -> str:
            line = receipts.check_line(argv)
            report, _ = await self._report(host, line, self._limits.grace)
            if report.state is not Reported.READY:
                raise Refused(words_of(report))
            return ""

        yield "reachable, host key, observe login", observe
        if not changes:
            return
        yield "change login, receipt folder", ready
        for argv in sudo:
            yield f"sudo {shlex.join(argv)}", partial(ready, argv)

    async def _observe(self, host: Host, command: RemoteCommand) -> CommandResult:
        limit = command.timeout.total_seconds()
        line = f"exec timeout -k {_KILL_AFTER} {limit:g} {_shell_line(command.argv)} {NO_INPUT}"
        patience = limit + _KILL_AFTER + self._limits.grace
        ending, session = await self._say(host, Login.OBSERVE, line, patience)
        timed_out = ending.seconds >= limit and (
            ending.exit_status in {_TIMED_OUT, _KILLED_AFTER_TIMEOUT} or ending.signal == "KILL"
        )
        return CommandResult(
            exit_status=None if timed_out else ending.exit_status,
            signal="" if timed_out else ending.signal,
            deadline=timed_out,
            stdout=await self._read(session.stdout, lambda: session.stdout.shown(self._redactor)),
            stderr=await self._read(session.stderr, lambda: session.stderr.shown(self._redactor)),
            seconds=ending.seconds,
        )

    async def _run_once(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str
    ) -> CommandResult:
        timeout, leave = command.timeout, command.on_deadline
        line = receipts.run_line(attempt, command.argv, boot_id, timeout, leave)
        patience = timeout.total_seconds() + self._limits.grace
        report, seconds = await self._report(host, line, patience)
        return result_of(host, report, seconds)

    async def _report(self, host: Host, line: str, patience: float) -> tuple[Report, float]:
        ending, session = await self._say(host, Login.CHANGE, line, patience)
        stream = session.stdout
        report = await self._read(
            stream, lambda: receipts.read_report(stream.raw(), self._redactor)
        )
        if report is not None:
            return report, ending.seconds
        if ending.exit_status == _NOT_FOUND:
            raise _NoWrapperError(f"{host.name} keeps no receipts: run `firewarden host prepare`")
        if ending.exit_status in _TURNED_AWAY:
            said = session.stderr.shown(self._redactor).text.strip()
            raise Refused(f"{host.name} does not run this for the change login: {said[:200]}")
        raise OutcomeUnknown(f"{host.name} gave no readable receipt")

    async def _read(self, stream: Capture, read: Callable[[], T]) -> T:
        """Read a short stream here, and a long one beside the loop: redacting it takes a while."""
        if stream.size <= _SHORT:
            return read()
        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def _say(
        self, host: Host, login: Login, line: str, patience: float
    ) -> tuple[Ending, Session | ExecChannel]:
        """Hold one command on the link of (host, login)."""
        self._close_stale()
        way = self._line(host, login)
        async with way.session() as session, self._busy:
            if login is Login.CHANGE:
                session.stdout.head_room = receipts.LONGEST_REPORT
            try:
                return await self._held(session, line, patience), session
            except OutcomeUnknown as unknown:
                raise OutcomeUnknown(f"{host.name}: {unknown}") from unknown

    async def _held(self, session: Session | ExecChannel, line: str, patience: float) -> Ending:
        if isinstance(session, ExecChannel):
            session.taken = True
            return await session.hold(line, patience)
        async with self._idle_threads:
            return await self._held_by_a_thread(session, line, patience)

    async def _held_by_a_thread(self, session: Session, line: str, patience: float) -> Ending:
        loop = asyncio.get_running_loop()
        session.taken = True
        held = loop.run_in_executor(self._threads, session.hold, line, patience)
        try:
            # The thread keeps the deadline itself unless it is stuck in a send to a dead link.
            return await asyncio.wait_for(asyncio.shield(held), patience + 5)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer, and the link does not move") from error
        finally:
            if not held.done():
                held.add_done_callback(_heard)
                self._closers.submit(session.abandon)

    @asynccontextmanager
    async def _room(self, host: Host) -> AsyncIterator[None]:
        """Hold one of the host's places; `Unavailable` where none is free for a minute."""
        limit = host.commands_at_once
        places = self._rooms.setdefault((host.name, limit), asyncio.Semaphore(limit))
        try:
            await asyncio.wait_for(places.acquire(), self._limits.patience)
        except TimeoutError as error:
            raise Unavailable(f"{host.name} has its {limit} commands already") from error
        try:
            yield
        finally:
            places.release()

    def _line(self, host: Host, login: Login) -> Line:
        key = _identity(host, login)
        if key not in self._lines:
            self._lines[key] = Line(
                host=host,
                login=login,
                limits=self._limits,
                threads=self._threads,
                closers=self._closers,
                slots=asyncio.Semaphore(self._limits.sessions),
            )
        return self._lines[key]

    def _close_stale(self) -> None:
        """Close links that nobody uses; not for each of five hundred hosts anew."""
        if time.monotonic() < self._looked + _LOOK_AGAIN:
            return
        self._looked = time.monotonic()
        for key, line in list(self._lines.items()):
            if line.stale:
                del self._lines[key]
                line.close()


class _NoWrapperError(Refused):
    """The login has no receipt wrapper; nothing was started."""


def _identity(host: Host, login: Login) -> tuple[object, ...]:
    """Two entries of one name are two lines where anything that the link depends on differs."""
    user = (host.observe_user, host.observe_key_file)
    if login is Login.CHANGE:
        user = (host.change_user, host.change_key_file)
    way = _identity(host.jump, Login.OBSERVE) if host.jump else ()
    pins = (host.host_key, *host.revoked_host_keys)
    return (host.name, host.address, host.port, *pins, *user, *way)


def _shell_line(argv: tuple[str, ...]) -> str:
    if any("\0" in word for word in argv):
        raise Refused("an argument holds a NUL byte, which no program can be given")
    line = shlex.join(argv)
    if len(line.encode("utf-8", "surrogateescape")) > receipts.LONGEST_LINE:
        raise Refused("the command line is too long for one shell argument")
    return line


def _heard(held: asyncio.Future[Ending]) -> None:
    """Take the error of a session that nobody waits for any more: its caller has been told."""
    if not held.cancelled():
        held.exception()
