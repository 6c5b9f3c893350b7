"""Asking a host what became of a command that somebody began: it knows, or a human must say."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, assert_never

from bot.domain.events import Outcome, StepStarted
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, Clock, CommandExecutor, Output, Receipt, ReceiptState
from bot.usecases.current import Current
from bot.values import Host, HostName, Untrusted, digest_of

_POLL = timedelta(seconds=1)

_GRACE = timedelta(seconds=30)
"""Beyond its own deadline an adopted command is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """It ended like this."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverBegan:
    """The host has run since and keeps no trace of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untellable:
    """The host was asked and cannot say; asking again would not change that."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """The host could not be asked so far."""

    why: str


Answer: TypeAlias = Finished | NeverBegan | Untellable | Unheard


class Inquiry:
    """Asks hosts for their receipts."""

    def __init__(self, *, executor: CommandExecutor, current: Current, clock: Clock) -> None:
        self._executor = executor
        self._current = current
        self._clock = clock

    async def ask(self, started: StepStarted, quiet: timedelta) -> Answer:
        """Ask until there is an answer; a host that is not heard for `quiet` is `Unheard`.

        A command that still runs is waited for, up to its deadline and half a minute.
        """
        overrun = self._clock.now() + started.timeout + _GRACE
        silent = self._clock.now() + quiet
        why = "it does not answer"
        while self._clock.now() < silent:
            asking = asyncio.ensure_future(self._asked(started))
            alarm = asyncio.ensure_future(self._clock.sleep_until(silent))
            try:
                await asyncio.wait({asking, alarm}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    asking.cancel()
                    await asyncio.wait({asking})
                    break
                answer = asking.result()
            finally:
                asking.cancel()
                alarm.cancel()
            match answer:
                case Unheard():
                    why = answer.why
                case None if self._clock.now() < overrun:
                    silent = self._clock.now() + quiet
                case None:
                    return Untellable(why="it still runs, long past its deadline")
                case _:
                    return answer
            await self._clock.sleep_until(min(self._clock.now() + _POLL, silent))
        return Unheard(why=why)

    async def _asked(self, started: StepStarted) -> Answer | None:
        """Ask once; None = it still runs."""
        try:
            host = host_of(self._current, started.host)
            receipt = await self._executor.inquire(host, attempt_of(started), started.boot)
        except Refused as refused:
            return Untellable(why=str(refused))
        except (Unavailable, OutcomeUnknown) as fault:
            return Unheard(why=str(fault) or "it does not answer")
        return _meaning(receipt)


def host_of(current: Current, name: str) -> Host:
    """Return a host of the inventory; `Refused` where it is not in it (any more)."""
    host = current.policy.hosts.get(HostName(name))
    if host is None:
        raise Refused(f"{name} is not in the inventory")
    return host


def attempt_of(started: StepStarted) -> Attempt:
    """Return what the host knows this attempt by."""
    key = f"{started.run}.{started.path}.{started.host}.{started.attempt}"
    return Attempt(key=key, digest=digest_of([started.digest, *started.command]))


def _meaning(receipt: Receipt) -> Answer | None:
    match receipt.state:
        case ReceiptState.FINISHED:
            return Finished(outcome=_learned(receipt))
        case ReceiptState.ABSENT_SAME_BOOT:
            return NeverBegan()
        case ReceiptState.RUNNING:
            return None
        case (
            ReceiptState.ABSENT_OTHER_BOOT
            | ReceiptState.MISMATCH
            | ReceiptState.LOST
            | ReceiptState.NO_RECEIPTS
        ):
            return Untellable(why=receipt.detail or receipt.state.value)
        case _:
            assert_never(receipt.state)


def _learned(receipt: Receipt) -> Outcome:
    nothing = Output(text="", size=0, truncated=False)
    stdout, stderr = receipt.stdout or nothing, receipt.stderr or nothing
    return Outcome(
        exit_status=receipt.exit_status,
        stdout=Untrusted(stdout.text),
        stderr=Untrusted(stderr.text),
        truncated=stdout.truncated or stderr.truncated,
        fault="" if receipt.exit_status is not None else receipt.detail,
    )
