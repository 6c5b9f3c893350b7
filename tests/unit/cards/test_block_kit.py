"""Cards as Slack Block Kit."""

from datetime import date

import pytest

from bot.values import CardId, Json, PersonId, Untrusted
from cards import block_kit, block_kit_form
from cards.model import (
    Button,
    ButtonStyle,
    Card,
    CodeBlock,
    FieldKind,
    FormField,
    Link,
    Paragraph,
    Person,
    Strong,
    Tone,
    message,
)
from cards.showing import shown
from tests.support.cards import whole_card
from tests.support.chat_limits import read_slack
from tests.support.incidents import START, asked, context, declared, run_started

TODAY = date(2026, 11, 21)
ANN = PersonId("ann")


def button(n: int = 0, **more: str) -> Button:
    return Button(option=f"o{n}", label=f"Option {n}", consequence=(more.get("then", ""),))


def test_a_message_is_a_header_of_characters() -> None:
    card = message("Disk ", Strong(Untrusted("<!channel>")), tone=Tone.DANGER, drill=True)
    assert block_kit.render(card) == block_kit.SlackMessage(
        text="DRILL ■ Disk &lt; !channel&gt;",
        blocks=(
            {
                "type": "header",
                "text": {"type": "plain_text", "text": "DRILL ■ Disk <!channel>", "emoji": False},
            },
        ),
    )


def test_words_go_into_text_nodes_with_their_style() -> None:
    line = ("by ", Person(ANN, Untrusted("Ann")), " ", Link("docs", "https://d.example"), "")
    card = Card(title=("x",), blocks=(Paragraph((line, ("second",))),))
    (_, rich) = block_kit.render(card).blocks
    assert rich == {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "by "},
                    {"type": "text", "text": "Ann", "style": {"bold": True}},
                    {"type": "text", "text": " "},
                    {"type": "link", "url": "https://d.example", "text": "docs"},
                    {"type": "text", "text": "\n"},
                    {"type": "text", "text": "second"},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("user", "called"), [("U0ANN", ["U0ANN"]), ("!channel", []), ("", []), ("u1> <!here", [])]
)
def test_only_a_real_user_id_becomes_a_mention(user: str, called: list[str]) -> None:
    card = Card(title=("x",), blocks=(Paragraph(((Person(ANN, Untrusted("Ann")),),)),))
    sent = block_kit.render(card, mentions={ANN: user})
    assert read_slack(sent.blocks).users == called


def test_the_decision_packet_fits_and_shows_its_commands() -> None:
    story = declared().tell(run_started(), asked())
    card = shown(story.incident, "card1", context(15))
    assert card is not None
    sent = block_kit.render(card, today=START.date())
    text = read_slack(sent.blocks).text
    assert "sudo journalctl --vacuum-size=200M" in text
    assert "web-1  10.0.0.5:22" in text
    assert sent.attachments == ()
    assert sent.text.startswith("◷ Approve: Clean up the disk of web-1 — OPEN. Waiting for 1 yes")


def test_a_title_that_no_header_holds_is_said_once_and_whole() -> None:
    sent = block_kit.render(message("word " * 40, tone=Tone.WARNING, drill=True))
    assert [block["type"] for block in sent.blocks] == ["rich_text"]
    assert read_slack(sent.blocks).text == "DRILL ▲ " + "word " * 40


def test_a_title_without_a_symbol_has_no_gap_before_it() -> None:
    [header] = block_kit.render(message("Bob is scribe now", drill=True)).blocks
    assert header["text"] == {
        "type": "plain_text",
        "text": "DRILL Bob is scribe now",
        "emoji": False,
    }


def test_a_file_is_called_so_that_a_person_can_say_its_name() -> None:
    output = CodeBlock(title="Output", text=Untrusted("y" * 100_000))
    ident = CardId("run:55rp32cyx4zhx4btmoopntucbm:pqo35qruxr34yyngw62dmp6nvur1")
    sent = block_kit.render(Card(id=ident, kind="progress", title=("x",), blocks=(output,)))
    assert [file.name for file in sent.attachments] == ["progress-mp6nvur1.txt"]


