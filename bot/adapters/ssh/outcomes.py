"""What a wrapper's report means for whoever ran a command or asks what became of it."""

import signal as signals
from typing import assert_never

from bot.adapters.ssh.receipts import Report, Reported
from bot.errors import OutcomeUnknown, Refused
from bot.ports import CommandResult, Receipt, ReceiptState
from bot.values import Host


def result_of(host: Host, report: Report, seconds: float) -> CommandResult:
    """Return what a run's report says of its command.

    Raises `Refused` where it surely did not start, `OutcomeUnknown` where nobody can tell.
    """
    match report.state:
        case Reported.FINISHED:
            exit_status, signal = _death(report)
            return _command_result(report, seconds, exit_status, signal, deadline=False)
        case Reported.LEFT | Reported.KILLED:
            return _command_result(report, seconds, None, "", deadline=True)
        case Reported.LOST | Reported.RUNNING | Reported.STUCK | Reported.ABSENT:
            raise OutcomeUnknown(f"{host.name}: the attempt began before; {words_of(report)}")
        case Reported.MISMATCH:
            raise Refused(f"{host.name}: another command already has this attempt's receipt")
        case Reported.OTHER_BOOT:
            raise Refused(f"{host.name} was restarted since this was decided; nothing was run")
        case Reported.REFUSED | Reported.NO_RECEIPTS | Reported.READY:
            raise Refused(f"{host.name} did not start it: {words_of(report)}")
        case _:
            assert_never(report.state)


def receipt_of(report: Report, boot_id: str) -> Receipt:
    """Return what an inquiry's report says; `boot_id` is the one that the attempt was made in."""
    match report.state:
        case Reported.FINISHED | Reported.KILLED:
            exit_status, signal = _death(report)
            return Receipt(
                state=ReceiptState.FINISHED,
                exit_status=exit_status,
                detail=f"ended by SIG{signal}" if signal else "",
                stdout=report.stdout,
                stderr=report.stderr,
            )
        case Reported.RUNNING | Reported.LEFT | Reported.STUCK:
            return Receipt(state=ReceiptState.RUNNING)
        case Reported.ABSENT | Reported.REFUSED | Reported.READY:
            same = bool(boot_id) and report.boot_id == boot_id
            absent = ReceiptState.ABSENT_SAME_BOOT if same else ReceiptState.ABSENT_OTHER_BOOT
            return Receipt(state=absent, detail=f"boot id now {report.boot_id}")
        case Reported.MISMATCH | Reported.LOST | Reported.OTHER_BOOT | Reported.NO_RECEIPTS:
            return Receipt(state=_STATES[report.state], detail=words_of(report))
        case _:
            assert_never(report.state)


def words_of(report: Report) -> str:
    """Say a report in plain words."""
    detail = "" if report.detail == "-" else f" ({report.detail.replace('-', ' ')})"
    return report.state.value.replace("-", " ") + detail


def _command_result(
    report: Report, seconds: float, exit_status: int | None, signal: str, *, deadline: bool
) -> CommandResult:
    return CommandResult(
        exit_status=exit_status,
        signal=signal,
        deadline=deadline,
        stdout=report.stdout,
        stderr=report.stderr,
        seconds=seconds,
    )


_STATES = {
    Reported.MISMATCH: ReceiptState.MISMATCH,
    Reported.LOST: ReceiptState.LOST,
    Reported.OTHER_BOOT: ReceiptState.LOST,
    Reported.NO_RECEIPTS: ReceiptState.NO_RECEIPTS,
}


def _death(report: Report) -> tuple[int | None, str]:
    """Tell an exit status from a signal. A shell says 128 + n for both; a human decides then."""
    status = report.status
    if status is None or status <= _SIGNAL_BASE:
        return status, ""
    try:
        return None, signals.Signals(status - _SIGNAL_BASE).name.removeprefix("SIG")
    except ValueError:
        return status, ""


_SIGNAL_BASE = 128
