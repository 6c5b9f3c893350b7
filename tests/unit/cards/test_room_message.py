"""What room and channel are told of each event."""

from datetime import UTC, datetime

import pytest

from bot.domain.effects import Place
from bot.domain.events import (
    ActionAdded,
    ActionCompleted,
    AlertBrief,
    AlertsAttached,
    ApprovalVoided,
    CardExpired,
    CardReminded,
    CardWithdrawn,
    DecisionReached,
    DeliveryFailed,
    Ending,
    Event,
    FollowUpNoted,
    Frozen,
    ImpactRecorded,
    IncidentClosed,
    IncidentReopened,
    IncidentResolved,
    LinkAdded,
    NoteAdded,
    NoticeSent,
    PageAcknowledged,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonPaged,
    ReservationAwaited,
    Role,
    RoleAssigned,
    RunEnded,
    RunPaused,
    ServicesNamed,
    SeverityChanged,
    Status,
    StatusChanged,
    StepInDoubt,
    StepInterrupted,
    TitleChanged,
    UpdatePosted,
    UpdateReminded,
)
from bot.domain.telling import ANNOUNCED, IN_ROOM
from bot.values import SYSTEM, PersonId, Severity, Untrusted
from cards import plain
from cards.room_message import message_for
from tests.support.incidents import (
    ANN,
    BOB,
    CARD,
    MINUTE,
    RUN,
    START,
    Story,
    asked,
    context,
    declared,
    run_started,
    step_started,
)

TODAY = START.date()
NOTHING = Untrusted("")


def said(story: Story, place: Place = Place.ROOM) -> str:
    card = message_for(story.last, story.incident, context(), place)
    return "" if card is None else plain.render(card, today=TODAY)


