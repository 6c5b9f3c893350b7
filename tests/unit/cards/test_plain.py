"""Cards as plain text."""

from datetime import UTC, date, datetime

import pytest

from bot.values import PersonId, Untrusted
from cards import plain
from cards.model import At, Card, CodeBlock, Notice, Paragraph, Person, Tone, message
from tests.support.cards import HOSTILE, whole_card

TODAY = date(2026, 11, 21)


def test_a_whole_card_reads_from_top_to_bottom() -> None:
    assert (
        plain.render(whole_card("web-1"), today=TODAY)
        == """\
DRILL ◷ Approve web-1?

■ FROZEN: web-1

web-1 by web-1
10:42 UTC web-1

Severity  SEV2
Host      web-1

Commands
    web-1

Evidence:
  web-1 (https://runbooks.example/x)
      web-1

Undo:
  none

○ WAITING  web-1 (1.2 s)
    web-1
▶ RUNNING  web-1 (1.2 s)
    web-1
✔ COMPLETED  web-1 (1.2 s)
    web-1
↷ SKIPPED  web-1 (1.2 s)
    web-1
✘ FAILED  web-1 (1.2 s)
    web-1
? IN DOUBT  web-1 (1.2 s)
    web-1

Field text (required)
Field multiline
Field number
Field select: First, Second
Field multi-select: First, Second
Field checkbox
Field date-time
Field person: First, Second

[Approve] (recommended): 2 commands run on web-1
[Reject]
[Escalate]

digest 1a2b3c4d"""
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel>", "< !channel>"),
        ("<@U1>", "< @ U1>"),
        ("@here now", "@ here now"),
        ("<https://x|click>", "< https://x|click>"),
        ("a < b, c@ d", "a < b, c@ d"),
    ],
)
def test_nothing_in_running_text_can_become_a_mention(text: str, shown: str) -> None:
    assert plain.render(message(Untrusted(text))) == shown


def test_commands_are_verbatim() -> None:
    card = Card(title=("x",), blocks=(CodeBlock(title="", text=Untrusted("ssh root@db <in\n  y")),))
    assert plain.render(card) == "x\n\n    ssh root@db <in\n      y"


def test_a_person_is_named_and_not_called() -> None:
    assert plain.render(message(Person(PersonId("p"), Untrusted("@ann")))) == "@ ann"


def test_the_headline_says_what_must_be_seen() -> None:
    card = Card(
        tone=Tone.DANGER,
        title=("Disk full",),
        blocks=(
            Paragraph((("not this",),)),
            Notice(
                tone=Tone.WARNING, line=("FROZEN since ", At(datetime(2026, 11, 21, tzinfo=UTC)))
            ),
        ),
        drill=True,
    )
    assert plain.headline(card, today=TODAY) == "DRILL ■ Disk full — FROZEN since 00:00 UTC"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_its_line_and_visible(text: str) -> None:
    shown = plain.render(message(Untrusted(text)))
    assert shown.isprintable()
    assert "<!" not in shown
    assert "<@" not in shown
    assert "@here" not in shown
