"""Cards as Telegram HTML with a keyboard."""

from datetime import date

import pytest

from bot.values import CardId, PersonId, Untrusted
from cards import telegram_html
from cards.model import (
    Button,
    Card,
    Code,
    CodeBlock,
    Fields,
    Link,
    Paragraph,
    Person,
    Strong,
    Tone,
    message,
)
from cards.showing import shown
from cards.telegram_html import Key, TelegramMessage
from tests.support.chat_limits import read_telegram
from tests.support.incidents import START, asked, context, declared, run_started

TODAY = date(2026, 11, 21)
ANN = PersonId("ann")


def pack(card: CardId, option: str) -> str:
    return f"a:{card}:{option}"


def render(card: Card) -> TelegramMessage:
    return telegram_html.render(card, pack=pack, mentions={ANN: 42}, today=TODAY)


def test_words_of_others_go_into_code_where_nothing_comes_to_life() -> None:
    card = message("Disk of ", Untrusted("@durov <b>https://evil.example"), tone=Tone.DANGER)
    assert render(card).html == (
        "■ <b>Disk of </b><code>@durov &lt;b&gt;https://evil.example</code>"
    )


def test_every_inline_has_its_markup() -> None:
    line = (
        Strong("loud"),
        " ",
        Code("ls"),
        " ",
        Person(ANN, Untrusted("Ann <3")),
        " ",
        Person(PersonId("bob"), Untrusted("@bob")),
        " ",
        Link("docs & more", 'https://d.example/?a="1"&b=2'),
        " ",
        Link("bad", "javascript:alert(1)"),
    )
    card = Card(title=("x",), blocks=(Paragraph((line,)), Fields((("Severity", ("SEV2",)),))))
    assert render(card).html == (
        "<b>x</b>\n\n"
        '<b>loud</b> <code>ls</code> <a href="tg://user?id=42">Ann &lt;3</a> <code>@bob</code> '
        '<a href="https://d.example/?a=&quot;1&quot;&amp;b=2">docs &amp; more</a> '
        "<code>bad</code> <code>javascript:alert(1)</code>\n\n"
        "Severity: SEV2"
    )


def test_a_link_without_words_is_none_and_a_message_of_nothing_else_is_not_empty() -> None:
    assert render(message(Link(Untrusted(" "), "https://d.example/"))).html == "…"


def test_the_decision_packet_fits_or_names_its_file() -> None:
    story = declared().tell(run_started(), asked())
    card = shown(story.incident, "card1", context(15))
    assert card is not None
    sent = telegram_html.render(card, pack=pack, today=START.date())
    text = read_telegram(sent.html).text
    assert "sudo journalctl --vacuum-size=200M" in text
    assert "web-1  10.0.0.5:22" in text
    assert sent.keyboard == (
        (
            Key(text="Approve", callback_data="a:card1:approve"),
            Key(text="Reject", callback_data="a:card1:reject"),
        ),
    )


def test_commands_that_do_not_fit_are_named_and_attached_whole() -> None:
    commands = "\n".join(f"sudo step {n} {'🔥' * 20}" for n in range(100))
    block = CodeBlock(title="Commands", text=Untrusted(commands), essential=True)
    sent = render(Card(id=CardId("c1"), title=("x",), blocks=(block,)))
    text = read_telegram(sent.html).text
    assert "All 100 lines are in the file c1.txt: read it before you answer." in text
    assert "sudo step 1" not in text
    assert all(line in sent.attachments[0].content for line in commands.split("\n"))


def test_with_too_many_entities_words_stay_in_one_code_block() -> None:
    lines = tuple((Untrusted(f"@user{n}"),) for n in range(150))
    sent = render(Card(title=("x",), blocks=(Paragraph(lines),)))
    reading = read_telegram(sent.html)
    assert "@user149" in reading.text
    assert "@" not in reading.outside


def test_short_labels_share_a_row_and_long_ones_do_not() -> None:
    labels = ("Yes", "No", "Later", "Maybe")
    short = Card(title=("x",), buttons=tuple(Button(option=s, label=s) for s in labels))
    assert [len(row) for row in render(short).keyboard] == [3, 1]
    long = Card(
        title=("x",),
        buttons=tuple(Button(option=s, label=f"{s} with many more words") for s in labels),
    )
    assert [len(row) for row in render(long).keyboard] == [1, 1, 1, 1]


def test_what_a_button_leads_to_is_said_above_it() -> None:
    card = Card(
        title=("x",),
        buttons=(
            Button(option="a", label="Approve", consequence=("runs it",), recommended=True),
            Button(option="b", label="@all", consequence=("says so",)),
        ),
    )
    assert render(card).html == (
        "<b>x</b>\n\n<b>Approve</b> (recommended): runs it\n<code>@all</code>: says so"
    )


def test_more_than_a_hundred_answers_are_counted() -> None:
    card = Card(
        title=("x",), buttons=tuple(Button(option=str(n), label=str(n)) for n in range(103))
    )
    sent = render(card)
    assert sum(len(row) for row in sent.keyboard) == 100
    assert "and 3 more answers: use the command" in sent.html


def test_callback_data_over_64_bytes_is_a_bug_and_not_a_wrong_answer() -> None:
    card = Card(title=("x",), buttons=(Button(option="o", label="O"),))
    with pytest.raises(ValueError, match="64 bytes"):
        telegram_html.render(card, pack=lambda _, __: "é" * 33)


def test_a_button_that_asks_back_gets_a_second_question() -> None:
    button = Button(option="o", label="Kill", confirm="Sure <b>?")
    assert telegram_html.asking_back(button, yes="y:1", no="n:1") == TelegramMessage(
        html="Sure &lt;b&gt;?",
        keyboard=(
            (Key(text="Yes: Kill", callback_data="y:1"), Key(text="Cancel", callback_data="n:1")),
        ),
    )


def test_an_answer_to_a_press_is_cut_to_its_limit() -> None:
    assert telegram_html.callback_answer("a\u202eb") == "a[U+202E]b"
    assert telegram_html.callback_answer("x" * 300) == "x" * 193 + "… [cut]"
