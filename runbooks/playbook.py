"""Playbooks: possible causes in order, each looked at, until the first one that is the cause."""

from typing import Final

from runbooks.diagnosis import gather, observe
from runbooks.expressions import (
    CannotEvaluateError,
    Finding,
    UnknownUsedError,
    as_text,
)
from runbooks.ledger import Ledger
from runbooks.model import Hypothesis, Inquiry
from runbooks.rendering import Frame
from runbooks.steps import Choice, Escalate, Kind, Question, Refer, Terminal

SKIP: Final = "skip"
"""Id of the option that leaves a question open, where its rung may be skipped."""


def investigate(frame: Frame, ledger: Ledger) -> Terminal:
    """Walk through the hypotheses, the likeliest first; the first confirmed one ends it."""
    document = frame.runbook.document
    facts: dict[str, Finding] = dict(observe(frame, ledger, "triage").facts)
    rungs = document.hypotheses
    if not document.in_order:
        rungs = tuple(sorted(rungs, key=lambda rung: -rung.likelihood))
    for rung in rungs:
        if _confirmed(frame, ledger, rung, facts):
            return _concluded(frame, ledger, rung, facts)
    names = ", ".join(rung.name for rung in rungs)
    return Escalate(
        whom=document.otherwise.escalate if document.otherwise is not None else "",
        because=f"None of the known causes was confirmed: {names}.",
        evidence=ledger.evidence,
    )


def _confirmed(frame: Frame, ledger: Ledger, rung: Hypothesis, facts: dict[str, Finding]) -> bool:
    if rung.ask is not None:
        return _answered(frame, ledger, rung, rung.ask, facts)
    if rung.check is not None:
        path = f"hypotheses.{rung.name}"
        planned = frame.looks(rung.check, path, Kind.HYPOTHESIS, frame.scope(facts))
        rounds = [(rung.check, command, ledger.read(command)) for command in planned]
        picture = gather(frame, rounds)
        facts.update(picture.facts)
        ledger.evidence += picture.evidence
        ledger.told += picture.evidence
    return _found(frame, rung, facts)


def _found(frame: Frame, rung: Hypothesis, facts: dict[str, Finding]) -> bool:
    if rung.found_when is None:
        raise CannotEvaluateError(f"the hypothesis {rung.name!r} has no found-when")
    try:
        return rung.found_when.holds(frame.scope(facts))
    except UnknownUsedError as error:
        raise CannotEvaluateError(
            f"The hypothesis {rung.name!r} (`{rung.found_when.text}`) needs {error.name}, which is"
            f" unknown: {error.unknown.reason} (command: {error.unknown.command})"
        ) from error


def _answered(
    frame: Frame,
    ledger: Ledger,
    rung: Hypothesis,
    inquiry: Inquiry,
    facts: dict[str, Finding],
) -> bool:
    scope = frame.scope(facts)
    options = [Choice(id=str(n), label=label) for n, label in enumerate(inquiry.options, 1)]
    if not rung.no_skipping:
        options.append(Choice(id=SKIP, label="Cannot tell: skip this one"))
    question = Question(
        path=f"hypotheses.{rung.name}",
        title=inquiry.question.show(scope),
        description=inquiry.description.show(scope) if inquiry.description is not None else "",
        options=tuple(options),
    )
    chosen = ledger.choose(question)
    labels = {option.id: option.label for option in options}
    if chosen not in labels:
        raise CannotEvaluateError(f"the answer {chosen!r} to {rung.name!r} is not an option")
    return chosen != SKIP and labels[chosen] in inquiry.found


def _concluded(
    frame: Frame, ledger: Ledger, rung: Hypothesis, facts: dict[str, Finding]
) -> Terminal:
    scope = frame.scope(facts)
    because = rung.because.show(scope)
    if rung.fix is None:
        return Escalate(
            whom=rung.escalate or "",
            because=because,
            evidence=ledger.evidence,
            rule=rung.name,
        )
    arguments = {name: as_text(text.native(scope)) for name, text in rung.fix.with_.items()}
    return Refer(
        runbook=rung.fix.runbook,
        arguments=arguments,
        because=because,
        evidence=ledger.evidence,
        rule=rung.name,
    )
