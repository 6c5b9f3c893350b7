"""The progress of a run: where it stands, step k of N, what each command said, what comes next."""

import shlex

from bot.domain.approval import CardState
from bot.domain.events import Ending, ReadFinished, RunEnded
from bot.domain.packet import ChangePacket, PacketCommand
from bot.domain.run import Run, StepLog
from bot.domain.state import Incident
from bot.values import Untrusted
from cards.context import Context, counted, excerpt, listed
from cards.model import (
    At,
    Block,
    Button,
    ButtonStyle,
    Card,
    Code,
    Fields,
    Line,
    Notice,
    Paragraph,
    Section,
    Step,
    Steps,
    StepState,
    Tone,
)
from cards.pressing import ABORT, KILL, run_card_id

_OUTPUT_SHOWN = 1500
"""Characters of one command's output on the card; the whole is in the timeline."""

_TRIAGE = frozenset({"triage", "again"})

_ENDINGS: dict[Ending, tuple[Tone, str]] = {
    Ending.DONE: (Tone.GOOD, "DONE and verified"),
    Ending.RESOLVED: (Tone.GOOD, "NOTHING TO DO"),
    Ending.REJECTED: (Tone.NEUTRAL, "REJECTED"),
    Ending.EXPIRED: (Tone.WARNING, "EXPIRED"),
    Ending.ABORTED: (Tone.WARNING, "ABORTED"),
    Ending.ESCALATED: (Tone.WARNING, "ESCALATED"),
    Ending.STOPPED: (Tone.DANGER, "STOPPED"),
    Ending.IN_DOUBT: (Tone.DANGER, "IN DOUBT"),
    Ending.REFERRED: (Tone.GOOD, "CAUSE FOUND"),
}


def build(incident: Incident, run: Run, context: Context) -> Card:
    """Return the run's card; it is edited in place as the run goes on."""
    live = run.ended is None
    return Card(
        id=run_card_id(incident.id, run.started.run),
        kind="progress",
        tone=_where(incident, run, context).tone,
        title=("Runbook ", Code(run.started.runbook)),
        blocks=(
            _where(incident, run, context),
            *_by_itself(run),
            *(context.frozen() if live else ()),
            *_head(run, context),
            *_preflight(run),
            *_changes(incident, run),
            *_would_run(run),
            *_triage(run),
            *_checks(run),
        ),
        buttons=_buttons(run) if live else (),
        footer=("run ", Code(run.started.run), " · begun ", At(run.at)),
        drill=incident.drill,
        live=live,
    )


def _where(incident: Incident, run: Run, context: Context) -> Notice:
    """Say in one line where the run stands and who must act."""
    if run.ended is not None:
        tone, word = _ENDINGS[run.ended.ending]
        if run.started.mode == "dry-run" and run.ended.ending is Ending.DONE:
            word = "DRY RUN over"
        at: Line = (" at ", At(run.ended_at)) if run.ended_at else ()
        whom = f" Paged: {run.ended.whom}." if run.ended.whom else ""
        line = (word, *at, f"{how_many_ran(run.ended)} ", run.ended.because, whom)
        return Notice(tone=tone, line=line)
    doing = run.doing
    if doing is not None:
        return _doing(doing)
    if run.paused:
        return Notice(tone=Tone.DANGER, line=("PAUSED: ", Untrusted(run.paused)))
    if run.open_card is not None:
        asked = incident.cards.get(run.open_card)
        number = f"card {asked.card.number}" if asked else "its card"
        return Notice(tone=Tone.WAITING, line=(f"WAITING for an answer to {number}.",))
    if run.holder:
        holder: Line = ("WAITING: ", Untrusted(run.holder), " holds the targets.")
        return Notice(tone=Tone.WAITING, line=holder)
    return _waiting_or_reading(run, context)


def how_many_ran(ended: RunEnded) -> str:
    """Say how many commands ran: `: 2 commands ran.`; what ends well says so itself."""
    if ended.ending is Ending.DONE:
        return "."
    return f": {counted(ended.commands_ran, 'command')} ran."


def _by_itself(run: Run) -> tuple[Notice, ...]:
    if not run.autonomous:
        return ()
    line: Line = ("WITHOUT A YES, as the policy allows: ", Untrusted(run.autonomous))
    return (Notice(tone=Tone.WARNING, line=line),)


