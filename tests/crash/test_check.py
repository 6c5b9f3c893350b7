"""Each invariant of `check` on a short true history, and on that history with one thing wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.events import (
    AlertsAttached,
    CardAsked,
    CardDecided,
    CardKind,
    Ending,
    Envelope,
    Event,
    IncidentDeclared,
    Outcome,
    OutcomeKind,
    PersonPaged,
    ResolvedRule,
    RunEnded,
    RunStarted,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepStarted,
    VoteCast,
)
from bot.values import CardId, OnDeadline, PersonId, RunId, Severity, StreamRef, Untrusted
from tests.crash.check import INVARIANTS, check
from tests.crash.history import (
    After,
    AlertSent,
    Execution,
    History,
    Notes,
    Paged,
    Press,
    Room,
    Typed,
)

START = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
T0 = START.timestamp()
RUN, CARD = RunId("r1"), CardId("c1")
ARGV = ("apply", "c1", "one")
NOTHING = Untrusted("")

Wrong = Callable[[History], History]


def test_a_true_history_breaks_nothing() -> None:
    assert check(_true()) == ()


def _event(seconds: float, event: Event) -> Envelope:
    return Envelope(
        stream=StreamRef(kind="incident", id="i1"),
        seq=1,
        at=START + timedelta(seconds=seconds),
        actor=PersonId("bob"),
        request="",
        event=event,
    )


def _step(kind: type[StepFinished], seconds: float) -> Envelope:
    outcome = Outcome(exit_status=0, stdout=NOTHING, stderr=NOTHING)
    step = kind(run=RUN, path="mend.steps.1", host="web-1", attempt=1, outcome=outcome)
    return _event(seconds, step)


def _asked() -> Envelope:
    return _event(
        1,
        CardAsked(
            card=CARD,
            number=1,
            kind=CardKind.CHANGE,
            title=NOTHING,
            options=(),
            rule=ResolvedRule(names=(), quorums=(), excluded=(), practice=False),
            expires_at=START + timedelta(hours=4),
            remind_at=None,
        ),
    )


def _vote() -> Envelope:
    return _event(
        2,
        VoteCast(
            card=CARD,
            person=PersonId("bob"),
            option="approve",
            reason=NOTHING,
            where="console",
            account="bob",
        ),
    )


def _decided(seconds: float = 2) -> Envelope:
    decided = CardDecided(
        card=CARD,
        option="approve",
        outcome=OutcomeKind.ACT,
        by=(PersonId("bob"),),
        reason=NOTHING,
    )
    return _event(seconds, decided)


def _started(seconds: float = 3) -> Envelope:
    return _event(
        seconds,
        StepStarted(
            run=RUN,
            path="mend.steps.1",
            host="web-1",
            attempt=1,
            digest="",
            command=ARGV,
            timeout=timedelta(seconds=30),
            on_deadline=OnDeadline.LEAVE,
            number=1,
            of=1,
            card=CARD,
            approved_by=(PersonId("bob"),),
            boot="",
        ),
    )


def _ended() -> Envelope:
    return _event(5, RunEnded(run=RUN, ending=Ending.DONE, because=NOTHING, commands_ran=1))


def _declared() -> Envelope:
    return _event(
        0,
        IncidentDeclared(
            number="INC-2026-1121-001",
            title=Untrusted("c1 is wrong"),
            provisional=False,
            severity=Severity.SEV3,
            service="",
        ),
    )


def _run() -> Envelope:
    return _event(
        1,
        RunStarted(
            run=RUN,
            runbook="mend",
            document="",
            content_hash="",
            bindings='{"values":{"ticket":"c1"}}',
            requested_by=PersonId("ann"),
            pace=1,
            automatic=False,
            mode="run",
            ambiguity=0.2,
        ),
    )


def _attached(firing: int = 1) -> Envelope:
    return _event(0, AlertsAttached(group="g", firing=firing, resolved=0, first=(), muted=False))


def _paged() -> Envelope:
    return _event(0, PersonPaged(page="p1", person=PersonId("ann"), level=1, next_at=None))


def _press(option: str = "approve", told: str = "Recorded: Approve.") -> Press:
    return Press(
        who="bob",
        card=CARD,
        kind="change",
        title="Mend c1 on web-1",
        option=option,
        sent=T0 + 2,
        answered=T0 + 2.1,
        status=200,
        told=told,
    )


def _notes() -> Notes:
    typed = [
        Typed(who="ann", wish=wish, ticket="c1", text=text, answered=T0, status=200)
        for wish, text in (("declare", "/incident declare c1"), ("run", "/runbook run mend"))
    ]
    page = Paged(at=T0, person="ann", key="card:i1:page:p1", title="Alert c1 number 1")
    sent = AlertSent(ticket="c1", fingerprint="c1-1", acknowledged=True)
    return Notes(alerts=[sent], typed=typed, presses=[_press()], paged=[page])


def _true() -> History:
    events = (
        _declared(),
        _attached(),
        _paged(),
        _run(),
        _asked(),
        _vote(),
        _decided(),
        _started(),
        _step(StepFinished, 4),
        _ended(),
    )
    return History(
        ledger=(Execution(at=T0 + 3.1, host="web-1", argv=ARGV),),
        notes=_notes(),
        rooms=(Room(platform="console", key="i1", name="inc"),),
        after=After(
            events=events,
            alerts={"c1-1": "i1"},
            titles={"i1": "c1 is wrong"},
            runs={"r1": "done"},
            reservations={},
            unsettled=(),
            parked=(),
            broken=(),
        ),
        blows=0,
    )


def _with(*more: Envelope) -> Wrong:
    return lambda h: replace(h, after=replace(h.after, events=(*h.after.events, *more)))


def _without(*kinds: type[Event]) -> Wrong:
    return lambda h: replace(
        h,
        after=replace(
            h.after, events=tuple(e for e in h.after.events if not isinstance(e.event, kinds))
        ),
    )


def _ledger(*lines: Execution) -> Wrong:
    return lambda h: replace(h, ledger=lines)


def _at(seconds: float, ticket: str = "c1", step: str = "one") -> Execution:
    return Execution(at=T0 + seconds, host="web-1", argv=("apply", ticket, step))


def _pressed(press: Press) -> Wrong:
    def wrong(history: History) -> History:
        history.notes.presses.append(press)
        return history

    return wrong


def _nobody_was_paged(history: History) -> History:
    history.notes.paged.clear()
    return history


_IN_DOUBT = StepInDoubt(run=RUN, path="mend.steps.1", host="web-1", attempt=1, why=NOTHING)
_INTERRUPTED = StepInterrupted(run=RUN, path="mend.steps.1", host="web-1", attempt=1)

WRONG: dict[str, Wrong] = {
    "no acknowledged alert is lost": _without(AlertsAttached),
    "no acknowledged click is lost": _without(VoteCast),
    "no acknowledged command is lost or repeated": _without(RunStarted),
    "nothing is executed twice": _ledger(_at(3.1), _at(3.2)),
    "nothing is executed without a valid approval": _ledger(_at(1.5)),
    "nothing is executed after a no": _pressed(_press("reject", "Recorded: Reject.")),
    "each execution was recorded before it began": _ledger(_at(2.9)),
    "each record of an execution is true": _ledger(),
    "no change is interrupted while its worker lives": _with(_event(3.5, _INTERRUPTED)),
    "nothing is executed once it is in doubt": _with(_event(3.05, _IN_DOUBT)),
    "one run at a time changes a host": _ledger(_at(3.1), _at(3.2, "c2"), _at(3.3, "c1", "two")),
    "an incident has one room per platform": lambda h: replace(h, rooms=h.rooms * 2),
    "a card has one decision": _with(_decided()),
    "nobody decides an expired card": _with(_decided(5 * 3600.0)),
    "no run is stuck": _without(RunEnded),
    "no reservation leaks": lambda h: replace(
        h, after=replace(h.after, reservations={"host:web-1": "r1"})
    ),
    "every page that is owed was sent": _nobody_was_paged,
    "no chain is broken": lambda h: replace(h, after=replace(h.after, broken=("event 3",))),
    "nothing is given up": lambda h: replace(h, after=replace(h.after, parked=("post:1",))),
    "each incident opened for a reason": _with(_declared()),
}


@pytest.mark.parametrize("promise", WRONG)
def test_one_thing_wrong_is_named(promise: str) -> None:
    broken = {breach.promise for breach in check(WRONG[promise](_true()))}

    assert promise in broken


def test_every_invariant_has_been_seen_to_break() -> None:
    assert set(WRONG) == {one.__name__.replace("_", " ") for one in INVARIANTS}
