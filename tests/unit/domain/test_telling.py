"""Who is told what: the room first, the announcement channel sometimes, nobody twice."""

from dataclasses import replace

from bot.domain.actor import FIREWARDEN
from bot.domain.effects import Post, SetRoom, Show
from bot.domain.events import CardKind, Envelope, PersonJoined, TextsErased
from bot.domain.glance import moved
from bot.domain.intents import AddNote, Declare, DeliveryRefused, RoomIsOpen, SetSeverity, SetTitle
from bot.domain.state import evolve
from bot.records.stored import write_effect
from bot.values import ConversationRef, PersonId, Severity, Untrusted
from tests.unit.domain.disk import asked
from tests.unit.domain.people import ana, ben
from tests.unit.domain.policy import POLICY
from tests.unit.domain.story import Story

ROOM = ConversationRef(platform="console", id="room-1")


def in_room() -> Story:
    story = Story().declared()
    story.does(RoomIsOpen(by=FIREWARDEN, room=ROOM))
    return story


def test_a_room_that_opens_shows_every_card_that_lives() -> None:
    story = Story().declared()
    card = asked(story)
    story.does(RoomIsOpen(by=FIREWARDEN, room=ROOM))
    assert set(story.shown()) == {
        "incident",
        f"run:{story.run.started.run}",
        card.card.card,
    }
    assert story.does(RoomIsOpen(by=FIREWARDEN, room=ROOM)) == ()


def test_before_the_room_is_open_no_card_is_shown_in_it() -> None:
    story = Story().declared()
    assert story.shown() == []


def test_an_event_that_the_incident_card_shows_refreshes_it() -> None:
    story = in_room()
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    assert story.shown() == ["incident"]


def test_an_event_that_the_incident_card_does_not_show_leaves_it_as_it_is() -> None:
    story = in_room()
    story.does(AddNote(by=ana, text=Untrusted("hm")))
    assert story.shown() == []


def test_a_new_member_refreshes_the_card_of_a_private_incident_alone() -> None:
    joined = PersonJoined(person=PersonId("zoe"))
    story = in_room()
    envelope = Envelope(
        stream=story.stream, seq=99, at=story.now, actor=ana.person, request="", event=joined
    )
    for private in (False, True):
        before = replace(story.incident, private=private)
        assert moved(evolve(before, envelope), before, (joined,)) is private


def test_an_erasure_refreshes_the_card_although_nothing_that_is_folded_has_moved() -> None:
    story = in_room()
    erased = TextsErased(why=Untrusted("a password"), erased=())
    assert moved(story.incident, story.incident, (erased,))


def test_only_cards_that_changed_are_shown_anew() -> None:
    story = in_room()
    card = asked(story)
    story.does(AddNote(by=ana, text=Untrusted("hm")))
    assert story.shown() == []
    story.votes(ben)
    assert set(story.shown()) == {
        "incident",
        f"run:{story.run.started.run}",
        card.card.card,
    }


def test_posts_of_one_room_share_a_lane_with_its_opening_and_cards_do_not() -> None:
    story = Story().declared()
    lanes = {
        type(effect).__name__: write_effect(story.stream, effect, story.now).lane
        for effect in story.outbox.values()
        if not isinstance(effect, Post) or effect.target.place == "room"
    }
    assert lanes["OpenRoom"] == lanes["Post"] == lanes["Invite"] == "console/incident:i1"
    story = in_room()
    shows = [effect for effect in story.outbox.values() if isinstance(effect, Show)]
    assert {write_effect(story.stream, show, story.now).lane for show in shows} == {""}


def test_rooms_on_two_platforms_are_both_told() -> None:
    story = Story(replace(POLICY, platforms=("console", "slack"))).declared()
    assert story.posted()[:4] == [
        "IncidentDeclared -> console/room",
        "IncidentDeclared -> slack/room",
        "IncidentDeclared -> console/channel:announcements",
        "IncidentDeclared -> slack/channel:announcements",
    ]


def test_title_and_severity_are_in_the_rooms_topic() -> None:
    story = in_room()
    story.does(SetTitle(by=ana, title=Untrusted("no payments")))
    assert SetRoom(platform="console") in story.last
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    assert SetRoom(platform="console") in story.last


def test_a_post_that_could_not_be_delivered_is_said_once_and_elsewhere() -> None:
    story = in_room()
    refused = DeliveryRefused(
        by=FIREWARDEN, what="Post", where="console/room", why=Untrusted("gone"), seq=1
    )
    story.does(refused)
    first = story.posted()
    assert len(first) == 1
    failure = story.incident.seq
    story.does(replace(refused, seq=failure))
    assert story.posted() == []


def test_a_room_that_takes_no_message_is_told_of_in_the_rooms_of_the_other_platforms() -> None:
    story = Story(replace(POLICY, platforms=("console", "slack"))).declared()
    refused = DeliveryRefused(
        by=FIREWARDEN, what="Post", where="post:i1.1.slack/room", why=Untrusted("gone"), seq=1
    )
    story.does(refused)
    assert story.posted() == ["DeliveryFailed -> console/room"]


def test_a_private_room_that_takes_no_message_is_told_of_to_its_commander_alone() -> None:
    story = Story(replace(POLICY, platforms=("slack",)))
    story.does(
        Declare(by=ana, severity=Severity.SEV3, title=Untrusted("keys leaked"), private=True)
    )
    where = "post:i1.1.slack/room"
    story.does(
        DeliveryRefused(by=FIREWARDEN, what="Post", where=where, why=Untrusted("gone"), seq=1)
    )
    assert story.posted() == [f"DeliveryFailed -> slack/direct:{ana.person}"]


def test_a_channel_that_takes_no_message_is_told_of_in_every_room() -> None:
    story = Story(replace(POLICY, platforms=("console", "slack"))).declared()
    where = "post:i1.1.slack/channel:announcements"
    story.does(
        DeliveryRefused(by=FIREWARDEN, what="Post", where=where, why=Untrusted("gone"), seq=1)
    )
    assert story.posted() == ["DeliveryFailed -> console/room", "DeliveryFailed -> slack/room"]


def test_the_newest_change_card_is_the_one_that_people_see() -> None:
    story = in_room()
    asked(story)
    story.does(SetSeverity(by=ana, severity=Severity.SEV1))
    newest = story.card(CardKind.CHANGE).card.card
    assert newest in story.shown()