def _doing(log: StepLog) -> Notice:
    started = log.started
    place: Line = (f"Step {started.number} of {started.of} on ", Code(started.host))
    since: Line = (" since ", At(log.at))
    if log.doubt:
        line: Line = ("IN DOUBT: ", *place, ". ", Untrusted(log.doubt), ". A human must say.")
        return Notice(tone=Tone.DANGER, line=line)
    if log.interrupted:
        asking: Line = (*place, ": Firewarden stopped during it; asking the host", *since, ".")
        return Notice(tone=Tone.WARNING, line=asking)
    return Notice(tone=Tone.WAITING, line=("RUNNING: ", *place, *since, "."))


def _waiting_or_reading(run: Run, context: Context) -> Notice:
    pending = [until for name, until in run.waits.items() if name not in run.progress.waited]
    if pending:
        line: Line = ("WAITING on purpose until ", *context.until(max(pending)), ".")
        return Notice(tone=Tone.WAITING, line=line)
    word = "CHECKING that it worked." if run.steps else "LOOKING; nothing is changed."
    if run.preflight is not None and len(run.checks) < len(run.preflight):
        word = "PRE-FLIGHT: trying the hosts; nothing is run."
    return Notice(tone=Tone.WAITING, line=(word,))


def _head(run: Run, context: Context) -> tuple[Block, ...]:
    by = run.started.requested_by
    pairs: list[tuple[str, Line]] = [
        ("Started by", (context.person(by) if by else "an alert",)),
        ("Mode", (run.started.mode,) if run.started.mode != "run" else ()),
        ("Pace", (f"waits are {run.started.pace} times shorter",) if run.started.pace > 1 else ()),
        ("Reserved", listed([(Code(target),) for target in run.targets])),
        ("Decision", (run.decision.because,) if run.decision else ()),
        ("Abort", ("asked for: ", run.abort.reason) if run.abort else ()),
    ]
    return (Fields(tuple((label, line) for label, line in pairs if line)),)


def _preflight(run: Run) -> tuple[Block, ...]:
    """Show the table of each host that failed a check; the others are counted.

    What was tried on them is on the timeline.
    """
    if not run.checks:
        return ()
    failing = {h: c for h, c in run.checks.items() if not all(check.passed for check in c)}
    failed = sum(not check.passed for checks in failing.values() for check in checks)
    rows = tuple(
        Step(
            state=StepState.COMPLETED if check.passed else StepState.FAILED,
            title=("PASS " if check.passed else "FAIL ", check.name, " on ", Code(host)),
            detail=None if check.passed else check.detail,
        )
        for host, checks in sorted(failing.items())
        for check in checks
    )
    title = f"Pre-flight: {counted(failed, 'check')} failed" if failed else "Pre-flight: PASS"
    ready = len(run.checks) - len(failing)
    passed = (Paragraph(((f"{counted(ready, 'host')} passed every check.",),)),) if ready else ()
    return (Section(title=title, blocks=(*((Steps(rows),) if rows else ()), *passed)),)


def _changes(incident: Incident, run: Run) -> tuple[Block, ...]:
    planned = _planned(incident, run)
    done = [_step(log) for log in run.steps]
    begun = {(log.started.path, log.started.host) for log in run.steps}
    left = StepState.WAITING if run.ended is None else StepState.SKIPPED
    waiting = [
        Step(state=left, title=(Code(c.line), " on ", Code(c.host)))
        for c in planned
        if (c.path, c.host) not in begun
    ]
    if not done and not waiting:
        return ()
    finished = sum(1 for step in done if step.state is StepState.COMPLETED)
    title = f"Changes: {finished} of {len(done) + len(waiting)} completed"
    return (Section(title=title, blocks=(Steps((*done, *waiting)),)),)


def _would_run(run: Run) -> tuple[Block, ...]:
    """Show what a dry run would have asked for."""
    packet = run.rehearsed.packet if run.rehearsed is not None else None
    if not isinstance(packet, ChangePacket):
        return ()
    steps = tuple(
        Step(state=StepState.SKIPPED, title=(Code(c.line), " on ", Code(c.host)))
        for c in packet.commands
        if c.changes
    )
    title = f"A run would ask to run {counted(len(steps), 'command')}"
    return (Section(title=title, blocks=(Steps(steps),)),)


def _planned(incident: Incident, run: Run) -> tuple[PacketCommand, ...]:
    """Return the state-changing commands that the yes covers; none before there is one."""
    asked = incident.cards.get(run.approval) if run.approval else None
    if asked is None or asked.state is not CardState.DECIDED:
        return ()
    packet = asked.card.packet
    return (
        tuple(c for c in packet.commands if c.changes) if isinstance(packet, ChangePacket) else ()
    )