def test_where_no_file_can_go_along_none_is_named() -> None:
    commands = "\n".join(f"sudo step {n} {'x' * 40}" for n in range(200))
    card = Card(
        id=CardId("c1"),
        title=("x",),
        blocks=(
            CodeBlock(title="Commands", text=Untrusted(commands), essential=True),
            CodeBlock(title="Output", text=Untrusted("y" * 100_000)),
        ),
    )
    sent = block_kit.render(card, file=False)
    text = read_slack(sent.blocks).text
    assert sent.attachments == ()
    assert "All 200 lines are in the console: read it before you answer." in text
    assert "Not everything fits here: ask for less, or look in the console." in text
    assert "c1.txt" not in text


def test_commands_that_do_not_fit_are_named_and_attached_whole() -> None:
    commands = "\n".join(f"sudo step {n} {'x' * 40}" for n in range(200))
    block = CodeBlock(title="Commands", text=Untrusted(commands), essential=True)
    sent = block_kit.render(Card(id=CardId("c1"), title=("x",), blocks=(block,)))
    (attached,) = sent.attachments
    assert attached.name == "c1.txt"
    assert all(line in attached.content for line in commands.split("\n"))
    text = read_slack(sent.blocks).text
    assert "All 200 lines are in the file c1.txt: read it before you answer." in text
    assert "sudo step 0" not in text


def test_output_that_does_not_fit_is_cut_visibly() -> None:
    block = CodeBlock(title="Output", text=Untrusted("y" * 100_000))
    sent = block_kit.render(Card(id=CardId("c1"), title=("x",), blocks=(block,)))
    text = read_slack(sent.blocks).text
    assert "y… [cut]" in text
    assert "Not everything fits here. All of it: c1.txt" in text
    assert "y" * 100_000 in sent.attachments[0].content


def test_essentials_have_their_place_before_what_comes_first() -> None:
    chatter = tuple(CodeBlock(title="log", text=Untrusted("z" * 2900)) for _ in range(6))
    commands = CodeBlock(title="Commands", text=Untrusted("reboot " * 300), essential=True)
    sent = block_kit.render(Card(title=("x",), blocks=(*chatter, commands)))
    assert "reboot " * 300 in read_slack(sent.blocks).text


def test_buttons_carry_card_and_option_and_say_what_follows() -> None:
    sent = block_kit.render(whole_card("web-1"))
    reading = read_slack(sent.blocks)
    assert [block_kit.pressed(value) for value in reading.values] == [
        ("card1", "approve"),
        ("card1", "reject"),
        ("card1", "later"),
    ]
    assert "Approve (recommended): 2 commands run on web-1" in reading.text


def test_a_button_asks_back_itself_only_where_no_modal_does() -> None:
    plain_one = Button(option="kill", label="Kill", style=ButtonStyle.DANGER, confirm="Sure?")
    reasoned = Button(option="no", label="No", confirm="Sure?", wants_reason=True)
    sent = block_kit.render(Card(id=CardId("c"), title=("x",), buttons=(plain_one, reasoned)))
    actions = sent.blocks[-1]["elements"]
    assert isinstance(actions, list)
    assert ["confirm" in str(element) and "deny" in str(element) for element in actions] == [
        True,
        False,
    ]
    card = Card(title=("x",), buttons=(plain_one, reasoned))
    assert [block_kit.needs_modal(card, b) for b in card.buttons] == [False, True]


@pytest.mark.parametrize("n", [26, 100])
def test_many_options_become_a_menu(n: int) -> None:
    card = Card(id=CardId("c"), title=("x",), buttons=tuple(button(i) for i in range(n)))
    sent = block_kit.render(card)
    assert len(read_slack(sent.blocks).values) == n


def test_more_options_than_a_menu_holds_are_searched() -> None:
    card = Card(id=CardId("c"), title=("x",), buttons=tuple(button(i) for i in range(101)))
    sent = block_kit.render(card)
    assert sent.blocks[-1]["elements"] == [
        {
            "action_id": "answer:menu:c",
            "placeholder": {"type": "plain_text", "text": "Choose", "emoji": False},
            "type": "external_select",
            "min_query_length": 0,
        }
    ]


