"""Each window says what its person can do next."""

from dataclasses import replace

import pytest

from bot.adapters.console.hints import Hint, asks_loudly, call_of, most_wanted, next_step
from bot.adapters.console.places import IncidentRoom, Incidents
from bot.adapters.console.windows import VerbHelp
from bot.usecases.views import OpenCard, Viewer
from bot.values import CardId, IncidentId, PersonId
from tests.unit.console.scenery import INCIDENT, NUMBER, summary

COMMANDER = Viewer(person=PersonId("c"), name="Commander", groups=frozenset({"approver"}))
APPROVER = Viewer(person=PersonId("a"), name="Approver", groups=frozenset({"approver"}))
ROOM = IncidentRoom(NUMBER)
OPEN = OpenCard(
    id=CardId("c1"),
    number=1,
    incident=INCIDENT,
    incident_number=NUMBER,
    kind="change",
    state="open",
    title="Free space",
    options={},
    expires_at=None,
    may_answer=False,
)
MINE = replace(OPEN, may_answer=True)


def test_an_approval_that_somebody_else_must_give_points_to_the_other_window() -> None:
    drill = summary()
    hint = next_step(ROOM, drill, [drill], [OPEN], COMMANDER)
    assert hint == Hint(words="Waiting for the approver: switch to the other window.")


def test_outside_a_drill_there_is_no_other_window_to_speak_of() -> None:
    real = summary(drill=False)
    assert next_step(ROOM, real, [real], [OPEN], COMMANDER) == Hint(
        words="Waiting for an approver."
    )


def test_an_approval_of_ones_own_says_what_to_read_and_press() -> None:
    drill = summary()
    hint = next_step(ROOM, drill, [drill], [MINE], APPROVER)
    words = "Read the commands on the card, then press Approve or Reject."
    assert hint == Hint(words=words, urgent=True)


def test_an_open_checklist_says_what_to_do_with_it() -> None:
    drill = summary(status="monitoring")
    asked = replace(MINE, kind="checklist", title="Before it is called resolved")
    hint = next_step(ROOM, drill, [drill], [asked], COMMANDER)
    words = "Tick what is true, then press Resolve. What stays open needs a reason."
    assert hint == Hint(words=words, urgent=True)


def test_a_verified_drill_is_ended_in_the_commanders_window() -> None:
    drill = summary(status="monitoring")
    mine = next_step(ROOM, drill, [drill], [], COMMANDER)
    theirs = next_step(ROOM, drill, [drill], [], APPROVER)
    assert mine is not None
    assert mine.command == "/incident resolve"
    assert theirs == Hint(words="The repair is verified. The commander's window ends the drill.")


def test_the_end_of_a_drill_suggests_the_crash_and_slack() -> None:
    drill = summary(status="resolved")
    hint = next_step(ROOM, drill, [], [], COMMANDER)
    assert hint is not None
    assert "Ctrl-\\" in hint.words
    assert "connect Slack in three steps" in hint.words


def test_on_the_list_an_answer_that_is_missing_is_named_first() -> None:
    drill = summary()
    hint = next_step(Incidents(), None, [drill], [MINE], APPROVER)
    assert hint == Hint(words=f"{NUMBER} waits for your answer.", urgent=True)


def test_a_quiet_console_offers_the_drill() -> None:
    hint = next_step(Incidents(), None, [], [], COMMANDER)
    assert hint is not None
    assert hint.command == "/incident drill disk-full"


@pytest.mark.parametrize(
    ("kind", "mine", "loud"),
    [
        ("change", False, True),
        ("undo", False, True),
        ("in-doubt", False, True),
        ("run", False, False),
        ("run", True, True),
        ("checklist", True, True),
        ("asked", True, True),
        ("asked", False, False),
        ("checklist", False, False),
        ("details", True, False),
    ],
)
def test_only_what_needs_somebody_now_is_in_the_bar(
    kind: str,
    mine: bool,  # noqa: FBT001 - a test's parameter
    loud: bool,  # noqa: FBT001 - as above
) -> None:
    assert asks_loudly(replace(OPEN, kind=kind, may_answer=mine)) is loud


def test_the_bar_says_whose_turn_it_is() -> None:
    assert call_of(OPEN) == "Waiting for somebody else's decision"
    assert call_of(MINE) == "Your decision is needed"
    assert call_of(replace(MINE, kind="run")) == "A runbook is proposed"


@pytest.mark.parametrize(
    ("usage", "start"),
    [
        ("/incident declare [sev] [title...]", "/incident declare "),
        ("/runbook run <name> k=v ...", "/runbook run "),
        ("/incident ack", "/incident ack "),
    ],
)
def test_completion_types_the_words_before_the_first_variable(usage: str, start: str) -> None:
    assert VerbHelp(name="x", usage=usage, effect="").start == start


def test_the_bar_holds_what_matters_most_to_this_person_in_this_room() -> None:
    elsewhere = replace(MINE, id=CardId("elsewhere"), incident=IncidentId("i2"))
    drill = replace(MINE, id=CardId("drill"), incident=IncidentId("i3"), drill=True)
    step = replace(MINE, id=CardId("step"), kind="step")
    others = replace(OPEN, id=CardId("others"))
    cards = [others, step, drill, elsewhere, MINE]
    in_the_room = most_wanted(cards, INCIDENT)
    assert [card.id for card in in_the_room] == ["c1", "elsewhere", "drill", "step", "others"]
    assert [card.id for card in most_wanted(cards, None)] == [
        *("elsewhere", "c1", "drill", "step", "others")
    ]


def test_a_checklist_calls_nobody_into_another_room() -> None:
    checklist = replace(MINE, kind="checklist")
    assert most_wanted([checklist], INCIDENT) == [checklist]
    assert most_wanted([checklist], IncidentId("i2")) == []
    assert most_wanted([checklist], None) == []
