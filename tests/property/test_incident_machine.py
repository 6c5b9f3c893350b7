"""An incident pushed about at random: whatever happens in whatever order, its laws hold."""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.actor import FIREWARDEN, Actor, Standing
from bot.domain.approval import CardState
from bot.domain.closing import CHECKLIST
from bot.domain.events import (
    ApprovalVoided,
    CardAsked,
    CardDecided,
    CardExpired,
    CardKind,
    CardWithdrawn,
    Ending,
    Envelope,
    FollowUpNoted,
    Outcome,
    OutcomeKind,
    PageStarted,
    ReservationReleased,
    ResolvedRule,
    RunEnded,
    Status,
    StepFinished,
    StepStarted,
    TargetsReserved,
    VoteCast,
)
from bot.domain.intents import (
    AbortRun,
    Acknowledge,
    AddNote,
    BreakReservation,
    ClaimExpired,
    Close,
    IncidentIntent,
    PageResult,
    Reopen,
    Resolve,
    SetSeverity,
    StepNotPossible,
    StepResult,
    StepUnknown,
    TryReserve,
)
from bot.domain.packet import ChangePacket
from bot.domain.policy import ApprovalRule, Quorum
from bot.domain.state import Incident, evolve
from bot.records.projection import incident_rows
from bot.values import HostName, IncidentId, PersonId, RunId, Severity, Untrusted
from tests.unit.domain.disk import DISK_FULL, Disk
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import BEN, CLEO, POLICY
from tests.unit.domain.story import Story, alerts, exited, read_result, through_storage
from tests.unit.records.tables import Tables

PEOPLE: list[Actor] = [
    ana,
    ben,
    cleo,
    dan,
    eve,
    actor(BEN, standing=Standing.GUEST),
    actor(CLEO, practice_only=True),
    actor(CLEO, token_kind="operate"),
]
SPANS = [timedelta(seconds=s) for s in (0, 1, 20, 61, 300, 4000, 20_000)]
OUTCOMES = [exited(0), exited(0), exited(0), exited(1), exited(None), exited(None, deadline=True)]
DOCUMENTS = [DISK_FULL, DISK_FULL + "# edited\n", DISK_FULL.replace("--force", "--verbose"), ""]
BAD = {Ending.ESCALATED, Ending.STOPPED, Ending.EXPIRED}

people = st.sampled_from(PEOPLE)


