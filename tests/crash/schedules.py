"""What befalls the lives of a world: ended at a point, ended by chance, stopped and resumed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from tests.crash.fuse import Act, Plan
from tests.crash.lives import Life
from tests.crash.points import BEFORE_ACKNOWLEDGED_ALERT, BEFORE_ACKNOWLEDGED_CLICK, Point
from tests.crash.stories import ELSEWHERE, STORIES, drill, left
from tests.crash.world import How, World

REACHED_WITHIN = 30.0
"""Seconds in which a story leads to its point on a machine that others use too."""

_TRIES = 4
"""How often a story is told for one point."""

_TAKEN_OVER = 0.4
"""Seconds beyond a lease in which a life gets on with what the one before it had begun."""

_A_WRITE = 0.002
"""Seconds in which a write comes to its end, or to the next one."""

_AT_ONCE = 3
"""Stories under way at the same time; more would only wait for each other's hosts."""

_STOPPABLE = (
    "before change mend.steps.1",
    "after change mend.steps.1",
    "before commit of RunChange (held): StepStarted",
    "after commit of RunChange (held): StepStarted",
    "before commit of RunChange: StepFinished",
    "before commit of Attach",
    "before commit of OpenRoom",
    "before commit of SendPage",
    "before commit of RunRead",
    "before console post of a card",
    "before console post of a message",
    "before webhook page",
    "before commit of a request: VoteCast",
    "before take alerts",
    "after claim of Post",
    "after claim of RunRead",
)
"""Where it hurts most to lose the processor."""


async def end_at_points(world: World, points: Sequence[Point]) -> None:
    """End one life at each of these points."""
    # On a busy machine a story gets nowhere under the shortest lease, and each has to arrive.
    world.lease = 1.0
    missed, told = [], ""
    for point in points:
        try:
            await _reached(world, point, going_on=point.story == told)
        except AssertionError as error:
            missed.append(str(error))
        told = point.story
    assert not missed, "; ".join(missed)


async def end_in_a_drill(world: World, points: Sequence[Point]) -> None:
    """End one life at each of these points of one and the same drill, in their order."""
    world.lease = 1.0
    world.tell(drill(world))
    for point in points:
        life = await world.begin(Plan(labels=(point.label,)))
        await within(life.gone, point.label)
        await world.killed(life, How.POINT)


async def end_by_chance(
    world: World, lives: int, most: float = 0.3, names: Sequence[str] = tuple(STORIES)
) -> None:
    """End lives at random instants until so many of them had open work; idle ones do not count.

    `most` is the longest that one lives, in seconds; `names` are the stories that are told.
    """
    counted = 0
    while counted < lives:
        life = await world.begin()
        _go_on(world, names)
        await asyncio.sleep(world.luck.random() * most)
        counted += (await world.killed(life, How.CHANCE)).work > 0


async def end_beside_a_chat(world: World, lives: int) -> None:
    """End lives at random instants while people answer in a chat that loses replies."""
    counted = 0
    for _ in range(lives * _TRIES):
        if counted == lives:
            return
        life = await world.begin()
        # One at a time: chats pace what is said in them, and everything is to be said in the end.
        if not world.stories and not world.unsaid():
            world.tell(left(world))
        await asyncio.sleep(0.3 + world.luck.random())
        counted += (await world.killed(life, How.CHANCE)).work > 0
    raise AssertionError("nobody says anything any more")


async def stop_and_resume(world: World, lives: int) -> None:
    """Take the processor from lives until their leases are over and a successor works; then both.

    Half are stopped at a point, half at a random instant. One that was stopped while it held the
    journal's lock has no successor before it goes on: it is let go on until it has let go.
    """
    counted = 0
    while counted < lives:
        label = world.luck.choice(_STOPPABLE) if counted % 2 else ""
        life = await world.begin(Plan(labels=(label,), act=Act.STOP))
        # What a host without receipts does for a stopped life is not promised: see README.md.
        _go_on(world, tuple(name for name in STORIES if name != "bare"))
        await _stopped(world, life, label)
        await _let_go(world, life)
        work = world.at_work()
        successor = await world.begin()
        await asyncio.sleep(world.lease + world.luck.random() * 0.2)
        life.resume()
        if successor.refused:
            await world.killed(life, How.CHANCE)
            continue
        counted += world.struck(life, How.ZOMBIE, work).work > 0
        await asyncio.sleep(world.luck.random() * 0.3)
        await life.kill()
        if counted % 3 == 0:
            await world.killed(successor, How.CHANCE)
        else:
            await successor.end()
            world.life = None


async def one_production_lease(world: World) -> None:
    """End a life in the middle of a change, and let the next one be 16 s later by its clock."""
    world.lease = 15.0
    await _end_at(world, Point(label="after change mend.steps.1", story="typed"))
    world.set_forward(16.0)


async def within(event: asyncio.Event, label: str) -> None:
    """Wait until a life has come to its point; AssertionError where none does."""
    try:
        async with asyncio.timeout(REACHED_WITHIN):
            await event.wait()
    except TimeoutError:
        raise AssertionError(f"no life came to the point “{label}”") from None


async def _reached(world: World, point: Point, *, going_on: bool) -> None:
    """End a life at a point; where the story was overtaken by one before it, tell it again.

    Where the story is `going_on`, what is left of it may lead there: a new one is told later.
    """
    for again in range(_TRIES):
        later = going_on and again == 0
        try:
            if point.first:
                await _end_at(world, Point(label=point.first, story=point.story))
            await _end_at(world, point, later=later)
        except AssertionError:
            if again == _TRIES - 1 or world.life is None:
                raise
            await world.killed(world.life, How.CHANCE)
        else:
            return


async def _end_at(world: World, point: Point, *, later: bool = False) -> None:
    match point.label:
        case label if label == BEFORE_ACKNOWLEDGED_ALERT:
            life = await _told(world, point)
            await within(world.presence.alert, point.label)
        case label if label == BEFORE_ACKNOWLEDGED_CLICK:
            life = await _told(world, point)
            await within(world.presence.click, point.label)
        case _:
            life = await _told(world, point, later=later)
            await within(life.gone, point.label)
    life.burnt = point.label
    await world.killed(life, How.POINT)


async def _told(world: World, point: Point, *, later: bool = False) -> Life:
    world.presence.alert.clear()
    world.presence.click.clear()
    life = await world.begin(Plan(labels=(point.label,)), point.clock)
    if later:
        with suppress(TimeoutError):
            async with asyncio.timeout(world.lease + _TAKEN_OVER):
                await life.gone.wait()
    if not life.gone.is_set():
        world.tell({**STORIES, **ELSEWHERE}[point.story](world))
    return life


async def _stopped(world: World, life: Life, label: str) -> None:
    """Wait until it has stopped itself; where its point does not come, stop it."""
    try:
        async with asyncio.timeout(1.0 if label else world.luck.random() * 0.5):
            while not life.burnt:
                life.settled.clear()
                await life.settled.wait()
    except TimeoutError:
        life.stop()


async def _let_go(world: World, life: Life) -> None:
    """Let one that was stopped in the middle of a write finish it, and stop it again."""
    while world.locked():
        life.burnt = ""
        life.resume()
        await asyncio.sleep(_A_WRITE)
        life.stop()


def _go_on(world: World, names: Sequence[str]) -> None:
    """Let an alert come, and something else, unless enough is under way."""
    for name in ("alarm", world.luck.choice(names)):
        if len(world.stories) < _AT_ONCE:
            world.tell(STORIES[name](world))
