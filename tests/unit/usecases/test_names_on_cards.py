"""Cards name people as the policy that is loaded names them."""

from dataclasses import replace

from bot.values import PersonId
from tests.support.world import World


async def test_who_is_renamed_has_the_new_name_on_the_next_card() -> None:
    async with World() as world:
        policy = world.current.policy
        ident = next(iter(policy.people))
        before = (await world.rendering.context()).names[ident]
        renamed = {**policy.people, ident: replace(policy.people[ident], name="Rosa Renamed")}
        world.current.replace(replace(policy, people=renamed), world.current.documents)
        after = (await world.rendering.context()).names[ident]
        assert (before, after) == (policy.people[ident].name, "Rosa Renamed")


async def test_who_has_only_a_seat_is_named_by_it_also_when_it_came_after_the_first_card() -> None:
    async with World() as world:
        assert PersonId("newcomer") not in (await world.rendering.context()).names
        await world.seats.add("newcomer", PersonId("newcomer"), ())
        assert (await world.rendering.context()).names[PersonId("newcomer")] == "newcomer"