class IncidentMachine(RuleBasedStateMachine):
    """One incident; every rule is something that can happen to it at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story()
        self.tables = Tables()
        self.disk = Disk()
        self.seen = 0
        self.said: list[IncidentIntent] = []

    # --- beginnings ------------------------------------------------------------------------

    @initialize(
        severity=st.sampled_from(Severity),
        by_alert=st.booleans(),
        drill=st.booleans(),
        so_far=st.sampled_from(["", "asked", "approved", "voided", "begun", "changed"]),
    )
    def open(self, severity: Severity, so_far: str, *, by_alert: bool, drill: bool) -> None:
        """Open an incident, often with a run that has come some way already."""
        if by_alert:
            self.story.alerted(severity, route="drill" if drill else "rest")
        else:
            self.story.declared(severity)
        if not so_far:
            return
        self.start_a_run(ana, 16, guided=False)
        self.hosts_answer(92, broken=False)
        if so_far == "asked":
            return
        for voter in (ben, cleo):
            self.say_yes(voter, -1)
        self.hosts_answer(92, broken=False)
        if so_far == "approved":
            return
        if so_far == "voided":
            self.the_inventory_changes("198.51.100.9")
        self.begin_the_next_command("")
        if so_far == "changed":
            self.a_command_ends(exited(0), learned=False)

    # --- people ----------------------------------------------------------------------------

    @precondition(lambda self: len(self.story.incident.runs) < 4)
    @rule(by=people, keep=st.integers(16, 18), guided=st.booleans())
    def start_a_run(self, by: Actor, keep: int, *, guided: bool) -> None:
        host = "practice-1" if self.story.incident.drill else "web-1"
        try:
            self.story.starts(
                DISK_FULL,
                by=by,
                host=host,
                mode="guided" if guided else "run",
                keep=str(keep),
            )
        except AssertionError:  # refused: closed, running already, or not theirs to start
            self.story.documents.setdefault("disk-full", DISK_FULL)

    @precondition(lambda self: self.story.changes())
    @rule(count=st.integers(1, 3), outcome=st.sampled_from(OUTCOMES))
    def run_some_commands(self, count: int, outcome: Outcome) -> None:
        for _ in range(count):
            if self.story.changes():
                self.begin_the_next_command("")
            if self.doing():
                self.a_command_ends(outcome, learned=False)

    @precondition(lambda self: self.story.incident.cards)
    @rule(by=people, pick=st.integers(0, 50), option=st.integers(0, 3), ticked=st.booleans())
    def press_a_button(self, by: Actor, pick: int, option: int, *, ticked: bool) -> None:
        cards = list(self.story.incident.cards.values())
        asked = cards[-1 - pick % len(cards)] if pick else cards[-1]
        options = [*(o.id for o in asked.card.options), "nonsense"]
        values = {name: "yes" for name, _ in CHECKLIST} if ticked else {}
        self.story.presses(asked, by, options[option % len(options)], "because", values)

    @precondition(lambda self: self.story.incident.open_cards)
    @rule(by=st.sampled_from([ben, cleo, dan, ana]), card=st.integers(0, 9))
    def say_yes(self, by: Actor, card: int) -> None:
        waiting = self.story.incident.open_cards
        if not waiting:
            return
        asked = waiting[card % len(waiting)]
        self.story.presses(asked, by, asked.card.options[0].id, "yes")

    @rule(by=people, severity=st.sampled_from(Severity))
    def change_the_severity(self, by: Actor, severity: Severity) -> None:
        self.say(SetSeverity(by=by, severity=severity))

    @rule(by=people)
    def ask_to_resolve(self, by: Actor) -> None:
        self.say(Resolve(by=by, summary=Untrusted("over")))

    @rule(by=people, close=st.booleans())
    def reopen_or_close(self, by: Actor, *, close: bool) -> None:
        self.say(Close(by=by, override=Untrusted("x")) if close else Reopen(by=by))

    @rule(by=people)
    def write_and_acknowledge(self, by: Actor) -> None:
        self.say(AddNote(by=by, text=Untrusted("hm")))
        self.say(Acknowledge(by=by))

    @precondition(lambda self: self.story.incident.runs)
    @rule(by=people, kill=st.booleans(), run=st.integers(0, 9))
    def abort_a_run(self, by: Actor, run: int, *, kill: bool) -> None:
        self.say(AbortRun(by=by, run=self.some_run(run), kill=kill, reason=Untrusted("stop")))

    @precondition(lambda self: self.story.incident.runs)
    @rule(by=people, run=st.integers(0, 9))
    def break_a_reservation(self, by: Actor, run: int) -> None:
        self.say(BreakReservation(by=by, run=self.some_run(run), reason=Untrusted("mended")))

    # --- the outside -----------------------------------------------------------------------

    @precondition(lambda self: self.story.reads())
    @rule(used=st.sampled_from([92, 92, 92, 48]), broken=st.sampled_from([False, False, True]))
    def hosts_answer(self, used: int, *, broken: bool) -> None:
        self.disk.used, self.disk.broken = used, broken
        for read in self.story.reads():
            self.story.settle(read)
            self.say(read_result(read, self.disk(read.argv)))

    @precondition(lambda self: self.story.changes())
    @rule(who=st.sampled_from(["", "", "", "guest", "nobody"]))
    def begin_the_next_command(self, who: str) -> None:
        voters: tuple[Actor, ...] = ()
        if who == "guest":
            voters = (actor(BEN, standing=Standing.GUEST), actor(CLEO, "responder"))
        elif who == "nobody":
            voters = (ana,)
        self.story.begins(*voters)

    @precondition(lambda self: self.doing())
    @rule(outcome=st.sampled_from(OUTCOMES), learned=st.booleans())
    def a_command_ends(self, outcome: Outcome, *, learned: bool) -> None:
        s = self.doing()[0]
        self.say(
            StepResult(
                by=FIREWARDEN,
                run=s.run,
                path=s.path,
                host=s.host,
                attempt=s.attempt,
                outcome=outcome,
                learned=learned,
            )
        )

    @precondition(lambda self: self.doing())
    @rule(kind=st.sampled_from(["lost", "unknown", "impossible"]))
    def a_worker_is_lost(self, kind: str) -> None:
        s = self.doing()[0]
        lost = ClaimExpired(by=FIREWARDEN, run=s.run, path=s.path, host=s.host, attempt=s.attempt)
        words = Untrusted("restarted")
        unknown = StepUnknown(
            by=FIREWARDEN, run=s.run, path=s.path, host=s.host, attempt=s.attempt, why=words
        )
        impossible = StepNotPossible(
            by=FIREWARDEN, run=s.run, path=s.path, host=s.host, attempt=s.attempt, why=words
        )
        words_of: dict[str, IncidentIntent] = {
            "lost": lost,
            "unknown": unknown,
            "impossible": impossible,
        }
        self.say(words_of[kind])

    @rule(
        severity=st.sampled_from(Severity),
        firing=st.integers(0, 3),
        resolved=st.integers(1, 3),
        again=st.booleans(),
        muted=st.booleans(),
    )
    def alerts_arrive(
        self, severity: Severity, firing: int, resolved: int, *, again: bool, muted: bool
    ) -> None:
        self.say(
            alerts(
                severity=severity, firing=firing, resolved=resolved, reopening=again, muted=muted
            )
        )

    @precondition(lambda self: self.story.incident.pages)
    @rule(arrived=st.booleans())
    def a_pager_answers(self, *, arrived: bool) -> None:
        page = list(self.story.incident.pages.values())[-1]
        told = page.paged[-1].person if page.paged else BEN
        why = Untrusted("" if arrived else "gone")
        self.say(
            PageResult(by=FIREWARDEN, page=page.started.page, person=told, pager="console", why=why)
        )

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.story.passes(span)

    @precondition(lambda self: self.story.timers)
    @rule(pick=st.integers(0, 20))
    def a_stale_timer_rings(self, pick: int) -> None:
        names = sorted(self.story.timers)
        name = names[pick % len(names)]
        due = self.story.timers[name]
        self.story.rings(name)
        if due > self.story.now:  # the real one is still to come
            self.story.timers.setdefault(name, due)

    @rule(held=st.booleans(), frozen=st.booleans())
    def others_hold_and_freeze(self, *, held: bool, frozen: bool) -> None:
        self.story.held = {"host:web-1": "another run"} if held else {}
        self.story.frozen = "* by dan: stop" if frozen else ""
        for run in self.story.incident.runs.values():
            if run.holder:
                self.say(TryReserve(by=FIREWARDEN, run=run.started.run))

    @rule(unfit=st.booleans())
    def a_host_is_unfit_or_mended(self, *, unfit: bool) -> None:
        self.story.unfit = {"web-1": "no route"} if unfit else {}

    @rule(address=st.sampled_from(["192.0.2.7", "192.0.2.7", "198.51.100.9"]))
    def the_inventory_changes(self, address: str) -> None:
        name = HostName("web-1")
        moved = replace(POLICY.hosts[name], address=address)
        self.story.policy = replace(
            self.story.policy, hosts={**self.story.policy.hosts, name: moved}
        )

    @rule(stricter=st.booleans())
    def the_rules_change(self, *, stricter: bool) -> None:
        both = ApprovalRule(name="both", quorums=(Quorum(groups=("dba",), count=1),))
        rules = (*POLICY.approval_rules, both) if stricter else POLICY.approval_rules
        self.story.policy = replace(self.story.policy, approval_rules=rules)

    @rule(document=st.sampled_from(DOCUMENTS))
    def the_catalogue_changes(self, document: str) -> None:
        self.story.documents["disk-full"] = document

    @precondition(lambda self: self.said)
    @rule(pick=st.integers(0, 1000))
    def something_is_said_twice(self, pick: int) -> None:
        self.story.tries(self.said[pick % len(self.said)])

    # --- laws ------------------------------------------------------------------------------

    @invariant()
    def numbers_are_dense_and_time_never_goes_back(self) -> None:
        new = self.story.history[self.seen :]
        assert [e.seq for e in new] == list(range(self.seen + 1, len(self.story.history) + 1))
        times = [e.at for e in self.story.history[max(0, self.seen - 1) :]]
        assert times == sorted(times)
        self.write_rows(new)
        self.seen = len(self.story.history)

    @invariant()
    def a_card_ends_once_at_most(self) -> None:
        ends = Counter(
            e.event.card
            for e in self.story.history
            if isinstance(e.event, CardDecided | CardExpired | CardWithdrawn)
        )
        assert all(count == 1 for count in ends.values())

    @invariant()
    def nothing_starts_without_a_yes_to_exactly_that(self) -> None:
        for n, envelope in enumerate(self.story.history):
            if isinstance(envelope.event, StepStarted):
                self.check_start(envelope.event, self.story.history[:n])

    @invariant()
    def no_step_is_started_twice(self) -> None:
        starts = [(s.run, s.path, s.host, s.attempt) for s in self.story.events(StepStarted)]
        assert len(starts) == len(set(starts))
        done = Counter(
            (s.run, s.path, s.host) for s in self.story.events(StepFinished) if not s.outcome.fault
        )
        assert all(count == 1 for count in done.values())

    @invariant()
    def targets_are_freed_once_or_kept_where_something_may_be_half_done(self) -> None:
        held: dict[RunId, bool] = {}
        over = {e.run: e for e in self.story.events(RunEnded)}
        for envelope in self.story.history:
            match envelope.event:
                case TargetsReserved(run=run):
                    assert not held.get(run)
                    held[run] = True
                case ReservationReleased(run=run, why=why):
                    assert held[run]
                    held[run] = False
                    if why == Untrusted("the run is over"):
                        assert over[run].ending is Ending.DONE or over[run].commands_ran == 0
                case StepStarted(run=run):
                    assert held[run]
                case _:
                    pass
        for ident, now in self.story.incident.runs.items():
            assert bool(now.targets) == bool(held.get(ident))
            if now.ended is not None and not now.changed:
                assert not now.targets
            if now.ended is not None and now.ended.ending in {Ending.DONE, Ending.RESOLVED}:
                assert not now.targets

    @invariant()
    def a_run_that_is_over_stays_over(self) -> None:
        over: set[RunId] = set()
        for envelope in self.story.history:
            event = envelope.event
            run = getattr(event, "run", None)
            if isinstance(event, RunEnded):
                assert run not in over
                over.add(event.run)
            elif run in over and not isinstance(event, ReservationReleased | FollowUpNoted):
                assert not isinstance(event, CardAsked | StepStarted), event

    @invariant()
    def a_live_run_always_waits_for_something(self) -> None:
        """Nothing hangs: there is a question, a command, a timer, or a human who was paged."""
        awaited = {e.run for e in self.story.reads()} | {e.run for e in self.story.changes()}
        timers = " ".join(self.story.timers)
        for ident, run in self.story.incident.runs.items():
            if run.ended is None:
                asked = any(
                    a.state is CardState.OPEN and a.card.run == ident
                    for a in self.story.incident.cards.values()
                )
                assert (
                    asked
                    or ident in awaited
                    or run.paused
                    or (run.doing is not None and not run.doing.doubt)
                    or f"wait:{ident}" in timers
                    or f"reserve:{ident}" in timers
                ), run

    @invariant()
    def a_command_in_doubt_always_has_an_open_question(self) -> None:
        for ident, run in self.story.incident.runs.items():
            if run.ended is None and run.doing is not None and run.doing.doubt:
                assert [
                    a
                    for a in self.story.incident.open_cards
                    if a.card.run == ident and a.card.kind is CardKind.IN_DOUBT
                ]

    @invariant()
    def every_bad_ending_pages_unless_it_is_a_drill(self) -> None:
        history = self.story.history
        for n, envelope in enumerate(history):
            if isinstance(envelope.event, RunEnded) and envelope.event.ending in BAD:
                soon = [type(e.event) for e in history[n : n + 6] if e.at == envelope.at]
                assert (PageStarted in soon) is not self.story.incident.drill

    @invariant()
    def an_incident_is_not_resolved_over_a_running_repair(self) -> None:
        if self.story.incident.status in {Status.RESOLVED, Status.CLOSED}:
            assert self.story.incident.live_runs == ()

    def teardown(self) -> None:
        if not self.story.history:
            return
        state = Incident(id=IncidentId("i1"))
        for envelope in self.story.history:
            state = evolve(state, through_storage(envelope))
        assert state == self.story.incident
        assert self.tables.rows == Tables.of(self.story.history).rows

    # --- small parts -----------------------------------------------------------------------

    def say(self, intent: IncidentIntent) -> None:
        self.said.append(intent)
        self.story.tries(intent)

    def some_run(self, pick: int) -> RunId:
        runs = list(self.story.incident.runs)
        return runs[pick % len(runs)]

    def doing(self) -> list[StepStarted]:
        logs = (run.doing for run in self.story.incident.live_runs)
        return [log.started for log in logs if log is not None]

    def write_rows(self, new: list[Envelope]) -> None:
        """Write the rows as the desk does: once for everything that one intent led to."""
        if not new:
            return
        before = Incident(id=IncidentId("i1"))
        for envelope in self.story.history[: self.seen]:
            before = evolve(before, envelope)
        self.tables.write(incident_rows(before, self.story.incident, new))

    def check_start(self, started: StepStarted, earlier: list[Envelope]) -> None:
        """Look for the yes behind a start in what had happened by then."""
        events = [e.event for e in earlier]
        asked = next(e for e in events if isinstance(e, CardAsked) and e.card == started.card)
        decided, at = next(
            (e.event, e.at)
            for e in earlier
            if isinstance(e.event, CardDecided) and e.event.card == started.card
        )
        assert (asked.run, asked.digest) == (started.run, started.digest)
        assert decided.outcome is OutcomeKind.ACT
        assert at < asked.expires_at
        assert started.card not in [e.card for e in events if isinstance(e, ApprovalVoided)]
        votes = {
            e.person: frozenset(e.groups)
            for e in events
            if isinstance(e, VoteCast) and (e.card, e.option) == (started.card, decided.option)
        }
        assert meets(asked.rule, votes)
        assert not set(started.approved_by) & set(asked.rule.excluded)
        assert isinstance(asked.packet, ChangePacket)
        lines = [shlex.split(command.line.text) for command in asked.packet.commands]
        assert list(started.command) in lines


def meets(rule_: ResolvedRule, votes: Mapping[PersonId, frozenset[str]]) -> bool:
    """Try every seating of voters on the rule's seats: the slow way, which cannot be clever."""
    seats = [frozenset(q.groups) for q in rule_.quorums for _ in range(q.count)]
    able = [groups for person, groups in votes.items() if person not in rule_.excluded]
    return bool(seats) and any(
        all(seat & groups for seat, groups in zip(seats, seating, strict=True))
        for seating in permutations(able, len(seats))
    )


TestIncidentMachine = IncidentMachine.TestCase
TestIncidentMachine.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
