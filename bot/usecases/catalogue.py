"""Whether the runbooks that are loaded may be offered under this policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.policy import Policy
from bot.domain.run.planning import inventory
from bot.errors import Fault, OperatorMistake
from runbooks.lint import LintRules, lint
from runbooks.loader import Runbook, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Runbooks by name that can be read, and the faults of every document by name ("" = none)."""

    runbooks: Mapping[str, Runbook]
    faults: Mapping[str, tuple[Fault, ...]]


def read_runbooks(
    documents: Mapping[str, str], files: Mapping[str, str], policy: Policy | None
) -> Catalogue:
    """Read every document; with a policy also judge it. `files` says where a name comes from.

    A document is known by its file's name, so it must bear that name.
    """
    runbooks: dict[str, Runbook] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    for name, text in documents.items():
        try:
            runbook = load(text, files.get(name, f"{name}.yaml"))
        except OperatorMistake as mistake:
            faults[name] = mistake.faults
            continue
        runbooks[name] = runbook
        faults[name] = _named(runbook, name)
    if policy is not None:
        rules = lint_rules(policy, runbooks)
        known = inventory(policy, practice_only=False)
        for name, runbook in runbooks.items():
            faults[name] += lint(runbook, known, rules)
    return Catalogue(runbooks=runbooks, faults=faults)


def offered(
    documents: Mapping[str, str], files: Mapping[str, str], policy: Policy
) -> tuple[Mapping[str, str], tuple[Fault, ...]]:
    """Return the documents that may be offered under this policy, and why the others may not."""
    faults = read_runbooks(documents, files, policy).faults
    usable = {name: text for name, text in documents.items() if not faults[name]}
    return usable, tuple(fault for name in sorted(faults) for fault in faults[name])


def lint_rules(policy: Policy, runbooks: Mapping[str, Runbook]) -> LintRules:
    """Return what this policy demands of runbooks."""
    return LintRules(
        triage_programs=policy.triage_programs,
        dangerous_words=policy.dangerous_words,
        escalations=frozenset(policy.escalations),
        runbooks={name: frozenset(r.document.parameters) for name, r in runbooks.items()},
    )


def _named(runbook: Runbook, name: str) -> tuple[Fault, ...]:
    if runbook.name == name:
        return ()
    place = runbook.source.at(("runbook",))
    hint = "the file and the runbook go by one name"
    return (place.fault(f"{runbook.name!r} stands in a file named {name!r}", hint),)