def test_an_id_that_slack_cannot_carry_is_a_bug_and_not_a_wrong_answer() -> None:
    card = Card(id=CardId("c"), title=("x",), buttons=(Button(option="o" * 2000, label="O"),))
    with pytest.raises(ValueError, match="2000 characters"):
        block_kit.render(card)


FIELDS = tuple(
    FormField(
        name=kind.name.lower(),
        label=kind.value,
        kind=kind,
        required=kind is FieldKind.TEXT,
        choices=(("a", "First"), ("b", "Second")),
        maximum=9 if kind in {FieldKind.NUMBER, FieldKind.MULTI_SELECT} else None,
        help="help",
    )
    for kind in FieldKind
)
FORM = Card(
    id=CardId("c1"),
    title=("Details",),
    form=FIELDS,
    buttons=(Button(option="save", label="Save what has been written here", wants_reason=True),),
)


def test_a_modal_has_an_input_per_field_named_after_it() -> None:
    view = block_kit_form.modal(
        FORM, FORM.buttons[0], values={"text": "old", "multi_select": "a,b"}
    )
    assert view["private_metadata"] == "c1 save"
    assert view["title"] == {
        "type": "plain_text",
        "text": "Save what has been writ…",
        "emoji": False,
    }
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    inputs = {str(b["block_id"]): b for b in blocks[1:] if isinstance(b, dict)}
    assert list(inputs) == [field.name for field in FIELDS] + ["reason"]
    assert inputs["text"]["optional"] is False
    assert inputs["text"]["element"] == {
        "action_id": "value",
        "type": "plain_text_input",
        "multiline": False,
        "max_length": 3000,
        "initial_value": "old",
    }
    assert inputs["number"]["element"] == {
        "action_id": "value",
        "type": "number_input",
        "is_decimal_allowed": False,
        "max_value": "9",
    }


def test_a_menu_without_choices_becomes_a_text_box() -> None:
    card = Card(title=("x",), form=(FormField(name="p", label="P", kind=FieldKind.PERSON),))
    view = block_kit_form.modal(card, Button(option="o", label="O"))
    assert "plain_text_input" in str(view)


def test_what_a_submitted_view_holds_comes_back_as_our_values() -> None:
    option: Json = {"text": {"type": "plain_text", "text": "First"}, "value": "a"}
    other: Json = {"text": {"type": "plain_text", "text": "Second"}, "value": "b"}
    state: dict[str, dict[str, dict[str, Json]]] = {
        "text": {"value": {"type": "plain_text_input", "value": "words"}},
        "multiline": {"value": {"value": None}},
        "number": {"value": {"value": "7"}},
        "select": {"value": {"selected_option": option}},
        "multi_select": {"value": {"selected_options": [option, other]}},
        "checkbox": {"value": {"selected_options": [{"value": "yes"}]}},
        "date_time": {"value": {"selected_date_time": 1795257720}},
        "person": {"value": {"selected_option": None}},
        "reason": {"value": {"value": "because"}},
        "foreign": {"value": {"value": "x"}},
    }
    assert block_kit_form.answers(FORM, state) == {
        "text": "words",
        "multiline": "",
        "number": "7",
        "select": "a",
        "multi_select": "a,b",
        "checkbox": "yes",
        "date_time": "2026-11-21T10:42",
        "person": "",
        "reason": "because",
    }


def test_choices_that_no_menu_carries_are_typed() -> None:
    long = FormField(name="f", label="F", kind=FieldKind.SELECT, choices=(("x" * 151, "X"),))
    card = Card(id=CardId("c"), title=("x",), form=(long,), buttons=(button(1),))
    view = block_kit_form.modal(card, card.buttons[0])
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    assert isinstance(blocks[1], dict)
    assert isinstance(blocks[1]["element"], dict)
    assert blocks[1]["element"]["type"] == "plain_text_input"
