"""Reads for console and API: what a viewer may see, and that the rest looks absent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ports import StandingKind
from bot.records.rows import TimelineRow
from bot.usecases.views import Reader
from bot.values import CardId, ConversationRef, IncidentId, PersonId
from cards import plain
from tests.support.team import TEAM
from tests.support.world import World, sender

BOB = PersonId("bob")


def reader_of(world: World) -> Reader:
    return world.reading


async def three(world: World) -> None:
    """Open a public, a private and a resolved incident, a minute apart."""
    await world.say("ann", "/incident declare sev3 slow search")
    await world.move(timedelta(minutes=1))
    await world.say("ann", "/incident declare sev1 keys leaked private")
    await world.move(timedelta(minutes=1))
    await world.say("dan", "/incident declare sev2 checkout is down")
    at = await world.room()
    await world.say("dan", "/incident resolve fixed", at=at)
    await world.say("dan", "/incident answer 1 resolve reason=done", at=at)


async def test_incidents_come_worst_and_newest_first_resolved_ones_last() -> None:
    async with World(policy=TEAM) as world:
        await three(world)
        viewer = await world.viewer("ann")
        found = await world.reading.incidents(viewer, only_open=False)
        assert [(one.number[-3:], one.severity, one.status) for one in found] == [
            ("002", "SEV1", "investigating"),
            ("001", "SEV3", "investigating"),
            ("003", "SEV2", "resolved"),
        ]


async def test_a_summary_has_names_room_and_waiting_cards() -> None:
    async with World(policy=TEAM) as world:
        await three(world)
        await world.say("ann", "/incident resolve in=INC-2026-1121-001")
        room = await world.room("INC-2026-1121-001")
        viewer = await world.viewer("eve")
        one = await world.reading.incident(viewer, "inc-2026-1121-001")
        assert one is not None
        assert (one.commander, one.room, one.waiting_cards) == ("Ann Lee", room, 1)
        assert await world.reading.incident(viewer, one.id) == one
        assert await world.reading.incident_of_room(viewer, room) == one


async def test_only_open_leaves_the_resolved_ones_out() -> None:
    async with World(policy=TEAM) as world:
        await three(world)
        viewer = await world.viewer("eve")
        found = await world.reading.incidents(viewer, only_open=True)
        assert [one.number for one in found] == ["INC-2026-1121-001"]


async def test_a_private_incident_is_absent_in_every_read_for_those_outside() -> None:
    async with World(policy=TEAM) as world:
        await three(world)
        private = await world.incident("INC-2026-1121-002")
        await world.say("ann", "/incident resolve in=INC-2026-1121-002")
        room = await world.room("INC-2026-1121-002")
        reader, outside = reader_of(world), await world.viewer("bob")
        (asked,) = (await world.incident("INC-2026-1121-002")).open_cards
        assert await reader.incident(outside, private.id) is None
        assert await reader.incident(outside, private.number) is None
        assert await reader.incident_of_room(outside, room) is None
        assert await reader.timeline(outside, private.id) is None
        assert await reader.incident_card(outside, private.id) is None
        assert await reader.card(outside, asked.card.card) is None
        assert await reader.card(outside, CardId(f"incident:{private.id}")) is None
        assert list(await reader.open_cards(outside)) == []
        assert not await reader.may_see_conversation(outside, room)
        numbers = [one.number for one in await reader.incidents(outside, only_open=False)]
        assert private.number not in numbers
        assert list(await reader.incidents(outside, only_open=False, text="keys")) == []


async def test_its_members_see_a_private_incident() -> None:
    async with World(policy=TEAM) as world:
        await three(world)
        await world.say("ann", "/incident role scribe @bob in=INC-2026-1121-002")
        room = await world.room("INC-2026-1121-002")
        reader, inside = reader_of(world), await world.viewer("bob")
        found = await reader.incident_of_room(inside, room)
        assert found is not None
        assert found.private
        assert await reader.may_see_conversation(inside, room)


async def test_lines_of_the_timeline_name_people_as_they_are_called_and_rows_keep_ids() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow search")
        incident = await world.incident()
        people = world.current.policy.people
        twins = {**people, BOB: replace(people[BOB], name="Ann Lee")}
        entries = await world.reading.timeline(await world.viewer("eve"), incident.id)
        world.current.policy = replace(world.current.policy, people=twins)
        twice = await world.reading.timeline(await world.viewer("eve"), incident.id)
        rows = await world.journal.rows(TimelineRow, incident=incident.id)
        said = [entries[1].text if entries else "", twice[1].text if twice else "", rows[1].text]
    assert said == [
        "role of commander: Ann Lee",
        "role of commander: Ann Lee (ann)",
        "role of commander: ann",
    ]


async def test_the_timeline_has_names_and_utc_times() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow search")
        incident = await world.incident()
        entries = await world.reading.timeline(await world.viewer("eve"), incident.id)
        assert entries is not None
        assert [(entry.seq, entry.actor, entry.kind) for entry in entries] == [
            (1, "Ann Lee", "incident declared"),
            (2, "Ann Lee", "role assigned"),
            (3, "Firewarden", "room opened"),
        ]
        assert {entry.at for entry in entries} == {world.clock.now()}


async def test_open_cards_come_most_urgent_first_with_what_can_be_answered() -> None:
    async with World(policy=TEAM) as world:
        for severity in ("sev3", "sev1"):
            await world.say("ann", f"/incident declare {severity} x")
            await world.say("ann", "/incident resolve", at=await world.room())
        first, second = await world.reading.open_cards(await world.viewer("dan"))
        assert [first.incident_number[-3:], second.incident_number[-3:]] == ["002", "001"]
        assert first.options == {"resolve": "Resolve", "keep-open": "Keep open"}
        assert (first.kind, first.state, first.number) == ("checklist", "open", 1)
        assert first.may_answer
        assert not (await world.reading.open_cards(await world.viewer("eve")))[0].may_answer


async def test_a_four_eyes_card_is_not_its_askers_to_answer() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 x")
        await world.say("cleo", "/incident notify customers hello", at=await world.room())
        (card,) = await world.reading.open_cards(await world.viewer("cleo"))
        assert not card.may_answer


async def test_cards_of_every_kind_are_shown_as_they_stand() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow search")
        at = await world.room()
        await world.say("ann", "/incident page @dan now", at=at)
        await world.say("ann", "/incident resolve", at=at)
        incident, viewer = await world.incident(), await world.viewer("eve")
        (page,) = incident.pages
        (asked,) = incident.open_cards
        shown = {
            "SEV3": CardId(f"incident:{incident.id}"),
            "PAGE": CardId(f"page:{incident.id}:{page}"),
            "Before it is called resolved": asked.card.card,
        }
        for words, ident in shown.items():
            card = await world.reading.card(viewer, ident)
            assert card is not None
            assert words in plain.render(card)
        for absent in ("id-0", f"page:{incident.id}:nothing", f"run:{incident.id}:x", "page:"):
            assert await world.reading.card(viewer, CardId(absent)) is None


@pytest.mark.parametrize(
    ("conversation", "visible"),
    [
        ("channel:announcements", True),
        ("direct:eve", True),
        ("direct:ann", False),
        ("room:unknown", False),
        ("anything", False),
    ],
)
async def test_channels_are_for_everyone_and_direct_messages_for_one(
    conversation: str, *, visible: bool
) -> None:
    async with World(policy=TEAM) as world:
        place = ConversationRef(platform="console", id=conversation)
        viewer = await world.viewer("eve")
        assert await world.reading.may_see_conversation(viewer, place) is visible


async def test_a_stranger_is_no_viewer() -> None:
    async with World(policy=TEAM) as world:
        world.people.kinds[("slack", "T9/U9")] = StandingKind.STRANGER
        assert await world.reading.viewer(sender("slack:T9/U9")) is None


async def test_no_read_shows_anything_to_somebody_without_a_right_to_read() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 slow search")
        at = await world.room()
        await world.say("ann", "/incident resolve", at=at)
        incident = await world.incident()
        (asked,) = incident.open_cards
        nobody = replace(await world.viewer("ann"), groups=frozenset())
        reading = world.reading
        assert list(await reading.incidents(nobody, only_open=False)) == []
        assert await reading.incident(nobody, incident.id) is None
        assert await reading.incident_of_room(nobody, at) is None
        assert await reading.state_of_card(nobody, asked.card.card) is None
        assert await reading.timeline(nobody, incident.id) is None
        assert await reading.incident_card(nobody, incident.id) is None
        assert list(await reading.open_cards(nobody)) == []
        assert await reading.card(nobody, asked.card.card) is None
        assert await reading.state(nobody, incident.id) is None
        announcements = ConversationRef(platform="console", id="channel:announcements")
        for place in (at, announcements):
            assert not await reading.may_see_conversation(nobody, place)


async def test_what_never_was_is_absent() -> None:
    async with World(policy=TEAM) as world:
        viewer = await world.viewer("eve")
        assert await world.reading.incident(viewer, "INC-2026-1121-009") is None
        assert await world.reading.timeline(viewer, IncidentId("id-0")) is None
        assert await world.reading.incident_card(viewer, IncidentId("id-0")) is None
        assert list(await world.reading.open_cards(viewer)) == []


async def test_what_is_frozen_is_told_until_it_is_lifted() -> None:
    async with World(policy=TEAM) as world:
        viewer = await world.viewer("ann")
        assert await world.reading.freezes(viewer) is None
        await world.say("ann", "/incident freeze all release in progress")
        told = await world.reading.freezes(viewer)
        assert told is not None
        assert "FROZEN: no change may start anywhere. release in progress" in plain.render(told)
        await world.say("bob", "/incident unfreeze")
        assert await world.reading.freezes(viewer) is None
