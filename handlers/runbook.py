"""Verbs of the runbook tree: look at runbooks, run one, stop one, free what one still holds."""

import shlex
from collections.abc import Mapping, Sequence

from bot.domain.alerts import AlertStatus
from bot.domain.intents import AbortRun, BreakReservation, StartRun
from bot.domain.run import Run, inventory
from bot.domain.state import Incident
from bot.errors import OperatorMistake, UserMistake
from bot.requests import Reply, ReplyTone
from bot.usecases.commands import Core
from bot.values import IncidentId, RunId, Untrusted, canonical_json
from bot.yamltext import nearest
from cards.model import Block, Card, Code, CodeBlock, Fields, Line, Paragraph
from handlers.call import NO_INCIDENT, Call, answered
from handlers.grammar import Words
from handlers.parameters_form import form_id, parameters_form
from runbooks.loader import Runbook, load
from runbooks.parameters import BadParametersError, bind, usage
from runbooks.steps import Mode

_ALERTS_LOOKED_AT = 20
"""Newest alerts of an incident whose labels may fill a runbook's parameters."""


async def listed(call: Call) -> Reply:
    """List the runbooks; words keep those whose name or title has them all."""
    call.may_read()
    wanted = call.words.line.casefold().split()
    found = [
        runbook
        for name in sorted(call.core.current.documents)
        if all(w in f"{name} {_load(call, name).title}".casefold() for w in wanted)
        for runbook in (_load(call, name),)
    ]
    lines: tuple[Line, ...] = tuple(
        (Code(runbook.name), " ", runbook.title, f" — {runbook.owner}") for runbook in found
    )
    count = f"{len(found) or 'No'} runbook{'s' * (len(found) != 1)}"
    blocks: tuple[Block, ...] = (Paragraph(lines),) if lines else ()
    return answered(f"{count}.", Card(kind="list", title=(count,), blocks=blocks))


async def show(call: Call) -> Reply:
    """Show what a runbook is for, how it is run, and its text."""
    call.may_read()
    runbook = _named(call, call.words.first)
    call.takes_nothing_more(call.words.without_first())
    labels = ", ".join(f"{k}={v}" for k, v in runbook.matches.items())
    pairs: list[tuple[str, Line]] = [
        ("Run it", (Code(f"/{call.core.names.runbook} {usage(runbook)}"),)),
        ("Owner", (runbook.owner,)),
        ("Content", (Code(runbook.content_hash[:12]),)),
    ]
    if labels:
        pairs.append(("Proposed for", (Code(labels),)))
    card = Card(
        kind="runbook",
        title=(runbook.title,),
        blocks=(
            Paragraph(((runbook.description,),)),
            Fields(tuple(pairs)),
            CodeBlock(title=runbook.name, text=Untrusted(runbook.text)),
        ),
    )
    return answered(runbook.title, card)


async def run(call: Call) -> Reply:
    """Run a runbook: every change asks first."""
    return await _start(call, Mode.RUN)


async def dry_run(call: Call) -> Reply:
    """Run what changes nothing."""
    return await _start(call, Mode.DRY_RUN)


async def guide(call: Call) -> Reply:
    """Run it step by step."""
    return await _start(call, Mode.GUIDED)


async def abort(call: Call) -> Reply:
    """Let no further step run; with `kill confirm`, kill the one that runs."""
    incident = await _incident(call)
    candidates = [r for r in incident.runs.values() if r.ended is None or r.targets]
    chosen, words = _run(call, candidates, call.words)
    kill = words.first.casefold() == "kill"
    words = words.without_first() if kill else words
    ident = chosen.started.run
    if kill and words.first.casefold() != "confirm":
        return _kill_named(call, chosen)
    words = words.without_first() if kill else words
    return await stop(call, incident.id, ident, kill=kill, reason=words.text)


async def stop(
    call: Call, incident: IncidentId, ident: RunId, *, kill: bool = False, reason: str = ""
) -> Reply:
    """Abort one run: typed, or by the button of its card."""
    return await call.submit(
        AbortRun(by=call.actor, run=ident, kill=kill, reason=call.line(reason)), incident
    )


def _kill_named(call: Call, run: Run) -> Reply:
    """Name the command that a kill would hit, and how it is confirmed."""
    doing = run.doing
    if doing is None:
        raise call.mistake("No command of that run is on a host now: there is nothing to kill.")
    line = shlex.join(doing.started.command)
    return answered(
        f"This kills `{line}` on {doing.started.host}, and nobody will know how far it came. "
        "Nothing has been done yet. To do it: "
        f"/{call.core.names.runbook} abort {run.started.run} kill confirm"
    )


async def release(call: Call) -> Reply:
    """Free the targets of a run that ended badly."""
    incident = await _incident(call)
    candidates = [r for r in incident.runs.values() if r.targets]
    chosen, words = _run(call, candidates, call.words)
    return await call.submit(
        BreakReservation(by=call.actor, run=chosen.started.run, reason=call.line(words.text)),
        incident.id,
    )


