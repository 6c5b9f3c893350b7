"""Lists, timelines and help that an asker alone sees."""

from datetime import timedelta

from bot.values import Severity
from cards import plain
from cards.model import Card, Tone
from cards.status import (
    Listed,
    ListedCard,
    Said,
    VerbHelp,
    approvals_card,
    help_card,
    list_card,
    timeline_card,
)
from tests.support.incidents import MINUTE, START, context


def text_of(card: Card) -> str:
    return plain.render(card, today=START.date())


CHECKOUT = Listed(
    number="INC-1",
    title="Checkout is down",
    severity=Severity.SEV1,
    status="investigating",
    opened_at=START,
    commander="Ann",
    waiting=1,
)


def test_a_list_has_severity_number_title_age_and_who_commands() -> None:
    drill = Listed(
        number="INC-2",
        title="Disk",
        severity=Severity.SEV3,
        status="resolved",
        opened_at=START,
        resolved_at=START + 5 * MINUTE,
        drill=True,
        private=True,
    )
    assert text_of(list_card((CHECKOUT, drill), context(12), only_open=False)) == (
        "2 incidents\n\n"
        "SEV1 INC-1 Checkout is down — investigating, 12 min, Ann, 1 card waiting\n"
        "DRILL PRIVATE SEV3 INC-2 Disk — resolved, 5 min, nobody commands\n\n"
        "as of 10:12 UTC · /incident status <id>"
    )


def test_an_empty_list_is_good_news() -> None:
    card = list_card((), context())
    assert card.tone is Tone.GOOD
    assert text_of(card) == "✔ No open incident.\n\ndeclare one: /incident declare sev2 <title>"


def test_open_cards_say_what_to_type_to_who_may_answer() -> None:
    mine = ListedCard(
        number=3,
        kind="change",
        incident_number="INC-1",
        title="Restart",
        expires_at=START + timedelta(hours=1),
        may_answer=True,
        short_digest="1a2b3c4d",
    )
    other = ListedCard(
        number=4,
        kind="notice",
        incident_number="INC-1",
        title="Notice",
        expires_at=None,
        may_answer=False,
    )
    assert text_of(approvals_card((mine, other), context(15))) == (
        "◷ 2 cards waiting for an answer\n\n"
        "INC-1 card 3 (change): Restart, expires 11:00 UTC (in 45 min) — for you to answer\n"
        "/incident approve 3 1a2b3c4d or /incident reject 3 <reason>\n\n"
        "INC-1 card 4 (notice): Notice — for somebody else\n\n"
        "as of 10:15 UTC"
    )


def test_nothing_waiting_is_said() -> None:
    assert text_of(approvals_card((), context())) == "✔ Nothing waits for an answer."


def test_a_timeline_is_in_order_and_cut_at_its_old_end() -> None:
    lines = [Said(at=START + n * MINUTE, actor="Ann", text=f"line {n}") for n in range(201)]
    text = text_of(timeline_card("INC-1", "Checkout is down", lines))
    assert text.startswith(
        "Timeline of INC-1 Checkout is down\n\n1 earlier line left out\n\n10:01 UTC Ann line 1\n"
    )
    assert text.endswith("13:20 UTC Ann line 200")


VERBS = (
    VerbHelp(
        name="update",
        usage="/incident update <text> [next=30m]",
        does="posts a status update",
        examples=("/incident update cause found next=15m",),
    ),
    VerbHelp(name="ack", usage="/incident ack", does="says that you have it"),
)


def test_help_lists_every_verb() -> None:
    assert text_of(help_card(VERBS)) == (
        "What you can say\n\n"
        "update  /incident update <text> [next=30m] — posts a status update\n"
        "ack     /incident ack — says that you have it\n\n"
        "more on one: /incident help <verb>"
    )


def test_help_on_one_verb_shows_examples() -> None:
    assert text_of(help_card(VERBS, "update")) == (
        "/incident update <text> [next=30m]\n\n"
        "posts a status update\n\n"
        "For example:\n  /incident update cause found next=15m"
    )


def test_help_on_an_unknown_verb_says_so_and_lists_all() -> None:
    assert text_of(help_card(VERBS, "@here")).startswith(
        "There is no verb “@ here”. What you can say\n\nupdate"
    )