def room(event: Event, by: PersonId = ANN) -> str:
    story = declared().tell(run_started(), asked(), step_started())
    story.tell(
        PageStarted(page="p", reason=NOTHING, escalation="o", order=(ANN, BOB), every=MINUTE)
    )
    story.tell(ActionAdded(n=1, text=Untrusted("restart"), owner=BOB))
    return said(story.tell(event, by=by))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (TitleChanged(title=Untrusted("DB down")), "Title: DB down — Ann"),
        (
            SeverityChanged(
                severity=Severity.SEV1, previous=Severity.SEV2, reason=Untrusted("worse")
            ),
            "■ Severity SEV2 → SEV1: worse — Ann",
        ),
        (
            StatusChanged(status=Status.MONITORING, previous=Status.IDENTIFIED),
            "Status identified → monitoring — Ann",
        ),
        (
            ImpactRecorded(text=Untrusted("no pay"), users=Untrusted("all")),
            "Impact: no pay\n\nUsers  all",
        ),
        (
            LinkAdded(kind=Untrusted("graph"), url=Untrusted("https://g.example/x")),
            "Link, graph: https://g.example/x — Ann",
        ),
        (ActionAdded(n=2, text=Untrusted("call"), owner=None), "Action 2: call — nobody's yet"),
        (ActionCompleted(n=1), "Action 1 is done: restart — Ann"),
        (
            RoleAssigned(role=Role.SCRIBE, person=BOB, previous=ANN),
            "Bob is scribe now, was Ann",
        ),
        (NoteAdded(text=Untrusted("it blinks")), "Ann: it blinks"),
        (
            UpdateReminded(due=START, level=1),
            (
                "▲ Update overdue since 10:00 UTC. For the communications lead: "
                "/incident update <text> [next=30m]"
            ),
        ),
        (IncidentReopened(reason=Untrusted("again")), "▲ Open again: again — Ann"),
        (
            IncidentClosed(postmortem=Untrusted("https://p.example"), override=NOTHING),
            "Closed. postmortem https://p.example — Ann",
        ),
        (
            IncidentClosed(postmortem=NOTHING, override=Untrusted("a test")),
            "Closed. a test — Ann",
        ),
        (
            DeliveryFailed(what="card 1", where="console/room", why=Untrusted("gone")),
            "■ NOT DELIVERED: card 1 to the room in the console: gone. Tell them another way.",
        ),
        (
            DeliveryFailed(
                what="Post",
                where="post:incident:i1.4.slack/channel:announcements",
                why=Untrusted("gone"),
            ),
            "■ NOT DELIVERED: a message to #announcements in Slack: gone. Tell them another way.",
        ),
        (
            DeliveryFailed(
                what="Show", where="show:incident:i1.c1.telegram/direct:bob", why=Untrusted("gone")
            ),
            "■ NOT DELIVERED: a card to Bob in Telegram: gone. Tell them another way.",
        ),
        (
            DeliveryFailed(what="Other", where="nowhere", why=Untrusted("gone")),
            "■ NOT DELIVERED: Other (nowhere): gone. Tell them another way.",
        ),
        (
            PersonPaged(page="p", person=BOB, level=2, next_at=START + 5 * MINUTE),
            "◷ Page 2: Bob is told now. No answer by 10:05 UTC: the next one.",
        ),
        (
            PageUndeliverable(page="p", person=BOB, pager="console", why=Untrusted("no seat")),
            "▲ Bob cannot be reached by console: no seat",
        ),
        (PageAcknowledged(page="p", person=BOB), "✔ Bob has it."),
        (
            PageExhausted(page="p"),
            "■ NOBODY HAS ACKNOWLEDGED the page. Told: Ann, Bob. Somebody: /incident ack",
        ),
        (
            CardExpired(card=CARD),
            (
                "▲ Card 1 (Clean up the disk of web-1) expired: nobody decided in time. "
                "Nothing was done.\n\nAsk again: /incident ask-again 1"
            ),
        ),
        (
            CardReminded(card=CARD),
            (
                "◷ Card 1 (Clean up the disk of web-1) expires 11:00 UTC "
                "(in 30 min) without an answer."
            ),
        ),
        (
            CardWithdrawn(card=CARD, why=Untrusted("the hosts changed")),
            "▲ Card 1 (Clean up the disk of web-1) no longer stands: the hosts changed.",
        ),
        (
            ApprovalVoided(run=RUN, card=CARD, why=Untrusted("the hosts changed")),
            (
                "▲ The yes to card 1 no longer counts: the hosts changed. "
                "Nothing ran on it; it is asked anew."
            ),
        ),
        (
            DecisionReached(
                run=RUN, phase="triage", because=Untrusted("97 % used"), action="clean-up"
            ),
            "Runbook disk-full looked → clean-up\n\n97 % used",
        ),
        (
            ReservationAwaited(run=RUN, targets=("host:web-1",), holder="INC-2"),
            (
                "◷ Runbook disk-full waits: INC-2 holds host:web-1\n\n"
                "It goes on by itself when they are free. Where that run ended badly, an approver"
                " frees them in its room: /runbook release <run> <reason>"
            ),
        ),
        (
            StepInterrupted(run=RUN, path="clean-up.steps.1", host="web-1", attempt=1),
            (
                "▲ Runbook disk-full: Firewarden stopped during clean-up.steps.1 on web-1. "
                "Asking the host what became of it."
            ),
        ),
        (
            StepInDoubt(
                run=RUN, path="clean-up.steps.1", host="web-1", attempt=1, why=Untrusted("no word")
            ),
            (
                "■ Runbook disk-full IN DOUBT at step 1 of 2 on web-1: no word. "
                "Look at the host, then answer the card."
            ),
        ),
        (
            RunPaused(run=RUN, why=Untrusted("the runbook changed")),
            "■ Runbook disk-full PAUSED: the runbook changed. A human must decide.",
        ),
        (
            RunEnded(run=RUN, ending=Ending.DONE, because=Untrusted("72 % used"), commands_ran=2),
            ("✔ Runbook disk-full DONE.\n\n72 % used\nNext: watch it, then /incident resolve"),
        ),
        (
            RunEnded(
                run=RUN, ending=Ending.REJECTED, because=Untrusted("Bob said no"), commands_ran=0
            ),
            (
                "Runbook disk-full REJECTED: 0 commands ran.\n\nBob said no\n"
                "Next: decide what else to do; the incident stays open"
            ),
        ),
        (
            FollowUpNoted(run=RUN, text=Untrusted("rotate earlier"), owner="platform"),
            "Follow-up: rotate earlier — platform",
        ),
        (
            NoticeSent(
                audience="customers",
                channel="status",
                text=Untrusted("slow"),
                author=ANN,
                confirmed_by=(BOB,),
            ),
            "Notice to customers sent in #status, confirmed by Bob",
        ),
    ],
)
def test_the_room_is_told(event: Event, words: str) -> None:
    assert room(event) == words


def test_the_room_of_a_new_incident_learns_who_declared_it() -> None:
    assert said(declared()) == (
        "■ SEV2 INC-2026-1121-001 Checkout is down\n\n"
        "Declared by Ann at 10:00 UTC.\n"
        "Next: /incident status, /incident help"
    )


def test_a_drills_own_labels_are_left_out() -> None:
    brief = AlertBrief(
        source="drill",
        fingerprint="f",
        status="firing",
        starts_at=START,
        summary=Untrusted("disk full"),
        labels={"drill": "5hyned52", "firewarden_drill": "true", "instance": "practice-1"},
    )
    seen = room(AlertsAttached(group="g", firing=1, resolved=0, first=(brief,)), SYSTEM)
    assert seen.endswith("FIRING disk full · instance=practice-1 since 10:00 UTC")


