"""Commands on hosts: reads that may be repeated, changes that never are."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Effect, RunChange, RunPreflight, RunRead, StopCommand
from bot.domain.events import Outcome, PreflightCheck, StepStarted
from bot.domain.intents import (
    ClaimExpired,
    IncidentIntent,
    PreflightResult,
    ReadResult,
    StartStep,
    StepNotPossible,
    StepResult,
    StepUnknown,
)
from bot.domain.run import StepLog
from bot.domain.state import Incident
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import (
    Attempt,
    Check,
    Claim,
    Clock,
    CommandExecutor,
    CommandResult,
    Probe,
    Settle,
    Settlement,
)
from bot.usecases.current import Current
from bot.usecases.deciding import Done, Extra, Lost, Result
from bot.usecases.delivering.carrier import (
    IncidentDesk,
    Lease,
    Settler,
    done,
    held,
    incident_of,
)
from bot.usecases.delivering.inquiring import (
    Finished,
    Inquiry,
    NeverBegan,
    Unheard,
    Untellable,
    attempt_of,
    host_of,
)
from bot.usecases.identity import Identity
from bot.values import Host, RemoteCommand, Untrusted, digest_of

_READ_TRIES = 3
"""A host that cannot be reached this often gives an unknown fact, and the runbook says so."""

_CHANGE_TRIES = 5
"""Tries to reach a host before a change begins; after these the run ends and a human is paged."""

_QUIET_AFTER_A_DEATH = timedelta(seconds=2)
"""How long a host may be silent until people are asked: the worker that began has been dead for
its lease, and the card is to be out within five seconds of that."""

_QUIET_AFTER_A_LOSS = timedelta(seconds=15)
"""The same after a link was lost under a living worker: most are back before anybody is woken."""

_QUIET_WHILE_IN_DOUBT = timedelta(seconds=15)
"""How long one further inquiry lasts; between two of them the effect waits in the journal."""

_ASK_AGAIN = timedelta(seconds=2)
"""Until the first further inquiry; each later one comes after twice as long, up to 30 s."""

_PREFLIGHT_TRIES = 2
"""A host that fails is tried once more: a dropped packet is no reason to wake somebody."""

_PASSED_FOR = 60.0
"""Seconds for which a host that has passed counts as ready."""


class Preflights:
    """Carries `RunPreflight`. A host that has just passed is not tried again for a minute."""

    def __init__(
        self, *, desk: IncidentDesk, executor: CommandExecutor, current: Current, clock: Clock
    ) -> None:
        self._desk = desk
        self._executor = executor
        self._current = current
        self._clock = clock
        self._passed: dict[str, tuple[float, Sequence[Check]]] = {}

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, RunPreflight):
            msg = f"{type(effect).__name__} is not a pre-flight"
            raise TypeError(msg)
        checks = await self._tried(effect)
        failed = next((check for check in checks if not check.passed), None)
        if failed is not None and claim.attempts < _PREFLIGHT_TRIES:
            raise Unavailable(f"{failed.name}: {failed.detail}")
        intent = PreflightResult(
            by=FIREWARDEN,
            run=effect.run,
            host=effect.host,
            checks=tuple(
                PreflightCheck(name=c.name, passed=c.passed, detail=Untrusted(c.detail))
                for c in checks
            ),
        )
        await self._desk.submit(incident_of(claim), intent, Extra(settlement=done(claim)))

    async def _tried(self, effect: RunPreflight) -> Sequence[Check]:
        try:
            host = host_of(self._current, effect.host)
        except Refused as refused:
            return (Check(name="inventory", passed=False, detail=str(refused)),)
        return await self._of_host(host, effect)

    async def _of_host(self, host: Host, effect: RunPreflight) -> Sequence[Check]:
        now = self._clock.monotonic()
        self._passed = {k: v for k, v in self._passed.items() if now - v[0] < _PASSED_FOR}
        key = _tried_on(host, effect)
        if key not in self._passed:
            checks = await self._executor.preflight(host, effect.sudo, changes=effect.changes)
            if not all(check.passed for check in checks):
                return checks
            self._passed[key] = (now, checks)
        return self._passed[key][1]


class Reads:
    """Carries `RunRead`: triage, polls, verification, probes. Safe to repeat."""

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        executor: CommandExecutor,
        probe: Probe,
        current: Current,
    ) -> None:
        self._desk = desk
        self._executor = executor
        self._probe = probe
        self._current = current

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        if not isinstance(effect, RunRead):
            msg = f"{type(effect).__name__} is not a read"
            raise TypeError(msg)
        try:
            outcome = await (self._get(effect) if effect.url else self._run(claim, effect))
        except (Unavailable, OutcomeUnknown) as error:
            if claim.attempts < _READ_TRIES:
                raise Unavailable(str(error)) from error
            outcome = _could_not(str(error))
        except Refused as refused:
            outcome = _could_not(str(refused))
        intent = ReadResult(
            by=FIREWARDEN,
            run=effect.run,
            turn=effect.turn,
            phase=effect.phase,
            path=effect.path,
            host=effect.host,
            outcome=outcome,
        )
        await self._desk.submit(incident_of(claim), intent, Extra(settlement=done(claim)))

    async def _run(self, claim: Claim, effect: RunRead) -> Outcome:
        host = host_of(self._current, effect.host)
        command = RemoteCommand(argv=effect.argv, timeout=effect.timeout)
        attempt = Attempt(key=claim.item.key, digest=digest_of(list(effect.argv)))
        return _outcome(await self._executor.run(host, command, attempt))

    async def _get(self, effect: RunRead) -> Outcome:
        result = await self._probe.get(effect.url, effect.timeout)
        return Outcome(
            exit_status=result.status, stdout=Untrusted(result.body), stderr=Untrusted("")
        )


class Changes:
    """Carries `RunChange` and `StopCommand`.

    Claimed, then started in the journal, then sent: whatever stops us in between, the next worker
    finds out from the journal and from the host's receipt what has happened, and asks a human
    where neither can say.
    """

    def __init__(
        self,
        *,
        desk: IncidentDesk,
        executor: CommandExecutor,
        identity: Identity,
        current: Current,
        settler: Settler,
        clock: Clock,
        lease: Lease,
    ) -> None:
        self._desk = desk
        self._executor = executor
        self._identity = identity
        self._current = current
        self._settler = settler
        self._clock = clock
        self._lease = lease
        self._inquiry = Inquiry(executor=executor, current=current, clock=clock)

    async def carry(self, claim: Claim, effect: Effect) -> None:
        """See `Carrier`."""
        match effect:
            case StopCommand():
                await self._stop(claim, effect)
            case RunChange():
                await self._change(claim, effect)
            case _:
                msg = f"{type(effect).__name__} is not a change"
                raise TypeError(msg)

    async def _stop(self, claim: Claim, effect: StopCommand) -> None:
        incident = await self._desk.state(incident_of(claim))
        log = _log(incident, effect)
        if log is not None:
            host = host_of(self._current, effect.host)
            await self._executor.stop(host, attempt_of(log.started))
        await self._settler.done(claim)

    async def _change(self, claim: Claim, effect: RunChange) -> None:
        incident = await self._desk.state(incident_of(claim))
        log = _log(incident, effect)
        if log is not None and log.asking and log.outcome is None:
            await self._ask_on(claim, effect, log.started)
            return
        if log is not None:
            await self._resume(claim, effect, log.started)
            return
        started = await self._begin(claim, effect, incident)
        if started is not None:
            await self._send(claim, effect, started)

    async def _begin(
        self, claim: Claim, effect: RunChange, incident: Incident
    ) -> StepStarted | None:
        """Commit `StepStarted`, or settle because it may not start (any more)."""
        try:
            host = host_of(self._current, effect.host)
            boot = await self._executor.boot_id(host)
        except Refused as refused:
            await self._not_possible(claim, effect, str(refused))
            return None
        except (Unavailable, OutcomeUnknown) as error:
            if claim.attempts < _CHANGE_TRIES:
                raise Unavailable(str(error)) from error
            await self._not_possible(claim, effect, str(error))
            return None
        run = incident.runs.get(effect.run)
        card = incident.cards.get(run.approval) if run and run.approval else None
        intent = StartStep(
            by=FIREWARDEN,
            run=effect.run,
            path=effect.path,
            host=effect.host,
            attempt=effect.attempt,
            document_now=self._current.document(run.started.runbook) if run else "",
            voters=await self._identity.voters(card) if card else (),
            boot=boot,
        )
        result = await self._submit(claim, intent, settles=False)
        if isinstance(result, Lost):
            return None
        events = result.events if isinstance(result, Done) else ()
        begun = next((e.event for e in events if isinstance(e.event, StepStarted)), None)
        if begun is None:
            await self._settler.done(claim)
        return begun

    async def _send(self, claim: Claim, effect: RunChange, started: StepStarted) -> None:
        """Send the first byte, unless the lease may run out under us."""
        if not self._lease.fresh(claim):
            return  # the claim runs out, and whoever takes it asks the host first
        try:
            result = await self._executor.run(
                host_of(self._current, effect.host),
                _command(started),
                attempt_of(started),
                started.boot,
            )
        except Refused as refused:
            await self._not_possible(claim, effect, str(refused))
        except OutcomeUnknown:
            await self._learn(claim, effect, started, _QUIET_AFTER_A_LOSS)
        except Unavailable as unavailable:
            if claim.attempts < _CHANGE_TRIES:
                raise
            await self._not_possible(claim, effect, str(unavailable))
        else:
            await self._finish(claim, effect, _outcome(result), learned=False)

    async def _resume(self, claim: Claim, effect: RunChange, started: StepStarted) -> None:
        """Take over a step that somebody began: note it, then ask the host."""
        expired = ClaimExpired(
            by=FIREWARDEN,
            run=effect.run,
            path=effect.path,
            host=effect.host,
            attempt=effect.attempt,
        )
        result = await self._submit(claim, expired, settles=False)
        if isinstance(result, Lost):
            return
        if not isinstance(result, Done):
            await self._settler.done(claim)
            return
        await self._learn(claim, effect, started, _QUIET_AFTER_A_DEATH)

    async def _learn(
        self, claim: Claim, effect: RunChange, started: StepStarted, quiet: timedelta
    ) -> None:
        """Ask the host what became of it; one that is silent is asked on while a human is, too."""
        match await self._inquiry.ask(started, quiet):
            case Finished(outcome=outcome):
                await self._finish(claim, effect, outcome, learned=True)
            case NeverBegan():
                await self._send(claim, effect, started)
            case Untellable(why=why):
                await self._in_doubt(claim, effect, why)
            case Unheard(why=why):
                why = f"{effect.host} cannot be asked yet ({why}); Firewarden goes on asking"
                due = self._clock.now() + _ASK_AGAIN
                later = Settlement(claim=claim, how=Settle.LATER, due=due, ref=claim.ref)
                unknown = self._unknown(effect, why, asking=True)
                await self._desk.submit(incident_of(claim), unknown, Extra(settlement=later))

    async def _ask_on(self, claim: Claim, effect: RunChange, started: StepStarted) -> None:
        """Ask for a step that people were asked about: nothing of it begins by itself any more."""
        match await self._inquiry.ask(started, _QUIET_WHILE_IN_DOUBT):
            case Finished(outcome=outcome):
                await self._finish(claim, effect, outcome, learned=True)
            case NeverBegan():
                await self._not_possible(claim, effect, "the host says that it never began")
            case Untellable(why=why):
                await self._in_doubt(claim, effect, why)
            case Unheard(why=why):
                raise Unavailable(why, retry_after=_ASK_AGAIN)

    async def _in_doubt(self, claim: Claim, effect: RunChange, why: str) -> None:
        await self._submit(claim, self._unknown(effect, why, asking=False), settles=True)

    def _unknown(self, effect: RunChange, why: str, *, asking: bool) -> StepUnknown:
        return StepUnknown(
            by=FIREWARDEN,
            run=effect.run,
            path=effect.path,
            host=effect.host,
            attempt=effect.attempt,
            why=Untrusted(why),
            asking=asking,
        )

    async def _finish(
        self, claim: Claim, effect: RunChange, outcome: Outcome, *, learned: bool
    ) -> None:
        intent = StepResult(
            by=FIREWARDEN,
            run=effect.run,
            path=effect.path,
            host=effect.host,
            attempt=effect.attempt,
            outcome=outcome,
            learned=learned,
        )
        await self._submit(claim, intent, settles=True)

    async def _not_possible(self, claim: Claim, effect: RunChange, why: str) -> None:
        intent = StepNotPossible(
            by=FIREWARDEN,
            run=effect.run,
            path=effect.path,
            host=effect.host,
            attempt=effect.attempt,
            why=Untrusted(why),
        )
        await self._submit(claim, intent, settles=True)

    async def _submit(self, claim: Claim, intent: IncidentIntent, *, settles: bool) -> Result:
        settlement = done(claim) if settles else held(claim)
        return await self._desk.submit(incident_of(claim), intent, Extra(settlement=settlement))


def _tried_on(host: Host, effect: RunPreflight) -> str:
    """Name what was tried where: any other word of the inventory is another host."""
    return repr((host, effect.changes, effect.sudo))


def _log(incident: Incident, effect: RunChange | StopCommand) -> StepLog | None:
    run = incident.runs.get(effect.run)
    wanted = (effect.path, effect.host, effect.attempt)
    logs = run.steps if run else ()
    found = (s for s in logs if (s.started.path, s.started.host, s.started.attempt) == wanted)
    return next(found, None)


def _command(started: StepStarted) -> RemoteCommand:
    return RemoteCommand(
        argv=started.command,
        timeout=started.timeout,
        changes=True,
        on_deadline=started.on_deadline,
    )


def _outcome(result: CommandResult) -> Outcome:
    return Outcome(
        exit_status=result.exit_status,
        stdout=Untrusted(result.stdout.text),
        stderr=Untrusted(result.stderr.text),
        truncated=result.stdout.truncated or result.stderr.truncated,
        deadline=result.deadline,
        signal=result.signal,
        seconds=result.seconds,
    )


def _could_not(why: str) -> Outcome:
    return Outcome(exit_status=None, stdout=Untrusted(""), stderr=Untrusted(""), fault=why)
