"""Freezes and drills: what concerns the whole installation."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.domain import system
from bot.domain.decided import Decided, Refusal
from bot.domain.effects import StartDrill
from bot.domain.events import DrillStarted, Envelope, Frozen, Unfrozen
from bot.domain.intents import Drill, Freeze, Fresh, SystemIntent, Unfreeze
from bot.domain.policy import Policy
from bot.domain.system import EVERYTHING, System
from bot.values import StreamRef, Untrusted
from tests.unit.domain.people import actor, ana, ben, cleo, dan, eve
from tests.unit.domain.policy import CLEO, POLICY

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SALE = Untrusted("the sale is on")


class Installation:
    """The system stream, folded."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.policy = policy
        self.state = System()
        self.seq = 0

    def does(self, intent: SystemIntent) -> Decided:
        decision = system.decide(self.policy, self.state, intent, NOW)
        assert isinstance(decision, Decided), decision
        for event in decision.events:
            self.seq += 1
            stream = StreamRef(kind="system", id="system")
            envelope = Envelope(stream=stream, seq=self.seq, at=NOW, event=event)
            self.state = system.evolve(self.state, envelope)
        return decision

    def refused(self, intent: SystemIntent) -> str:
        decision = system.decide(self.policy, self.state, intent, NOW)
        assert isinstance(decision, Refusal), decision
        return decision.reason


def test_any_responder_freezes_and_an_approver_unfreezes() -> None:
    here = Installation()
    frozen = here.does(Freeze(by=ana, scope="checkout", reason=SALE))
    assert frozen.events == (Frozen(scope="checkout", reason=SALE),)
    assert frozen.answer == ("FROZEN: no change starts on checkout until an approver unfreezes it.")
    assert here.refused(Unfreeze(by=ana, scope="checkout")) == (
        "unfreeze is for admin, approver; you are in responder"
    )
    assert here.does(Unfreeze(by=ben, scope="checkout")).events == (Unfrozen(scope="checkout"),)
    assert here.state.freezes == {}


def test_a_reader_freezes_nothing_and_an_operating_token_unfreezes_nothing() -> None:
    here = Installation()
    assert here.refused(Freeze(by=eve, scope="checkout", reason=SALE)).startswith("freeze is for")
    here.does(Freeze(by=dan, scope=EVERYTHING, reason=SALE))
    robot = actor(CLEO, token_kind="operate")
    assert here.refused(Unfreeze(by=robot, scope=EVERYTHING)) == (
        "a token of kind `operate` may not unfreeze"
    )


def test_everything_and_one_service_are_frozen_apart() -> None:
    here = Installation()
    here.does(Freeze(by=ana, scope=EVERYTHING, reason=SALE))
    here.does(Freeze(by=ana, scope="database", reason=SALE))
    here.does(Unfreeze(by=cleo, scope=EVERYTHING))
    assert set(here.state.freezes) == {"database"}


def test_a_freeze_needs_a_reason_and_a_known_service() -> None:
    here = Installation()
    assert here.refused(Freeze(by=ana, scope="checkout", reason=Untrusted(" "))).startswith(
        "A freeze needs a reason"
    )
    assert here.refused(Freeze(by=ana, scope="mars", reason=SALE)) == (
        "There is no service “mars” (known: checkout, database, practice, or all)."
    )


def test_what_is_frozen_is_not_frozen_again_nor_what_is_not_unfrozen() -> None:
    here = Installation()
    assert here.refused(Unfreeze(by=ben, scope="checkout")) == "Nothing is frozen."
    here.does(Freeze(by=ana, scope=EVERYTHING, reason=SALE))
    assert here.refused(Freeze(by=ana, scope=EVERYTHING, reason=SALE)) == (
        "everything is frozen already."
    )
    assert here.refused(Unfreeze(by=ben, scope="checkout")) == (
        "checkout is not frozen (frozen: everything)."
    )


def test_a_drill_starts_on_the_practice_host() -> None:
    drill = Drill(by=ana, scenario="disk-full", fresh=Fresh(seed="d1"))
    decided = Installation().does(drill)
    assert decided.events == (DrillStarted(drill="d1", scenario="disk-full"),)
    assert decided.effects == (StartDrill(drill="d1", scenario="disk-full"),)


def test_an_unknown_drill_and_a_missing_practice_host_are_said() -> None:
    unknown = Drill(by=ana, scenario="meteor")
    assert (
        Installation()
        .refused(unknown)
        .startswith("There is no drill “meteor”. Known:\ndisk-full: a scratch disk ")
    )
    hosts = {name: host for name, host in POLICY.hosts.items() if not host.practice}
    bare = Installation(replace(POLICY, hosts=hosts))
    assert bare.refused(Drill(by=ana, scenario="disk-full")) == (
        "There is no practice host here, and a drill touches nothing else."
    )


def test_a_reader_starts_no_drill() -> None:
    assert Installation().refused(Drill(by=eve, scenario="disk-full")).startswith("drill is for")
