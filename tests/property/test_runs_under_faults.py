"""Whatever breaks and whenever: no change without its yes, none twice, and every run ends."""

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.domain.events import CardKind, OutcomeKind
from bot.domain.packet import ChangePacket
from bot.domain.state import Incident
from bot.records.rows import IncidentRow
from tests.support.fleet import MemoryHosts, lost, unreachable
from tests.support.runs import RESTART, Service, declared, world
from tests.support.world import World

TWO_HOSTS = RESTART.replace(
    "  restart:\n    title", "  restart:\n    on: {group: web}\n    title"
).replace(
    "    undo: {not-needed: it keeps no state}\n",
    "    undo:\n      - run: sudo systemctl stop {{ service }}\n        timeout: 60s\n",
)

MOVES = st.lists(
    st.sampled_from(
        (
            "unreachable",
            "lost",
            "cannot be asked",
            "crash",
            "a second",
            "a minute",
            "an hour",
            "yes",
            "no",
            "it worked",
            "it did not",
            "abort",
            "kill",
            "freeze",
            "another run",
        )
    ),
    min_size=3,
    max_size=25,
)


@given(moves=MOVES, stuck=st.booleans())
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
def test_no_change_without_its_yes_none_twice_and_every_run_ends(
    moves: list[str],
    stuck: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    asyncio.run(_lives_through(moves, stuck=stuck))


async def _lives_through(moves: list[str], *, stuck: bool) -> None:
    service = Service()
    service.stuck |= {"web-2"} if stuck else set()
    hosts = MemoryHosts(service)
    async with world(hosts, {"restart": TWO_HOSTS}) as on:
        at = await declared(on)
        await on.say("ann", "/runbook run restart host=web-1", at=at)
        for move in moves:
            await _make(move, on, hosts)
            await on.settled()
        await _come_to_rest(on, hosts)
        incidents = [await on.incident(number) for number in await _numbers(on)]
        for incident in incidents:
            assert incident.live_runs == ()
            _every_change_had_its_yes(incident)
        begun = [(change.key, change.host) for change in hosts.changes]
        assert len(begun) == len(set(begun))
        runs = [run for incident in incidents for run in incident.runs.values()]
        recorded = [(log.started.host, log.started.command) for run in runs for log in run.steps]
        for change in hosts.changes:
            recorded.remove((change.host, change.argv))


async def _make(move: str, on: World, hosts: MemoryHosts) -> None:  # noqa: C901, PLR0912 - one arm per move
    match move:
        case "unreachable":
            hosts.faults.before.append(unreachable())
        case "lost":
            hosts.faults.after.append(lost())
        case "cannot be asked":
            hosts.faults.asking += [unreachable()] * 3
        case "crash":
            await on.crash()
        case "a second":
            await on.move(timedelta(seconds=1))
        case "a minute":
            await on.move(timedelta(minutes=1))
        case "an hour":
            await on.move(timedelta(hours=1))
        case "yes":
            await _press(on, {CardKind.CHANGE, CardKind.UNDO}, "approve")
        case "no":
            await _press(on, {CardKind.CHANGE, CardKind.UNDO}, "reject")
        case "it worked":
            await _press(on, {CardKind.IN_DOUBT}, "worked")
        case "it did not":
            await _press(on, {CardKind.IN_DOUBT}, "failed")
        case "abort" | "kill":
            at = (await on.incident()).rooms["console"]
            words = " kill confirm" if move == "kill" else ""
            await on.say("ann", f"/runbook abort restart{words}", at=at)
        case "freeze":
            await on.say("ann", "/incident freeze all a storm")
        case "another run":
            at = await declared(on)
            await on.say("ann", "/runbook run restart host=web-2", at=at)


async def _press(on: World, kinds: set[CardKind], option: str) -> None:
    for number in await _numbers(on):
        for card in (await on.incident(number)).open_cards:
            if card.card.kind in kinds:
                await on.press("bob", card.card.card, option)


async def _come_to_rest(on: World, hosts: MemoryHosts) -> None:
    """Mend everything, say of every doubt that it failed, and let what is left expire."""
    hosts.faults.before.clear()
    hosts.faults.after.clear()
    hosts.faults.asking.clear()
    for _ in range(200):
        await on.settled()
        await _press(on, {CardKind.IN_DOUBT}, "failed")
        await on.move(timedelta(minutes=20))
        for number in await _numbers(on):
            for run in (await on.incident(number)).runs.values():
                if run.ended is not None and run.targets:
                    room = (await on.incident(number)).rooms["console"]
                    await on.say("bob", f"/runbook release {run.started.run} sound", at=room)
        live = [r for n in await _numbers(on) for r in (await on.incident(n)).live_runs]
        paused = [run for run in live if run.paused]
        for run in paused:
            await on.say("ann", f"/runbook abort {run.started.run}")
        if not live:
            return


async def _numbers(on: World) -> list[str]:
    return [row.number for row in await on.journal.rows(IncidentRow)]


def _every_change_had_its_yes(incident: Incident) -> None:
    for run in incident.runs.values():
        for log in run.steps:
            assert log.started.card is not None
            asked = incident.cards[log.started.card]
            assert asked.decided is not None
            assert asked.decided.outcome is OutcomeKind.ACT
            assert asked.ended_at is not None
            assert asked.ended_at <= log.at
            assert isinstance(asked.card.packet, ChangePacket)
            lines = {(c.host, c.line.text) for c in asked.card.packet.commands}
            assert (log.started.host, " ".join(log.started.command)) in lines
