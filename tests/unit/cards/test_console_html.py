"""Cards as HTML for the console."""

from datetime import UTC, date, datetime

import pytest

from bot.values import PersonId, Untrusted
from cards import console_html
from cards.model import (
    At,
    Button,
    ButtonStyle,
    Card,
    CodeBlock,
    FieldKind,
    FormField,
    Link,
    Person,
    Tone,
    message,
)
from tests.support.cards import HOSTILE, whole_card
from tests.support.html import Element, parsed

ACTION = "/cards/card1/answers"


def only(elements: list[Element]) -> Element:
    (element,) = elements
    return element


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element_and_no_attribute(text: str) -> None:
    note = (Untrusted(text),)
    harmless = console_html.render(whole_card("text"), action_url=ACTION, viewer_note=note)
    hostile = console_html.render(whole_card(text), action_url=ACTION, viewer_note=note)
    assert parsed(hostile).shape() == parsed(harmless).shape()


def test_the_output_has_no_style_no_script_and_no_handler() -> None:
    root = parsed(console_html.render(whole_card(), action_url=ACTION))
    assert root.all("script") == root.all("style") == []
    names = {n for e in root.all("article") + root.all("button") for n in e.attributes}
    assert not any(name.startswith("on") or name == "style" for name in names)


def test_a_button_is_a_plain_form_post_with_the_hidden_pairs() -> None:
    html = console_html.render(
        whole_card(), action_url=ACTION, hidden={"nonce": 'n"1', "csrf": "c"}
    )
    form = only(parsed(html).all("form"))
    assert form.attributes == {"class": "answer", "method": "post", "action": ACTION}
    hidden = [e.attributes for e in form.all("input") if e.attributes.get("type") == "hidden"]
    assert [(h["name"], h["value"]) for h in hidden] == [("nonce", 'n"1'), ("csrf", "c")]
    pressed = [b.attributes["value"] for b in form.all("button") if "value" in b.attributes]
    assert pressed == ["approve", "reject", "later"]


def test_enter_in_a_text_box_answers_nothing() -> None:
    form = only(parsed(console_html.render(whole_card(), action_url=ACTION)).all("form"))
    assert form.all("button")[0].attributes == {"type": "submit", "disabled": "", "hidden": ""}


def test_one_that_asks_back_is_pressed_inside_its_question() -> None:
    card = Card(
        title=("x",),
        buttons=(Button(option="o", label="Kill", style=ButtonStyle.DANGER, confirm="Sure?"),),
    )
    details = only(parsed(console_html.render(card, action_url=ACTION)).all("details"))
    assert details.attributes == {"class": "confirm"}
    assert details.all("summary")[0].attributes == {"class": "button button-danger"}
    assert details.all("button")[0].text == "Yes: Kill"
    assert details.all("button")[0].attributes["value"] == "o"


def test_a_button_that_needs_no_form_skips_the_required_fields() -> None:
    form = only(parsed(console_html.render(whole_card(), action_url=ACTION)).all("form"))
    free = {b.attributes["value"]: "formnovalidate" in b.attributes for b in form.all("button")[1:]}
    assert free == {"approve": False, "reject": True, "later": False}


def test_without_an_address_there_is_nothing_to_press() -> None:
    root = parsed(console_html.render(whole_card(), viewer_note=("For the approvers.",)))
    assert root.all("form") == root.all("button") == []
    assert "For the approvers." in root.text


def test_every_kind_of_field_is_an_input_of_its_name() -> None:
    form = only(parsed(console_html.render(whole_card(), action_url=ACTION)).all("form"))
    controls = form.all("input") + form.all("select") + form.all("textarea")
    named = {e.attributes["name"]: e for e in controls}
    assert {k: named[f"f-{k.name.lower()}"].tag for k in FieldKind} == {
        FieldKind.TEXT: "input",
        FieldKind.MULTILINE: "textarea",
        FieldKind.NUMBER: "input",
        FieldKind.SELECT: "select",
        FieldKind.MULTI_SELECT: "input",
        FieldKind.CHECKBOX: "input",
        FieldKind.DATE_TIME: "input",
        FieldKind.PERSON: "select",
    }
    assert named["f-date_time"].attributes["type"] == "datetime-local"
    assert named["reason"].attributes["maxlength"] == "1000"


