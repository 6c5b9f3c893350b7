"""A form that somebody has in front of them is found by its id, where they may see it."""

from bot.values import CardId
from handlers.offered import Offered
from handlers.parameters_form import form_id
from runbooks.steps import Mode
from tests.support.world import World, sender


async def test_the_declare_form_is_found_by_its_id() -> None:
    async with World() as world:
        offered = Offered(world.core)
        viewer = await offered.viewer(sender("commander"))
        assert viewer is not None
        form = await offered.card(viewer, CardId("declare"))
        assert form is not None
        assert [button.label for button in form.buttons] == ["Declare"]


async def test_the_form_of_a_runbook_is_made_anew_for_who_may_see_the_incident() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 keys leaked private")
        await world.settled()
        offered = Offered(world.core)
        ident = form_id(Mode.RUN, (await world.incident()).id, "disk-full")
        form = await offered.card(await world.viewer("commander"), ident)
        assert form is not None
        assert "host" in [field.name for field in form.form]
        assert await offered.card(await world.viewer("approver"), ident) is None


async def test_what_there_is_not_is_not_found() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 x")
        await world.settled()
        offered, viewer = Offered(world.core), await world.viewer("commander")
        ident = (await world.incident()).id
        assert await offered.card(viewer, CardId("nonsense")) is None
        assert await offered.card(viewer, form_id(Mode.RUN, ident, "nonsense")) is None


async def test_a_card_of_the_incident_is_found_as_before() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3")
        await world.settled()
        offered, viewer = Offered(world.core), await world.viewer("commander")
        (asked,) = (await world.incident()).open_cards
        found = await offered.card(viewer, asked.card.card)
        assert found is not None
        assert found.id == asked.card.card
