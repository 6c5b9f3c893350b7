"""Verification: a change counts as done only when every check was seen to pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runbooks.diagnosis import gather
from runbooks.expressions import (
    CannotEvaluateError,
    Expression,
    Finding,
    Value,
    as_text,
)
from runbooks.facts import NotTold, failure, read_json
from runbooks.ledger import Ledger, over, polls
from runbooks.model import Action, CommandCheck, HttpCheck, Look
from runbooks.quantities import show_duration
from runbooks.rendering import Facts, Frame, written
from runbooks.steps import Kind, Probe, ProbeOutcome, Unknown


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at one check: `fault` says why it did not pass, "" where it did."""

    fault: str


def verify(frame: Frame, ledger: Ledger, name: str, action: Action, facts: Facts, host: str) -> str:
    """Walk through all checks of an action for one host; return the first failure, "" = passed."""
    for number, check in enumerate(action.verify, 1):
        look = _looker(frame, ledger, check, facts, host)
        path = f"{name}.verify.{number}"
        fault = _settled(ledger, check, look, path, host) or _kept(ledger, check, look, path, host)
        if fault:
            return f"The check {check.name!r} on {host} did not pass: {fault}"
    return ""


def recheck(
    frame: Frame, ledger: Ledger, name: str, action: Action, facts: Facts, host: str
) -> str:
    """Look at every check once more, after the delay that the action asks for."""
    for number, check in enumerate(action.verify, 1):
        look = _looker(frame, ledger, check, facts, host)
        fault = look(f"{name}.recheck.{number}").fault
        if fault:
            return f"The check {check.name!r} on {host} passed at first and fails again: {fault}"
    return ""


def described(frame: Frame, action: Action, facts: Facts, host: str) -> tuple[str, ...]:
    """Say for each check what is looked at, what is expected and for how long."""
    return tuple(_sentence(frame, check, facts, host) for check in action.verify)


def _settled(
    ledger: Ledger, check: CommandCheck | HttpCheck, look: "_Look", path: str, host: str
) -> str:
    """Look until the check passes, at most for as long as `within` allows."""
    tries = polls(check.within, check.every) if check.within else 1
    seen = Seen("it was never looked at")
    for number in range(1, tries + 1):
        if number > 1:
            why = f"{check.name}: not yet ({seen.fault})"
            ledger.wait(f"{path}#{number}@{host}", check.every, why)
        seen = look(f"{path}#{number}")
        if not seen.fault:
            return ""
    within = f", also not within {show_duration(check.within)}" if check.within else ""
    return seen.fault + within


def _kept(
    ledger: Ledger, check: CommandCheck | HttpCheck, look: "_Look", path: str, host: str
) -> str:
    """Look again and again until `sustained` is over: every look must pass."""
    if check.sustained is None:
        return ""
    every = min(check.every, check.sustained)
    for number in range(1, polls(check.sustained, every)):
        why = f"{check.name}: must hold {over(check.sustained)}"
        ledger.wait(f"{path}.held.{number}@{host}", every, why)
        seen = look(f"{path}.held.{number}")
        if seen.fault:
            return f"{seen.fault}, after it had passed {number} times"
    return ""


_Look = Callable[[str], Seen]


def _looker(
    frame: Frame, ledger: Ledger, check: CommandCheck | HttpCheck, facts: Facts, host: str
) -> _Look:
    if isinstance(check, HttpCheck):
        return lambda path: _probed(frame, ledger, check, facts, host, path)
    return lambda path: _ran(frame, ledger, check, facts, host, path)


def _ran(
    frame: Frame, ledger: Ledger, check: CommandCheck, facts: Facts, host: str, path: str
) -> Seen:
    look = look_of(frame, check)
    here = frame.on_host(host)
    planned = frame.looks(look, path, Kind.VERIFY, frame.scope(facts, here), host)
    rounds = [(look, command, ledger.read(command)) for command in planned]
    for _, command, outcome in rounds:
        fault = failure(outcome, look.ok_exit)
        if fault:
            return Seen(f"{fault} ({written(command.argv)} on {command.host})")
    picture = gather(frame, rounds)
    ledger.told += picture.evidence
    fresh = picture.facts
    return _judged(frame, check.expect, {**facts, **fresh}, fresh, here)


def _probed(
    frame: Frame, ledger: Ledger, check: HttpCheck, facts: Facts, host: str, path: str
) -> Seen:
    here = frame.on_host(host)
    try:
        probe = _probe(frame, check, facts, here, f"{path}@{host}")
    except CannotEvaluateError as error:
        return Seen(f"cannot be told: {error}")
    outcome = ledger.probe(probe)
    if outcome.status is None:
        return Seen(f"no answer from {probe.url}: {outcome.fault or 'no reason given'}")
    fresh = _answer(outcome, probe.url)
    return _judged(frame, check.expect, {**facts, **fresh}, fresh, here)


def _probe(
    frame: Frame, check: HttpCheck, facts: Facts, here: Mapping[str, Value], path: str
) -> Probe:
    url = check.http.render(frame.scope(facts, here))
    for service in frame.inventory.services.values():
        if service.health_url and service.health_url == url:
            return Probe(path=path, service=service.name, url=url, timeout=check.timeout)
    raise CannotEvaluateError(f"{url} is not the health-url of any service in the inventory")


def _answer(outcome: ProbeOutcome, url: str) -> dict[str, Finding]:
    try:
        body: Finding = read_json(outcome.body)
    except NotTold as reason:
        body = Unknown(reason=str(reason), command=f"GET {url}")
    return {"status": outcome.status, "text": outcome.body, "json": body}


def _judged(
    frame: Frame,
    expect: Expression | None,
    facts: Facts,
    fresh: Facts,
    here: Mapping[str, Value],
) -> Seen:
    if expect is None:
        return Seen("")
    try:
        if expect.holds(frame.scope(facts, here)):
            return Seen("")
    except CannotEvaluateError as error:
        return Seen(f"cannot be told: {error}")
    said = ", ".join(
        f"{name} = {as_text(value)[:80]}"
        for name, value in fresh.items()
        if not isinstance(value, Unknown) and name in expect.names
    )
    return Seen(f"expected {expect.text}" + (f", found {said}" if said else ""))


def look_of(frame: Frame, check: CommandCheck) -> Look:
    """Return the command of a check, its own or that of the triage that it repeats."""
    if check.again is not None:
        return frame.runbook.document.triage[check.again]
    if check.run is None:
        raise CannotEvaluateError(f"the check {check.name!r} has no command")
    return Look.model_construct(
        run=check.run,
        on=check.on,
        timeout=check.timeout,
        ok_exit=check.ok_exit,
        facts=check.facts,
    )


def _sentence(frame: Frame, check: CommandCheck | HttpCheck, facts: Facts, host: str) -> str:
    scope = frame.scope(facts, frame.on_host(host))
    if isinstance(check, HttpCheck):
        subject = f"GET {check.http.show(scope)}"
    else:
        subject = written(look_of(frame, check).run.render(scope))
    expected = check.expect.text if check.expect is not None else "exit status 0"
    parts = [f"{check.name}: {subject} -> {expected}"]
    if check.within:
        parts.append(f"within {show_duration(check.within)}")
    if check.sustained:
        parts.append(f"sustained {show_duration(check.sustained)}")
    return ", ".join(parts)
