"""One repair in a simulation: what people see in reality happens here too, and always the same."""

from bot.domain.events import CardKind
from tests.simulation.schedule import Act, Press, Rest, Say, Schedule
from tests.simulation.trouble import Aimed, Fault
from tests.simulation.universe import Universe

REPAIR = (
    Act(after=0.1, deed=Say(who="ann", line="/incident declare sev3 alpha is down")),
    Act(
        after=0.1,
        deed=Say(who="ann", line="/runbook run restart host=web-1", where="alpha"),
    ),
    Act(
        after=0.1,
        deed=Press(who="bob", where="alpha", kind=CardKind.CHANGE, option="approve", times=2),
    ),
    Act(after=0, deed=Rest(seconds=60)),
)

COMMANDS = [
    ("sudo", "systemctl", "reset-failed", "checkout"),
    ("sudo", "systemctl", "restart", "checkout"),
]


def lived(seed: int, *faults: Aimed) -> Universe:
    universe = Universe(Schedule(seed=seed, acts=REPAIR, faults=faults))
    universe.run()
    assert universe.ground.book.faults == []
    assert len(universe.trouble.struck) == len(faults)
    return universe


def commands(universe: Universe) -> list[tuple[str, ...]]:
    return [begun.argv for begun in universe.ground.hosts.ledger]


def test_an_approved_repair_runs_on_its_host_once_and_mends_it() -> None:
    universe = lived(1)
    assert commands(universe) == COMMANDS
    assert universe.ground.hosts.machines["web-1"].up
    during = [a for a in universe.ground.book.answered if a.at < 60]
    assert [a.reply.text.partition(" at ")[0] for a in during] == [
        "INC-2026-1121-001 is open",
        "restart has started: triage first, which changes nothing.",
        "Recorded: Approve.",
        "Card 1 was already decided",
    ]


def test_the_same_seed_gives_the_same_history_and_another_seed_another_one() -> None:
    first, again, other = lived(1), lived(1), lived(2)
    assert first.ground.book.lines == again.ground.book.lines
    assert first.ground.book.digest == again.ground.book.digest
    assert first.ground.book.digest != other.ground.book.digest


def test_a_crash_right_after_the_start_was_recorded_runs_nothing_twice() -> None:
    universe = lived(1, Aimed(fault=Fault.CRASH_AFTER_COMMIT, transition="StepStarted"))
    assert universe.ground.book.lives == 2
    assert commands(universe) == COMMANDS


def test_a_worker_that_was_paused_past_its_lease_runs_nothing_twice() -> None:
    universe = lived(1, Aimed(fault=Fault.PAUSED, transition="StepStarted"))
    assert universe.ground.book.lives == 2
    assert commands(universe) == COMMANDS