def test_an_alert_that_ended_says_since_when_it_had_fired() -> None:
    brief = AlertBrief(
        source="generic",
        fingerprint="f",
        status="resolved",
        starts_at=START,
        summary=Untrusted("disk full"),
        labels={},
    )
    seen = room(AlertsAttached(group="g", firing=0, resolved=1, first=(brief,)), SYSTEM)
    assert "RESOLVED disk full after firing since 10:00 UTC\n" in seen


def test_alerts_are_listed_and_the_rest_is_counted() -> None:
    first = AlertBrief(
        source="alertmanager",
        fingerprint="f",
        status="firing",
        starts_at=START,
        summary=Untrusted("disk full"),
        labels={"alertname": "DiskFull", "instance": "web-1"},
    )
    quiet = AlertBrief(
        source="generic",
        fingerprint="g",
        status="firing",
        starts_at=datetime(1970, 1, 1, tzinfo=UTC),
        summary=Untrusted("<!channel>"),
        labels={},
    )
    attached = AlertsAttached(group="g", firing=3, resolved=0, first=(first, quiet))
    assert room(attached, SYSTEM) == (
        "▲ 3 alerts firing\n\n"
        "FIRING disk full · instance=web-1 since 10:00 UTC\n"
        "FIRING < !channel>\n"
        "and 1 more"
    )


def test_resolved_alerts_do_not_end_the_incident() -> None:
    assert room(AlertsAttached(group="g", firing=0, resolved=2, first=()), SYSTEM).endswith(
        "The incident stays open until somebody ends it: /incident resolve"
    )


def test_an_update_is_said_in_the_same_words_in_room_and_channel() -> None:
    story = declared().tell(
        UpdatePosted(text=Untrusted("we look"), next_at=START + 40 * MINUTE), by=ANN
    )
    words = (
        "■ [10:01 UTC] SEV2 INC-2026-1121-001 Checkout is down: investigating, 1 min so far\n\n"
        "we look\n"
        "Next update by 2026-11-21 10:40 UTC"
    )
    assert said(story) == said(story, Place.CHANNEL) == words


def test_a_resolution_says_what_stays_open_in_the_room() -> None:
    story = declared().tell(
        IncidentResolved(
            summary=Untrusted("logs removed"),
            open_points=("Customers have been told",),
            override=Untrusted("nobody noticed"),
            still_firing=1,
        ),
        by=ANN,
    )
    assert said(story) == (
        "✔ [10:01 UTC] RESOLVED SEV2 INC-2026-1121-001: Checkout is down\n\n"
        "logs removed\n"
        "Duration: 1 min\n\n"
        "Still open: Customers have been told\n"
        "1 alert still firing.\n"
        "Resolved all the same: nobody noticed"
    )


def test_a_notice_reaches_its_channel_word_for_word() -> None:
    story = declared().tell(
        NoticeSent(
            audience="customers",
            channel="status",
            text=Untrusted("We are slow.\nWe work on it."),
            author=ANN,
            confirmed_by=(BOB,),
        )
    )
    assert said(story, Place.CHANNEL) == "We are slow.\n\nWe work on it."


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            SeverityChanged(severity=Severity.SEV1, previous=Severity.SEV2, reason=NOTHING),
            "■ SEV1 INC-2026-1121-001 Checkout is down: SEV2 → SEV1",
        ),
        (
            IncidentReopened(reason=Untrusted("again")),
            "▲ SEV2 INC-2026-1121-001 Checkout is down is open again: again",
        ),
        (
            UpdateReminded(due=START, level=3),
            (
                "▲ SEV2 INC-2026-1121-001 Checkout is down is without an update since 10:00 UTC. "
                "Commander: nobody"
            ),
        ),
    ],
)
def test_a_channel_is_told_which_incident_it_is(event: Event, words: str) -> None:
    assert said(declared().tell(event), Place.CHANNEL) == words


def test_a_drill_is_marked_in_every_message() -> None:
    assert said(declared(drill=True)).startswith("DRILL ■ SEV2")
    assert said(declared(drill=True), Place.CHANNEL).startswith("DRILL ■ SEV2")


@pytest.mark.parametrize("text", ["DRILL We are slow.", "We are slow."])
def test_a_notice_of_a_drill_is_marked_once(text: str) -> None:
    notice = NoticeSent(
        audience="all", channel="c", text=Untrusted(text), author=ANN, confirmed_by=(ANN,)
    )
    assert said(declared(drill=True).tell(notice), Place.CHANNEL) == "DRILL We are slow."


@pytest.mark.parametrize(
    "event", [ServicesNamed(services=("a",)), Frozen(scope="*", reason=NOTHING)]
)
def test_what_a_card_shows_is_not_said_twice(event: Event) -> None:
    assert room(event) == ""


def test_every_event_that_is_announced_is_also_told_to_the_room() -> None:
    assert set(ANNOUNCED) <= set(IN_ROOM)