def _step(log: StepLog) -> Step:
    started, outcome = log.started, log.outcome
    command: Line = (Code(Untrusted(shlex.join(started.command))), " on ", Code(started.host))
    attempt: Line = (f", attempt {started.attempt}",) if started.attempt > 1 else ()
    if outcome is None:
        state = StepState.IN_DOUBT if log.doubt else StepState.RUNNING
        return Step(state=state, title=(*command, *attempt))
    said: Line = (", learned from the host's receipt",) if log.learned else ()
    good = outcome.exit_status == 0 and not outcome.fault and not outcome.deadline
    return Step(
        state=StepState.COMPLETED if good else StepState.FAILED,
        title=(*command, *attempt, *_ended_how(outcome.exit_status, outcome.signal), *said),
        detail=excerpt(_output(outcome.stdout, outcome.stderr, outcome.fault), _OUTPUT_SHOWN),
        took=outcome.seconds,
    )


def _ended_how(exit_status: int | None, signal: str) -> Line:
    if signal:
        return (f", ended by {signal}",)
    return () if exit_status in {0, None} else (f", exit status {exit_status}",)


def _triage(run: Run) -> tuple[Block, ...]:
    reads = [read for read in run.reads if read.phase in _TRIAGE and read.turn == _last_turn(run)]
    if not reads:
        return ()
    title = f"Triage: {counted(len(reads), 'answer')}"
    return (Section(title=title, blocks=(Steps(tuple(_read(r) for r in reads)),), folded=True),)


def _last_turn(run: Run) -> int:
    return max((read.turn for read in run.reads if read.phase in _TRIAGE), default=0)


def _checks(run: Run) -> tuple[Block, ...]:
    reads = [read for read in run.reads if read.phase not in _TRIAGE]
    if not reads:
        return ()
    # A poll asks the same again and again: its last answer stands for all.
    latest = {(_asks(read.path), read.host): read for read in reads}
    steps = tuple(_read(read) for read in latest.values())
    return (Section(title=f"Checks: {counted(len(steps), 'answer')}", blocks=(Steps(steps),)),)


def _asks(path: str) -> str:
    """Return what a read asks, without the number of the poll or of the sustained sample."""
    return path.partition("#")[0].partition(".held.")[0]


def _read(read: ReadFinished) -> Step:
    outcome = read.outcome
    broken = bool(outcome.fault or outcome.deadline or outcome.signal)
    word = "status" if read.phase == "probe" else "exit status"
    status: Line = () if outcome.exit_status in {0, None} else (f", {word} {outcome.exit_status}",)
    late: Line = (", out of time",) if outcome.deadline else ()
    return Step(
        state=StepState.FAILED if broken else StepState.COMPLETED,
        title=(
            Code(_asks(read.path).removeprefix("triage.").removeprefix("again.")),
            " on ",
            Code(read.host),
            *status,
            *late,
        ),
        detail=excerpt(_output(outcome.stdout, outcome.stderr, outcome.fault), _OUTPUT_SHOWN),
        took=outcome.seconds,
    )


def _output(stdout: Untrusted, stderr: Untrusted, fault: str) -> str:
    return "\n".join(part.rstrip("\n") for part in (stdout.text, stderr.text, fault) if part)


def _buttons(run: Run) -> tuple[Button, ...]:
    """Offer to abort; then, while a command still runs, to kill it as a choice of its own."""
    if run.abort is None:
        return (_abort(run),)
    doing = run.doing
    return (_kill(doing),) if doing is not None and not doing.doubt else ()


def _kill(log: StepLog) -> Button:
    line = shlex.join(log.started.command)
    return Button(
        option=KILL,
        label="Kill the running command",
        style=ButtonStyle.DANGER,
        consequence=("the command is killed and left in doubt: a human says what it did",),
        confirm=f"Kill `{line}` on {log.started.host}? Nobody will know how far it came.",
        wants_reason=True,
    )


def _abort(run: Run) -> Button:
    running = run.doing is not None
    return Button(
        option=ABORT,
        label="Abort",
        style=ButtonStyle.PLAIN,
        consequence=(
            "no further step runs; the running one is not killed"
            if running
            else "no further step runs",
        ),
        confirm="Stop this run before its next step?",
        wants_reason=True,
    )
