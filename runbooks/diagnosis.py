"""Triage and decide: from commands to facts, from facts to the one rule that holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, assert_never

from runbooks.expressions import (
    CannotEvaluateError,
    Finding,
    UnknownUsedError,
    Value,
    as_fact,
)
from runbooks.facts import read_fact
from runbooks.ledger import Ledger
from runbooks.model import Look, Otherwise, Place, Rule
from runbooks.rendering import Facts, Frame, written
from runbooks.steps import (
    CommandOutcome,
    Escalate,
    Evidence,
    Fact,
    Kind,
    Known,
    PlannedCommand,
    Resolve,
    Unknown,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What one round of triage told."""

    facts: Facts
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The rule that holds: its text, its reason filled in, and the action that it names."""

    rule: str
    because: str
    action: str


def observe(frame: Frame, ledger: Ledger, phase: str) -> Picture:
    """Run every triage command of one round and read its facts."""
    scope = frame.scope()
    planned = [
        (look, command)
        for name, look in frame.runbook.document.triage.items()
        for command in frame.looks(look, f"{phase}.{name}", Kind.TRIAGE, scope)
    ]
    if not planned:
        return Picture(facts={}, evidence=())
    outcomes = ledger.observe(phase, tuple(command for _, command in planned))
    rounds = [(look, command, outcome) for (look, command), outcome in zip(planned, outcomes)]  # noqa: B905 - the ledger gives one outcome per command
    picture = gather(frame, rounds)
    ledger.evidence = picture.evidence
    ledger.told += picture.evidence
    return picture


def gather(
    frame: Frame,
    rounds: Sequence[tuple[Look, PlannedCommand, CommandOutcome]],
    known: Facts | None = None,
) -> Picture:
    """Read the facts of commands that have run; `known` are facts from before.

    A command that ran on one named host gives plain facts; one that ran on a group gives lists in
    the order of the host names, unknown as soon as one host's is.
    """
    facts: dict[str, Finding] = dict(known or {})
    evidence: list[Evidence] = []
    many: dict[str, list[Finding]] = {}
    for look, command, outcome in rounds:
        scope = frame.scope(extra=frame.on_host(command.host))
        line = written(command.argv)
        for name, source in look.facts.items():
            value = read_fact(source, outcome, look.ok_exit, scope, line)
            evidence.append(_evidence(name, value, command, line, outcome.at))
            if _is_plain(look.on):
                facts[name] = value
            else:
                many.setdefault(name, []).append(value)
    for name, values in many.items():
        facts[name] = _together(values)
    return Picture(facts=facts, evidence=tuple(evidence))


def decide(frame: Frame, ledger: Ledger, picture: Picture, ambiguity: float) -> Verdict:
    """Find the rule that holds; ends the walk where it resolves, escalates, or cannot be told.

    `ambiguity` is the distance of likelihoods, 0 to 1, within which two different outcomes that
    both hold are not chosen between.
    """
    scope = frame.scope(picture.facts)
    rules = frame.runbook.document.decide
    for number, rule in enumerate(rules, 1):
        match rule:
            case Otherwise():
                return _fallen_back(rule, frame, ledger, picture)
            case Rule():
                if _holds(frame, rule, number, picture):
                    chosen = _weighed(frame, ledger, picture, number, ambiguity)
                    return _verdict(ledger, chosen, chosen.because.show(scope), picture)
            case _:
                assert_never(rule)
    raise CannotEvaluateError("no rule holds and there is no otherwise")


def _weighed(frame: Frame, ledger: Ledger, picture: Picture, first: int, ambiguity: float) -> Rule:
    """Return the most likely of the rules that hold; without likelihoods that is the first."""
    rules = frame.runbook.document.decide
    winner = rules[first - 1]
    if not isinstance(winner, Rule):
        raise CannotEvaluateError("otherwise has no likelihood")
    if winner.likelihood is None:
        return winner
    holding = [
        rule
        for number, rule in enumerate(rules, 1)
        if isinstance(rule, Rule)
        and rule.likelihood is not None
        and number >= first
        and _holds(frame, rule, number, picture)
    ]
    best = max(holding, key=_likelihood)
    near = [
        rule
        for rule in holding
        if _likelihood(best) - _likelihood(rule) <= ambiguity * 100
        and _outcome(rule) != _outcome(best)
    ]
    if near:
        said = " and ".join(
            f"`{rule.when.text}` ({_likelihood(rule):g} %: {_outcome(rule)})"
            for rule in (best, *near)
        )
        ledger.end(
            Escalate(
                whom="",
                because=f"The diagnosis is ambiguous, these hold: {said}. Nothing was run.",
                evidence=picture.evidence,
            )
        )
    return best


def _holds(frame: Frame, rule: Rule, number: int, picture: Picture) -> bool:
    try:
        return rule.when.holds(frame.scope(picture.facts))
    except UnknownUsedError as error:
        raise CannotEvaluateError(
            f"Rule {number} (`{rule.when.text}`) needs {error.name}, which is unknown:"
            f" {error.unknown.reason} (command: {error.unknown.command})"
        ) from error
    except CannotEvaluateError as error:
        raise CannotEvaluateError(f"Rule {number} (`{rule.when.text}`): {error}") from error


def _fallen_back(rule: Otherwise, frame: Frame, ledger: Ledger, picture: Picture) -> Verdict:
    because = (
        rule.because.show(frame.scope(picture.facts))
        if rule.because is not None
        else "No rule of the runbook fits what was found."
    )
    fallback = rule.otherwise
    if fallback.then is not None:
        return Verdict(rule="otherwise", because=because, action=fallback.then)
    return _ended(ledger, picture, because, fallback.escalate, "otherwise")


def _verdict(ledger: Ledger, rule: Rule, because: str, picture: Picture) -> Verdict:
    if rule.then is not None:
        return Verdict(rule=rule.when.text, because=because, action=rule.then)
    return _ended(ledger, picture, because, rule.escalate, rule.when.text)


def _ended(ledger: Ledger, picture: Picture, because: str, whom: str | None, rule: str) -> NoReturn:
    """End the walk as the rule says: escalate where it names somebody, else resolve."""
    if whom is None:
        ledger.end(Resolve(because=because, evidence=picture.evidence, rule=rule))
    ledger.end(Escalate(whom=whom, because=because, evidence=picture.evidence, rule=rule))


def _likelihood(rule: Rule) -> float:
    return rule.likelihood or 0.0


def _outcome(rule: Rule) -> str:
    if rule.then is not None:
        return f"then {rule.then}"
    return f"escalate {rule.escalate}" if rule.escalate is not None else "resolve"


def _evidence(name: str, value: Finding, command: PlannedCommand, line: str, at: float) -> Evidence:
    fact: Fact = value if isinstance(value, Unknown) else Known(value=as_fact(value))
    return Evidence(name=name, fact=fact, host=command.host, command=line, path=command.path, at=at)


def _is_plain(place: Place | None) -> bool:
    return place is None or place.host is not None


def _together(values: Sequence[Finding]) -> Finding:
    known: list[Value] = []
    for value in values:
        if isinstance(value, Unknown):
            return value
        known.append(value)
    return tuple(known)
