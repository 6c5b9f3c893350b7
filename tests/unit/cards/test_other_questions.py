"""Cards of the other kinds of question: run, doubt, notice, checklist, step, details."""

from bot.domain.events import AlertsAttached, CardAsked, CardKind
from bot.domain.packet import (
    ChecklistPacket,
    DetailsPacket,
    DoubtPacket,
    NoticePacket,
    QuestionPacket,
    RunPacket,
)
from bot.values import Untrusted
from cards import plain
from cards.model import Card, FieldKind
from cards.showing import shown
from tests.support.incidents import ANN, BOB, START, Story, asked, context, declared


def card_of(story: Story) -> Card:
    card = shown(story.incident, "card1", context(15))
    assert card is not None
    return card


def text_of(question: CardAsked) -> str:
    return plain.render(card_of(declared().tell(question)), today=START.date())


def notice(*, external: bool) -> CardAsked:
    packet = NoticePacket(
        audience="customers",
        channel="status",
        external=external,
        text=Untrusted("web-1 is slow.\n\nWe work on it."),
        author=ANN,
        flagged=("web-1",),
    )
    return asked(packet, kind=CardKind.NOTICE, title="Notice to customers")


def test_a_notice_names_its_readers_and_flags_words() -> None:
    text = text_of(notice(external=True))
    assert "To          #status (customers, outside the company)" in text
    assert "▲ Outsiders may not understand, or should not read: web-1" in text
    assert "Preview:\n  web-1 is slow.\n  We work on it." in text


def test_an_internal_notice_can_be_edited_and_an_external_one_not() -> None:
    (field,) = card_of(declared().tell(notice(external=False))).form
    assert (field.name, field.kind) == ("text", FieldKind.MULTILINE)
    assert field.default == "web-1 is slow.\n\nWe work on it."
    assert card_of(declared().tell(notice(external=True))).form == ()


def checklist() -> CardAsked:
    packet = ChecklistPacket(
        summary=Untrusted("logs removed"),
        points=(("cause", "The root cause is known"), ("alerts", "No alert is firing")),
        firing=0,
        owner=ANN,
    )
    return asked(packet, kind=CardKind.CHECKLIST, title="Before it is called resolved")


def test_the_checklist_ticks_what_it_can_see() -> None:
    form = {f.name: f.default for f in card_of(declared().tell(checklist())).form}
    assert form == {"cause": "", "alerts": "yes", "summary": "logs removed"}


def test_the_checklist_says_since_when_because_nobody_edits_it_while_time_passes() -> None:
    assert "Open since  10:00 UTC" in text_of(checklist())


def test_the_checklist_shows_alerts_that_fire_now() -> None:
    firing = AlertsAttached(group="g", firing=2, resolved=0, first=())
    card = card_of(declared().tell(checklist(), firing))
    assert {f.name: f.default for f in card.form}["alerts"] == ""
    assert "▲ 2 alerts still firing. Resolving leaves them so." in plain.render(card)


def test_the_checklist_takes_a_reason_for_what_stays_open() -> None:
    assert [b.wants_reason for b in card_of(declared().tell(checklist())).buttons] == [True, True]


def test_a_proposed_run_shows_its_parameters() -> None:
    packet = RunPacket(
        runbook="disk-full",
        title="Disk full",
        description="Frees a disk.",
        document="",
        bindings="{}",
        content_hash="c0ffee0123456789",
        parameters={"host": "web-1", "limit": "85"},
    )
    text = text_of(asked(packet, kind=CardKind.RUN, title="Runbook for this alert: Disk full"))
    assert "◷ OPEN. Waiting for any responder." in text
    assert "Frees a disk.\n\nhost   web-1\nlimit  85" in text
    assert "runbook disk-full c0ffee012345" in text


def test_a_doubt_says_what_is_known_and_that_nothing_is_repeated() -> None:
    packet = DoubtPacket(
        path="clean-up.steps.1",
        host="web-1",
        attempt=1,
        line=Untrusted("sudo journalctl"),
        started_at=START,
        why=Untrusted("the link was lost"),
        approved_by=(BOB,),
    )
    text = text_of(asked(packet, kind=CardKind.IN_DOUBT, title="What became of step 1 on web-1?"))
    assert "It is not run again by itself." in text
    assert "The command\n    sudo journalctl" in text
    assert "Known        the link was lost" in text
    assert "Begun        10:00 UTC" in text
    assert "Approved by  Bob" in text
    assert "then it is asked again" in text


def test_a_guided_step_shows_its_command_and_a_question_its_words() -> None:
    packet = QuestionPacket(path="a.steps.1", description=Untrusted("systemctl restart x"))
    assert "The next command\n    systemctl restart x" in text_of(asked(packet, kind=CardKind.STEP))
    assert "\n\nsystemctl restart x\n" in text_of(asked(packet, kind=CardKind.QUESTION))


def test_details_ask_only_for_what_is_missing() -> None:
    packet = DetailsPacket(missing=("title", "impact"))
    card = card_of(
        declared().tell(asked(packet, kind=CardKind.DETAILS, title="What is happening?"))
    )
    assert [f.name for f in card.form] == ["title", "impact"]
