"""Declaring an incident: nothing that is missing or odd may stand in the way."""

import pytest

from bot.requests import Reply, ReplyTone
from bot.values import Severity
from tests.support.team import TEAM
from tests.support.world import World


async def declared(world: World, text: str) -> Reply:
    reply = await world.say("commander", f"/incident declare {text}")
    assert reply.tone is ReplyTone.DONE
    await world.settled()
    return reply


async def test_one_line_opens_an_incident_with_room_card_and_commander() -> None:
    async with World() as world:
        reply = await declared(world, "sev2 checkout is down service=checkout,payments")
        incident = await world.incident()
        room = await world.room()
        assert reply.text == "INC-2026-1121-001 is open at SEV2. You are its commander."
        assert incident.title.text == "checkout is down"
        assert (incident.severity, incident.commander) == (Severity.SEV2, "commander")
        assert not incident.provisional
        assert world.chat.rooms[room.id].name == "inc-1121-001-checkout-is-down"
        assert "SEV2 INC-2026-1121-001 checkout is down" in world.posted(room)[0]


async def test_the_reply_leads_into_the_room() -> None:
    async with World() as world:
        reply = await declared(world, "sev2 checkout is down")
        assert reply.go_to == await world.room()


async def test_a_severity_alone_opens_at_once_and_asks_for_the_rest_in_the_room() -> None:
    async with World() as world:
        await declared(world, "p0")
        incident = await world.incident()
        assert (incident.severity, incident.provisional) == (Severity.SEV1, True)
        assert [asked.card.title.text for asked in incident.open_cards] == ["What is happening?"]


async def test_an_unknown_severity_is_asked_for_and_the_default_holds_meanwhile() -> None:
    async with World() as world:
        await declared(world, "sev9 checkout is down")
        incident = await world.incident()
        (asked,) = incident.open_cards
        assert incident.severity is TEAM.default_severity
        assert incident.title.text == "checkout is down"
        assert getattr(asked.card.packet, "missing", ()) == ("severity", "impact", "services")


@pytest.mark.parametrize(
    ("text", "private", "title"),
    [
        ("sev2 keys leaked private", True, "keys leaked"),
        ("sev2 private cloud is down", False, "private cloud is down"),
        ('sev2 the key is "private"', False, 'the key is "private"'),
    ],
)
async def test_private_is_the_last_word(text: str, *, private: bool, title: str) -> None:
    async with World() as world:
        await declared(world, text)
        incident = await world.incident()
        assert (incident.private, incident.title.text) == (private, title)


async def test_two_declarations_are_two_incidents_with_numbers_of_their_own() -> None:
    async with World() as world:
        await declared(world, "sev2 one")
        await declared(world, "sev2 two")
        assert (await world.incident("INC-2026-1121-001")).title.text == "one"
        assert (await world.incident("INC-2026-1121-002")).title.text == "two"


async def test_the_same_request_again_opens_nothing_and_gives_the_same_answer() -> None:
    async with World() as world:
        first = await world.say("commander", "/incident declare sev2 x", ident="once")
        again = await world.say("commander", "/incident declare sev2 x", ident="once")
        assert again.text == first.text
        viewer = await world.viewer("commander")
        assert len(await world.reading.incidents(viewer, only_open=False)) == 1


async def test_a_bare_declare_opens_a_form_and_records_nothing() -> None:
    async with World() as world:
        reply = await world.say("commander", "/incident declare")
        assert reply.tone is ReplyTone.ANSWER
        assert reply.card is not None
        assert [field.name for field in reply.card.form] == [
            "title",
            "severity",
            "services",
            "impact",
            "private",
        ]
        viewer = await world.viewer("commander")
        assert list(await world.reading.incidents(viewer, only_open=False)) == []


async def test_the_answered_form_declares() -> None:
    async with World() as world:
        values = {"title": "DB slow", "severity": "SEV1", "services": "db", "private": "yes"}
        reply = await world.press("commander", "declare", "declare", values=values)
        incident = await world.incident()
        assert reply.tone is ReplyTone.DONE
        assert (incident.title.text, incident.severity) == ("DB slow", Severity.SEV1)
        assert (incident.services, incident.private) == (("db",), True)


async def test_the_impact_of_the_form_is_recorded_with_the_declaration() -> None:
    async with World() as world:
        values = {"title": "DB slow", "severity": "SEV2", "impact": "checkouts time out"}
        await world.press("commander", "declare", "declare", values=values)
        incident = await world.incident()
        assert incident.impact is not None
        assert incident.impact.text.text == "checkouts time out"
        assert (await world.events(incident)).count("ImpactRecorded") == 1


async def test_an_account_that_nobody_has_linked_may_declare() -> None:
    async with World(policy=TEAM) as world:
        reply = await world.say("slack:T1/U99", "/incident declare sev3 nobody can log in")
        assert reply.tone is ReplyTone.DONE
        assert (await world.incident()).commander == "slack:T1/U99"


async def test_a_secret_in_a_title_is_not_stored() -> None:
    async with World(secrets=("hunter22hunter22",)) as world:
        await declared(world, "sev2 login with hunter22hunter22 fails")
        assert "hunter22" not in (await world.incident()).title.text