async def start_by_form(call: Call, mode: Mode, name: str, values: Mapping[str, str]) -> Reply:
    """Run a runbook with the parameters of its answered form."""
    runbook = _named(call, name)
    given = {key: value.strip() for key, value in values.items() if value.strip()}
    known = {key: value for key, value in given.items() if key in runbook.document.parameters}
    try:
        return await _begin(call, mode, runbook, known)
    except BadParametersError as mistake:
        return Reply(
            tone=ReplyTone.MISTAKE,
            text="Not started yet.",
            card=await _form(call.core, await call.state(), mode, runbook, known, ()),
            field_errors=mistake.faults,
        )


async def form_again(core: Core, incident: Incident, mode: Mode, name: str) -> Card | None:
    """Return the form of a runbook as it would be asked now; None where there is no such one."""
    if name not in core.current.documents:
        return None
    try:
        runbook = load(core.current.documents[name], name)
    except OperatorMistake:
        return None
    return await _form(core, incident, mode, runbook, {}, ())


async def _start(call: Call, mode: Mode) -> Reply:
    runbook = _named(call, call.words.first)
    call.takes_nothing_more(call.words.without_first())
    arguments = dict(call.words.options)
    try:
        return await _begin(call, mode, runbook, arguments)
    except BadParametersError as mistake:
        usual = f"/{call.core.names.runbook} {mistake.usage}"
        missing = [name for name in mistake.faults if _needed(runbook, name, arguments)]
        if len(missing) < len(mistake.faults):
            raise UserMistake(mistake.message, usage=usual) from None
        return Reply(
            tone=ReplyTone.MISTAKE,
            text=f"{mistake.message}\nUsage: {usual}",
            card=await _form(call.core, await call.state(), mode, runbook, arguments, missing),
        )


def _needed(runbook: Runbook, name: str, arguments: Mapping[str, str]) -> bool:
    """Whether this parameter was left out, so that a form can ask for it."""
    return name in runbook.document.parameters and name not in arguments


async def _form(
    core: Core,
    incident: Incident,
    mode: Mode,
    runbook: Runbook,
    arguments: Mapping[str, str],
    missing: Sequence[str],
) -> Card:
    labels = await _labels(core, runbook, incident)
    told = {
        name: labels[parameter.label]
        for name, parameter in runbook.document.parameters.items()
        if parameter.label in labels and name not in missing
    }
    return parameters_form(
        form_id(mode, incident.id, runbook.name),
        runbook,
        inventory(core.current.policy, practice_only=incident.drill),
        {**told, **arguments},
        missing,
    )


async def _begin(call: Call, mode: Mode, runbook: Runbook, arguments: Mapping[str, str]) -> Reply:
    incident = await call.state()
    for name, value in arguments.items():
        if call.core.redactor.redact(value) != value:
            raise call.mistake(f"{name}: this looks like a secret, and a parameter may hold none.")
    known = inventory(call.core.current.policy, practice_only=incident.drill)
    bound = bind(runbook, arguments, await _labels(call.core, runbook, incident), known)
    return await call.submit(
        StartRun(
            by=call.actor,
            runbook=runbook.name,
            document=runbook.text,
            bindings=canonical_json(bound.to_json()).decode(),
            mode=mode.value,
        )
    )


async def _labels(core: Core, runbook: Runbook, incident: Incident) -> dict[str, str]:
    """Return the labels of the newest alert that the runbook is for, else of the newest firing."""
    stored = await core.journal.alerts_of(incident.id, _ALERTS_LOOKED_AT)
    firing = [s.alert.labels for s in stored if s.alert.status is AlertStatus.FIRING]
    fitting = [labels for labels in firing if runbook.fits(labels)]
    return dict(next(iter(fitting or firing), {}))


async def _incident(call: Call) -> Incident:
    """Return the incident of the room, else the one whose run is named by its id."""
    if call.incident != NO_INCIDENT:
        return await call.state()
    incident = await call.core.reading.state_of_run(call.viewer, call.words.first)
    if incident is None:
        raise call.mistake("Which run? Say it in the incident's room, or give the run's id.")
    return incident


def _run(call: Call, candidates: list[Run], words: Words) -> tuple[Run, Words]:
    """Return the run that is meant by its id or its runbook's name; alone, it needs no name."""
    named = [r for r in candidates if words.first in {r.started.run, r.started.runbook}]
    words = words.without_first() if named else words
    chosen = named or candidates
    if len(chosen) == 1:
        return chosen[0], words
    if not chosen:
        raise call.mistake("There is no such run here.")
    known = ", ".join(f"{r.started.run} ({r.started.runbook}, {r.state})" for r in chosen)
    raise call.mistake(f"Which run? {known}.")


def _named(call: Call, name: str) -> Runbook:
    documents = call.core.current.documents
    if name not in documents:
        known = ", ".join(sorted(documents)) or "none is loaded"
        hint = nearest(name, documents)
        wrong = f"There is no runbook “{name}”" + (f": {hint}" if hint else ".")
        raise call.mistake(f"{wrong if name else 'Which runbook?'} Known: {known}.")
    return _load(call, name)


def _load(call: Call, name: str) -> Runbook:
    try:
        return load(call.core.current.documents[name], name)
    except OperatorMistake as mistake:
        raise call.mistake(f"The runbook {name} has faults: {mistake}") from mistake
