"""Verbs that describe an incident: what they record, and what they say to a slip of the hand."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.events import Status
from bot.requests import ReplyTone
from bot.values import ConversationRef, Severity
from tests.support.clock import START
from tests.support.world import World


async def opened(world: World) -> ConversationRef:
    await world.say("commander", "/incident declare sev3 checkout is slow")
    return await world.room()


async def test_an_update_is_told_in_the_room_and_the_announcement_channel() -> None:
    async with World() as world:
        at = await opened(world)
        reply = await world.say("commander", "/incident update Payments work again next=20m", at=at)
        await world.settled()
        assert reply.text == "Update posted. Next one by 11:02 UTC."
        assert any("Payments work again" in said for said in world.posted(at))
        assert any("Payments work again" in said for said in world.posted("announcements"))
        assert (await world.incident()).next_update_at == START + timedelta(minutes=20)


async def test_an_update_without_a_time_is_due_by_the_severitys_cadence() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/incident update still looking", at=at)
        assert (await world.incident()).next_update_at == START + timedelta(hours=1)


async def test_severity_takes_a_reason() -> None:
    async with World() as world:
        at = await opened(world)
        reply = await world.say("commander", "/incident severity p0 nobody can pay", at=at)
        await world.settled()
        assert reply.text == "Severity is SEV1 now."
        assert (await world.incident()).severity is Severity.SEV1
        assert any("nobody can pay" in said for said in world.posted(at))


async def test_status_moves_the_incident_forward() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/incident status identified", at=at)
        assert (await world.incident()).status is Status.IDENTIFIED


async def test_impact_keeps_its_parts_apart() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say(
            "commander",
            '/incident impact Nobody can pay users=all regions="EU, US" data-loss=none',
            at=at,
        )
        impact = (await world.incident()).impact
        assert impact is not None
        parts = (impact.text, impact.users, impact.regions, impact.data_loss)
        assert [part.text for part in parts] == ["Nobody can pay", "all", "EU, US", "none"]


async def test_started_takes_a_clock_time_of_today() -> None:
    async with World() as world:
        at = await opened(world)
        reply = await world.say("commander", "/incident started 10:12", at=at)
        assert reply.text == "Start recorded: 2026-11-21 10:12 UTC."
        assert (await world.incident()).started_at == datetime(2026, 11, 21, 10, 12, tzinfo=UTC)


async def test_an_action_is_owned_by_the_person_at_its_end_and_done_by_number() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/incident action Restart the workers @approver", at=at)
        await world.say("commander", "/incident action Ask @approver about the deploy", at=at)
        await world.say("commander", "/incident done 1", at=at)
        actions = (await world.incident()).actions
        assert [(a.text.text, a.owner, a.done) for a in actions] == [
            ("Restart the workers", "approver", True),
            ("Ask @approver about the deploy", None, False),
        ]


async def test_a_link_has_a_kind_and_an_address() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/incident link war room <https://meet.example.com/1>", at=at)
        (link,) = (await world.incident()).links
        assert (link.kind.text, link.url.text) == ("war room", "https://meet.example.com/1")


async def test_a_note_and_words_said_in_the_room_are_on_the_timeline() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/incident note the deploy\nis the suspect", at=at)
        said = await world.talk("approver", "I rolled it back", at=at)
        viewer = await world.viewer("commander")
        entries = await world.reading.timeline(viewer, (await world.incident()).id)
        await world.settled()
        posted = "\n".join(world.posted(at))
        assert said.tone is ReplyTone.DONE
        assert "is the suspect" in posted
        assert "I rolled it back" not in posted  # the room has these words already
        assert entries is not None
        assert [(e.actor, e.text) for e in entries[-2:]] == [
            ("Commander", "the deploy\nis the suspect"),
            ("Approver", "I rolled it back"),
        ]


async def test_words_said_elsewhere_are_not_kept_and_said_so() -> None:
    async with World() as world:
        nowhere = ConversationRef(platform="console", id="channel:announcements")
        reply = await world.talk("commander", "hello", at=nowhere)
        assert reply.tone is ReplyTone.MISTAKE
        assert "/incident note" in reply.text


async def test_title_loses_its_provisional_mark() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3")
        at = await world.room()
        await world.say("commander", "/incident title Checkout is\n slow", at=at)
        incident = await world.incident()
        assert (incident.title.text, incident.provisional) == ("Checkout is slow", False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("update", "An update needs words.\nUsage: /incident update <text> [next=30m]"),
        ("title", "A title needs words.\nUsage: /incident title <text>"),
        ("severity bad", "“bad” is no severity: SEV1 to SEV5, or P0 to P4."),
        ("status happy", "“happy” is no status: investigating, identified or monitoring."),
        ("impact", "Who feels it, and how?"),
        ("started", "When did it begin?"),
        ("started 11:00 tomorrow", "“11:00 tomorrow” is not a time"),
        ("link nonsense", "There is no such code, or it was used"),
        ("link ticket OPS-1", "A link starts with https://"),
        ("action", "What will be done?"),
        ("action @approver", "What will be done?"),
        ("action call @nobody", "Nobody is called “@nobody” (known: @approver, @commander)."),
        ("done", "The number of an action is missing."),
        ("done 7", "There is no action 7; open ones: none."),
        ("done 1 2", "“2” has no place here."),
        ("note", "A note needs words."),
        ("update x next=soon", "“soon” is not a duration: write 30m, 1h30m or 2d."),
    ],
)
async def test_a_mistake_says_what_is_wrong_and_changes_nothing(typed: str, said: str) -> None:
    async with World() as world:
        at = await opened(world)
        before = await world.incident()
        reply = await world.say("commander", f"/incident {typed}", at=at)
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith(said)
        assert await world.incident() == before