def field_html(kind: FieldKind, value: str, **more: str) -> Element:
    choices = (("a", "First"), ("b", "Second"))
    form = (FormField(name="f", label="F", kind=kind, default="d", choices=choices),)
    card = Card(title=("x",), form=form, buttons=(Button(option="o", label="O"),))
    html = console_html.render(card, action_url=ACTION, values={"f": value}, errors=more)
    return only(parsed(html).all("form"))


@pytest.mark.parametrize("value", ["two\nlines", "\nfirst empty", "<b>&amp;", '"x" \u202e'])
def test_a_value_that_was_not_accepted_comes_back_as_it_was(value: str) -> None:
    area = only(field_html(FieldKind.MULTILINE, value).all("textarea"))
    assert area.text == "\n" + value  # a browser drops the first line end
    given = field_html(FieldKind.TEXT, value).all("input")
    assert given[0].attributes["value"] == value


def test_chosen_values_are_marked() -> None:
    options = field_html(FieldKind.SELECT, "b").all("option")
    assert [(o.attributes["value"], "selected" in o.attributes) for o in options] == [
        ("", False),
        ("a", False),
        ("b", True),
    ]
    ticks = field_html(FieldKind.MULTI_SELECT, "a,b").all("input")
    assert ["checked" in t.attributes for t in ticks] == [True, True]


def test_a_field_error_is_said_at_its_field() -> None:
    form = field_html(FieldKind.NUMBER, "x", f="must be a number")
    error = next(s for s in form.all("span") if s.attributes["class"] == "input-error")
    assert (error.text, error.attributes["role"]) == ("must be a number", "alert")
    assert form.all("input")[0].attributes["aria-invalid"] == "true"


def test_a_moment_carries_its_full_time() -> None:
    moment = datetime(2026, 11, 21, 10, 42, 7, tzinfo=UTC)
    html = console_html.line_html((At(moment),), today=date(2026, 11, 21))
    assert html == (
        '<time datetime="2026-11-21T10:42:07Z" title="2026-11-21 10:42:07 UTC">10:42 UTC</time>'
    )


def test_a_person_can_be_found_by_id() -> None:
    html = console_html.line_html((Person(PersonId("p1"), Untrusted("Ann")),))
    assert html == '<span class="person" data-person="p1">Ann</span>'


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:x"]
)
def test_an_address_that_is_not_of_the_web_is_only_text(url: str) -> None:
    assert parsed(console_html.line_html((Link("docs", url),))).all("a") == []


@pytest.mark.parametrize("url", ["/incidents/1", "https://x.example/?a=1&b=2", "http://x.example"])
def test_a_web_address_is_a_link(url: str) -> None:
    link = only(parsed(console_html.line_html((Link("docs", url),))).all("a"))
    assert (link.attributes["href"], link.text) == (url, "docs")
    assert link.attributes["rel"] == "noopener noreferrer"


def test_a_drill_says_so_and_tones_have_a_shape() -> None:
    html = console_html.render(message("hot", tone=Tone.DANGER, drill=True))
    assert html == (
        '<article class="card card-message tone-danger drill" data-card="" data-kind="message">'
        '<header class="card-head"><span class="badge badge-drill">DRILL</span> '
        '<h3 class="card-title"><span class="symbol" aria-hidden="true">■</span> hot</h3></header>'
        "</article>"
    )


def test_code_keeps_its_first_empty_line() -> None:
    card = Card(title=("x",), blocks=(CodeBlock(title="Out", text=Untrusted("\nls")),))
    assert '<pre tabindex="0"><code>\n\nls</code></pre>' in console_html.render(card)
