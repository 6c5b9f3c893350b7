"""Questions in Telegram: within its limits, and whatever anybody wrote stays characters."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cards import telegram_form
from cards.model import FieldKind, FormField
from cards.telegram_form import Question, answered, last_look, question, read
from cards.telegram_html import TelegramMessage
from tests.support.chat_limits import LIVELY, read_telegram, units

HOSTILE = st.text(max_size=300) | st.sampled_from(
    [
        "@channel </code><a href='tg://user?id=1'>x</a>",
        "/incident approve 1",
        "https://evil.example.com #tag",
        "</pre><b>& &amp; \x00\u202e",
        "😱" * 300,
        "x" * 9000,
    ]
)
KINDS = st.sampled_from(list(FieldKind))
LONG = "0" * 9000


def checked(message: TelegramMessage) -> None:
    reading = read_telegram(message.html)
    assert not LIVELY.search(reading.outside)
    assert reading.links == []
    for row in message.keyboard:
        assert 1 <= len(row) <= 8
        for key in row:
            assert 1 <= units(key.text) <= 64
            assert 1 <= len(key.callback_data.encode()) <= 64
    assert sum(len(row) for row in message.keyboard) <= 100


@settings(deadline=None)
@given(
    kind=KINDS,
    title=HOSTILE,
    label=HOSTILE,
    words=HOSTILE,
    chosen=HOSTILE,
    fault=HOSTILE,
    count=st.integers(0, 100),
    page=st.integers(0, 12),
)
@example(
    kind=FieldKind.TEXT,
    title=LONG,
    label=LONG,
    words=LONG,
    chosen=LONG,
    fault=LONG,
    count=0,
    page=0,
)
def test_a_question_of_any_words_is_taken_and_brings_nothing_to_life(
    kind: FieldKind,
    title: str,
    label: str,
    words: str,
    chosen: str,
    fault: str,
    count: int,
    page: int,
) -> None:
    choices = tuple((f"v{n}", f"{label} {n}") for n in range(count))
    field = FormField(name="f", label=label, kind=kind, help=words, choices=choices)
    asked = Question(
        talk=2**53,
        step=3,
        of=9,
        title=title,
        field=field,
        chosen=chosen,
        page=page,
        fault=fault,
        send="Declare",
    )
    checked(question(asked))


@settings(deadline=None)
@given(label=HOSTILE, value=HOSTILE, many=st.integers(1, 60))
@example(label=LONG, value=LONG, many=60)
def test_a_last_look_at_any_answers_is_taken_too(label: str, value: str, many: int) -> None:
    fields = [FormField(name=f"f{n}", label=label, kind=FieldKind.MULTILINE) for n in range(many)]
    values = {field.name: value for field in fields}
    checked(last_look(2**53, label, label, fields, values))
    checked(TelegramMessage(html=answered(fields[0], value)))


@given(data=st.text(max_size=64))
def test_a_press_is_read_or_is_none_of_ours(data: str) -> None:
    found = read(data)
    assert found is None or data.startswith(telegram_form.MARK)


def test_a_hundred_choices_take_thirteen_pages_of_eight() -> None:
    choices = tuple((f"v{n}", f"Choice {n}") for n in range(100))
    field = FormField(name="f", label="Which", kind=FieldKind.SELECT, choices=choices)
    shown = [
        question(Question(talk=1, step=0, of=1, title="t", field=field, page=page))
        for page in range(13)
    ]
    labels = [key.text for one in shown for row in one.keyboard for key in row]
    assert [text for text in labels if text.startswith("Choice")] == [
        f"Choice {n}" for n in range(100)
    ]
    assert "Next ▶ (13 of 13)" in labels
