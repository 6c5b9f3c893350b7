"""Short schedules, each the shortest way to the moment in which one promise could be broken.

Nothing may be broken in them as the product is; `mutations` says which change of the product
each of them has to notice.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import count
from typing import Any, TypeAlias

from tests.crash.fuse import Act, Plan
from tests.crash.lives import Life
from tests.crash.scene import BARE, write_runbooks
from tests.crash.schedules import within
from tests.crash.stories import asked, bare
from tests.crash.team import Fate
from tests.crash.world import How, World
from tests.support.waiting import eventually

Drama: TypeAlias = Callable[[World], Coroutine[Any, Any, None]]

_PAST_THE_LEASE = 0.5
"""Seconds until a stopped life has lost what it held, and its successor has taken it over."""

_UNEXTENDED = 3.0
"""Seconds of a lease that is long enough for each effect on a busy machine by itself."""

_TRIES = 8
"""How often a life is stopped until it is not in the middle of a write: about one of four is."""


async def killed_while_an_alert_is_stored(world: World) -> None:
    life = await world.begin(Plan(labels=("before take alerts",)))
    world.tell(_alert(world))
    await _ended(world, life)


async def killed_while_a_page_goes_out(world: World) -> None:
    life = await world.begin(Plan(labels=("before webhook page",)))
    world.tell(_alert(world))
    await _ended(world, life)


async def killed_when_a_room_was_made(world: World) -> None:
    life = await world.begin(Plan(labels=("after console open room",)))
    world.tell(_alert(world))
    await _ended(world, life)


async def killed_when_a_declaration_was_stored(world: World) -> None:
    stored = "IncidentDeclared"
    where = (f"after commit of a request: {stored}", f"after commit: {stored}")
    life = await world.begin(Plan(labels=where))
    world.tell(_run(world))
    await _ended(world, life)


async def killed_when_a_change_was_made(world: World) -> None:
    life = await world.begin(Plan(labels=("after change mend.steps.1",)))
    world.tell(_run(world))
    await _ended(world, life)


async def killed_when_a_change_was_made_without_receipts(world: World) -> None:
    life = await world.begin(Plan(labels=("after change mend.steps.1 without receipts",)))
    world.tell(_run(world, BARE))
    await _ended(world, life)


async def killed_while_a_result_is_stored(world: World) -> None:
    result = "StepFinished"
    where = (f"before commit of RunChange: {result}", f"before commit: {result}")
    life = await world.begin(Plan(labels=where))
    world.tell(_run(world))
    await _ended(world, life)


async def nobody_is_killed(world: World) -> None:
    world.lease = 5.0
    await world.begin()
    for host in ("web-1", "db-1"):
        world.tell(_run(world, host))
    for _ in range(2):
        world.tell(_run(world, "web-2"))


async def killed_while_another_wants_the_host(world: World) -> None:
    life = await world.begin(Plan(held=("before change mend.steps.1",)))
    world.tell(_run(world, "web-2"))
    await eventually(_passed(life, "before change mend.steps.1"), bool)
    world.tell(_run(world, "web-2"))
    await eventually(world.queued, bool)
    await world.killed(life, How.POINT)


async def the_asker_alone_says_yes(world: World) -> None:
    await world.begin()
    ticket = await _waiting(world)
    await world.team.press("ann", await world.team.card_of(ticket), "approve")
    await asyncio.sleep(_PAST_THE_LEASE)
    await world.team.press("bob", world.team.last_card_of(ticket), "reject")


async def one_of_two_says_yes(world: World) -> None:
    await world.begin()
    ticket = await _waiting(world, "db-1")
    await world.team.press("bob", await world.team.card_of(ticket), "approve")
    await asyncio.sleep(_PAST_THE_LEASE)
    await world.team.press("cid", world.team.last_card_of(ticket), "reject")


async def a_no_comes_after_the_yes(world: World) -> None:
    await world.begin()
    ticket = await _waiting(world)
    card = await world.team.card_of(ticket)
    await world.team.press("bob", card, "approve")
    await world.team.press("cid", card, "reject")


async def a_yes_comes_when_the_card_has_run_out(world: World) -> None:
    life = await world.begin()
    ticket = await _waiting(world)
    card = await world.team.card_of(ticket)
    await world.killed(life, How.CHANCE)
    world.set_forward(5 * 3600.0)
    life = await world.begin(Plan(labels=("before claim",), act=Act.HOLD))
    await world.team.press("bob", card, "approve")
    await world.killed(life, How.CHANCE)


async def the_runbook_changes_after_the_yes(world: World) -> None:
    where = "before commit of RunChange (held): StepStarted"
    life = await world.begin(Plan(labels=(where,)))
    ticket = world.ticket("c", "ann")
    world.tell(_asked_by_ann(world, ticket, "web-1"))
    await _ended(world, life)
    write_runbooks(world.scene.folder, "some")
    world.notes.voided[ticket] = time.time()


async def stopped_while_news_of_an_alert_are_stored(world: World) -> None:
    life = await world.begin()
    ticket = world.ticket("a")
    await world.sender.send(ticket, "web-1", copies=1)
    await world.team.incident_of(ticket)
    await eventually(_passed(life, "after commit of Attach"), bool)
    await world.killed(life, How.CHANCE)
    # One copy each: news of what is known already would be stored first, and say nothing.
    numbers = count(2)
    await _overtaken(
        world,
        Plan(labels=("before commit of Attach",), act=Act.STOP),
        lambda: world.sender.send(ticket, "web-1", next(numbers), copies=1),
        "after commit of Attach",
    )


async def stopped_before_a_change_without_receipts(world: World) -> None:
    where = "after commit of RunChange (held): StepStarted"
    # Whoever extends its leases first learns that they are lost, and drops what it was about to
    # do: so that it is the look at the lease which has to hold, nobody extends them here.
    world.lease = _UNEXTENDED
    await _overtaken(
        world,
        Plan(labels=(where,), act=Act.STOP, held=("before extend",)),
        lambda: bare(world),
        "after commit of RunChange: StepInDoubt",
    )


DRAMAS: Mapping[str, Drama] = {
    drama.__name__: drama
    for drama in (
        killed_while_an_alert_is_stored,
        killed_while_a_page_goes_out,
        killed_when_a_room_was_made,
        killed_when_a_declaration_was_stored,
        killed_when_a_change_was_made,
        killed_when_a_change_was_made_without_receipts,
        killed_while_a_result_is_stored,
        nobody_is_killed,
        killed_while_another_wants_the_host,
        the_asker_alone_says_yes,
        one_of_two_says_yes,
        a_no_comes_after_the_yes,
        a_yes_comes_when_the_card_has_run_out,
        the_runbook_changes_after_the_yes,
        stopped_while_news_of_an_alert_are_stored,
        stopped_before_a_change_without_receipts,
    )
}
"""Every drama by its name."""


async def _alert(world: World) -> None:
    ticket = world.ticket("a")
    await world.sender.send(ticket, "web-1")
    await world.team.incident_of(ticket)


async def _run(world: World, host: str = "web-1") -> None:
    await _asked_by_ann(world, world.ticket("c", "ann"), host)


async def _asked_by_ann(world: World, ticket: str, host: str) -> None:
    """Let ann declare and ask for a run, which the others approve as its fate says."""
    await asked(world, ticket, "ann", "pair" if host.startswith("db-") else "mend", host)


async def _waiting(world: World, host: str = "web-1") -> str:
    """Let ann ask for a run that nobody answers by himself; returns its ticket."""
    ticket = world.ticket("c", "ann", Fate.LEAVE)
    await _asked_by_ann(world, ticket, host)
    return ticket


async def _ended(world: World, life: Life) -> None:
    await within(life.gone, life.order.plan.labels[0])
    await world.killed(life, How.POINT)


async def _overtaken(
    world: World, plan: Plan, story: Callable[[], Coroutine[Any, Any, None]], label: str
) -> None:
    """Wait until a life has stopped itself and a successor has come by `label`; then resume it.

    One that was stopped with the journal's lock in its hand has no successor: the next one is.
    """
    for _ in range(_TRIES):
        life = await world.begin(plan)
        world.tell(story())
        while not life.burnt:
            life.settled.clear()
            await within(life.settled, plan.labels[0])
        successor = await world.begin()
        if not successor.refused:
            await eventually(_passed(successor, label), bool)
            await _resumed(world, life)
            return
        await world.killed(life, How.POINT)
    raise AssertionError("every life was stopped with the journal's lock in its hand")


async def _resumed(world: World, life: Life) -> None:
    seen = life.passed.total()
    life.resume()
    world.struck(life, How.ZOMBIE, world.at_work())
    # It goes on with what it was about to do, and then with its loop: give it time for both.
    await eventually(_passed(life), lambda passed: passed > seen + 2)
    await asyncio.sleep(3 * _PAST_THE_LEASE)
    await life.kill()


def _passed(life: Life, label: str = "") -> Callable[[], Awaitable[int]]:
    """Return what counts how often a life came by a point, or by any."""

    async def look() -> int:
        return life.passed[label] if label else life.passed.total()

    return look
