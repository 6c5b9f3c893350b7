"""Whether a live run goes on exactly as before when texts are taken from what it has seen."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.approval import Asked, CardState
from bot.domain.events import AbortRequested, Outcome
from bot.domain.policy import Policy
from bot.domain.run.folding import Run
from bot.domain.run.planning import course_of
from bot.values import CardId, Untrusted
from runbooks.steps import CommandOutcome

_NOTHING = Untrusted("")


def why_it_matters(
    before: tuple[Run, Mapping[CardId, Asked]],
    after: tuple[Run, Mapping[CardId, Asked]],
    policy: Policy,
    *,
    drill: bool,
) -> str:
    """Say what of a run would not be as it is without the texts; "" where all goes on alike.

    Each side is the run with the cards of its incident. A run goes by its document, its
    parameters, the exit statuses, the facts that it reads from outputs, and the yes that people
    gave to exactly that. All else that an output said is there for people only.
    """
    (was, cards_before), (now, cards_after) = before, after
    if (was.document, was.started.bindings) != (now.document, now.started.bindings):
        return "its document or its parameters hold it"
    if _bound(was, cards_before) != _bound(now, cards_after):
        return "what people are asked to approve, or have approved, holds it"
    if _without_words(was) != _without_words(now):
        return "where it stands would be told otherwise"
    if was.progress.probes != now.progress.probes:
        return "the answer of a health check holds it"
    course = course_of(was, policy, drill=drill)
    if course != course_of(now, policy, drill=drill):
        return "a fact that it goes by holds it"
    read = {f"{one.path}@{one.host}" for one in course.told} | _of_changes(was)
    unread = [key for key in _differing(was, now) if key not in read]
    return f"it has still to read what {unread[0]} said" if unread else ""


def _bound(run: Run, cards: Mapping[CardId, Asked]) -> object:
    """Return what a yes to an open card, or the yes that holds, is bound to."""
    asked = [
        cards[card].card
        for card in cards
        if cards[card].card.run == run.started.run
        and (cards[card].state is CardState.OPEN or card == run.approval)
    ]
    return [
        (card.card, card.kind, card.digest, card.inputs, [option.id for option in card.options])
        for card in asked
    ]


def _without_words(run: Run) -> Run:
    """Return a run without what is there for people only; whatever is not named here counts."""
    return replace(
        run,
        checks={
            host: tuple(replace(check, detail=_NOTHING) for check in checks)
            for host, checks in run.checks.items()
        },
        reads=tuple(replace(read, outcome=_wordless(read.outcome)) for read in run.reads),
        steps=tuple(
            replace(
                step,
                outcome=None if step.outcome is None else _wordless(step.outcome),
                doubt="?" if step.doubt else "",
            )
            for step in run.steps
        ),
        decision=None if run.decision is None else replace(run.decision, because=_NOTHING),
        rehearsed=None,
        autonomous="?" if run.autonomous else "",
        abort=_reasonless(run.abort),
        paused="?" if run.paused else "",
        progress=replace(
            run.progress,
            outcomes={key: _silent(o) for key, o in run.progress.outcomes.items()},
            probes={},
        ),
    )


def _wordless(outcome: Outcome) -> Outcome:
    return replace(outcome, stdout=_NOTHING, stderr=_NOTHING)


def _silent(outcome: CommandOutcome) -> CommandOutcome:
    return replace(outcome, stdout="", stderr="")


def _reasonless(abort: AbortRequested | None) -> AbortRequested | None:
    return None if abort is None else replace(abort, reason=_NOTHING)


def _of_changes(run: Run) -> set[str]:
    """Return the commands that nothing is read from: of a change only its exit status counts."""
    return {f"{step.started.path}@{step.started.host}" for step in run.steps}


def _differing(was: Run, now: Run) -> list[str]:
    before, after = was.progress.outcomes, now.progress.outcomes
    return sorted(key for key in before if before[key] != after.get(key))
