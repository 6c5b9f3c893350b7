"""Words under an update are on the timeline with it; words under anything else are not."""

from bot.domain.effects import Place, Post, Target
from bot.records.stored import post_key
from bot.requests import MessageSaid, Reply
from bot.values import StreamRef
from tests.support.world import World, sender


async def answered(world: World, seq: int, text: str, incident: str = "") -> Reply:
    ident = incident or (await world.incident()).id
    stream = StreamRef(kind="incident", id=ident)
    under = post_key(stream, Post(seq=seq, target=Target(platform="console", place=Place.ROOM)))
    return await world.router.handle(
        MessageSaid(
            id=f"said-{seq}-{text}",
            sender=sender("approver"),
            text=text,
            conversation=await world.room(),
            under=under,
        )
    )


async def lines(world: World) -> list[tuple[int, str, str]]:
    viewer = await world.viewer("commander")
    found = await world.reading.timeline(viewer, (await world.incident()).id)
    return [(e.seq, e.kind, e.text) for e in found or ()]


async def updated(world: World) -> int:
    await world.say("commander", "/incident declare sev2 checkout is down")
    await world.say("commander", "/incident update we roll back", at=await world.room())
    await world.settled()
    return next(seq for seq, kind, _ in await lines(world) if kind == "update posted")


async def test_a_reply_is_kept_with_the_time_of_its_update() -> None:
    async with World() as world:
        seq = await updated(world)
        reply = await answered(world, seq, "the replica is back")
        assert reply.text == "On the timeline."
        assert (await lines(world))[-1][1:] == (
            "note added",
            "on the update of 10:42 UTC: the replica is back",
        )


async def test_a_reply_under_anything_but_an_update_is_not_kept() -> None:
    async with World() as world:
        seq = await updated(world)
        before = await lines(world)
        await answered(world, seq - 1, "what is this?")
        await answered(world, 4711, "and this?")
        await answered(world, seq, "of another incident", incident="i404")
        assert await lines(world) == before
