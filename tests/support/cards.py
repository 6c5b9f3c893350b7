"""Cards for tests: one that has every part of the model, and what hostile text looks like."""

from datetime import UTC, datetime

from bot.values import CardId, PersonId, Untrusted
from cards.model import (
    At,
    Button,
    ButtonStyle,
    Card,
    Code,
    CodeBlock,
    FieldKind,
    Fields,
    FormField,
    Link,
    Notice,
    Paragraph,
    Person,
    Section,
    Step,
    Steps,
    StepState,
    Strong,
    Tone,
)

HOSTILE = (
    "<!channel>",
    "<!here|here>",
    "<@U123ABC>",
    "<#C123|general>",
    "<https://evil.example|click here>",
    "[click](https://evil.example)",
    "https://evil.example/x",
    "@here",
    "@everyone",
    "@durov",
    "/start",
    "#hashtag",
    "<b>bold</b>",
    "<a href='https://evil.example'>x</a>",
    '<img src=x onerror="alert(1)">',
    "</code></pre><script>alert(1)</script>",
    "</textarea><button name=option value=yes>",
    "'\" onmouseover=alert(1) x='",
    "&lt;!channel&gt;",
    "*bold* _it_ ~no~ `code` ```block```",
    "\u202eevil\u202c",
    "zero\u200bwidth\u2060\ufeff",
    "\x1b[31mred\x1b[0m",
    "nul\x00 cr\r lf\nline\u2028sep",
    "\ud800 lone",
    "%7B%7Btemplate%7D%7D {{ 7*7 }}",
)
"""Text that tries to be a mention, a link, markup, a button, a terminal code or a lie."""


def whole_card(
    text: str = "text", moment: datetime = datetime(2026, 11, 21, 10, 42, tzinfo=UTC)
) -> Card:
    """Return a card with every block, inline, field kind and button style, holding `text`."""
    evil = Untrusted(text)
    return Card(
        id=CardId("card1"),
        kind="change",
        tone=Tone.WAITING,
        title=("Approve ", Strong(evil), "?"),
        blocks=(
            Notice(tone=Tone.DANGER, line=("FROZEN: ", evil)),
            Paragraph(
                ((evil, " by ", Person(PersonId("p1"), evil)), (At(moment), " ", Code(evil)))
            ),
            Fields((("Severity", ("SEV2",)), ("Host", (Code(evil),)))),
            CodeBlock(title="Commands", text=evil, essential=True),
            Section(
                title="Evidence",
                folded=True,
                tone=Tone.GOOD,
                blocks=(
                    Paragraph(((Link(evil, "https://runbooks.example/x"),),)),
                    CodeBlock(title="", text=evil),
                ),
            ),
            Section(title="Undo", blocks=(Paragraph((("none",),)),)),
            Steps(
                tuple(
                    Step(state=state, title=(evil,), detail=evil, took=1.25) for state in StepState
                )
            ),
        ),
        form=tuple(
            FormField(
                name=f"f-{kind.name.lower()}",
                label=f"Field {kind.value}",
                kind=kind,
                required=kind is FieldKind.TEXT,
                default="",
                choices=(("a", "First"), ("b", "Second"))
                if kind in {FieldKind.SELECT, FieldKind.MULTI_SELECT, FieldKind.PERSON}
                else (),
                help="help",
            )
            for kind in FieldKind
        ),
        buttons=(
            Button(
                option="approve",
                label="Approve",
                style=ButtonStyle.PRIMARY,
                consequence=("2 commands run on ", Code(evil)),
                confirm="Really?",
                recommended=True,
            ),
            Button(
                option="reject",
                label="Reject",
                style=ButtonStyle.DANGER,
                wants_reason=True,
                needs_form=False,
            ),
            Button(option="later", label="Escalate"),
        ),
        footer=("digest ", Code("1a2b3c4d")),
        drill=True,
        pinned=True,
    )
