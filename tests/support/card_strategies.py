"""Hypothesis strategies for whole cards, with text that tries everything."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.values import CardId, PersonId, Untrusted
from cards.model import (
    At,
    Block,
    Button,
    ButtonStyle,
    Card,
    Code,
    CodeBlock,
    Fields,
    Inline,
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
from tests.support.cards import HOSTILE

MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - Hypothesis wants naive bounds
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)
EVIL = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=80),
    st.lists(st.sampled_from(HOSTILE), max_size=6).map("".join),
    st.builds(
        str.__mul__, st.sampled_from(["x", "🔥", "a line\n", "\u202e"]), st.integers(0, 5000)
    ),
)
UNTRUSTED = EVIL.map(Untrusted)
TRUSTED = st.sampled_from(["host", "Severity", "runs on", " — ", "", "word " * 30])
WORDS = st.one_of(TRUSTED, UNTRUSTED)

INLINES: st.SearchStrategy[Inline] = st.one_of(
    TRUSTED,
    UNTRUSTED,
    WORDS.map(Strong),
    WORDS.map(Code),
    st.builds(Person, st.just(PersonId("ann")), UNTRUSTED),
    MOMENTS.map(At),
    st.builds(Link, WORDS, st.sampled_from(["https://docs.example/a?b=1&c=2", "javascript:x"])),
)
LINES = st.lists(INLINES, max_size=5).map(tuple)
STEPS = st.builds(
    Step,
    state=st.sampled_from(StepState),
    title=LINES,
    detail=st.one_of(st.none(), UNTRUSTED),
    took=st.one_of(st.none(), st.floats(0, 1e6)),
)
LEAVES: st.SearchStrategy[Block] = st.one_of(
    st.lists(LINES, max_size=4).map(tuple).map(Paragraph),
    st.lists(st.tuples(TRUSTED, LINES), max_size=5).map(tuple).map(Fields),
    st.builds(CodeBlock, title=TRUSTED, text=UNTRUSTED, essential=st.booleans()),
    st.lists(STEPS, max_size=4).map(tuple).map(Steps),
    st.builds(Notice, tone=st.sampled_from(Tone), line=LINES),
)
BLOCKS: st.SearchStrategy[Block] = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Section,
        title=TRUSTED,
        blocks=st.lists(inner, max_size=3).map(tuple),
        folded=st.booleans(),
    ),
    max_leaves=8,
)
BUTTONS = st.lists(
    st.builds(
        Button,
        option=st.text("abcdefgh-", min_size=1, max_size=12),
        label=st.one_of(st.sampled_from(["Approve", "Reject"]), EVIL),
        style=st.sampled_from(ButtonStyle),
        consequence=LINES,
        confirm=st.one_of(st.just(""), EVIL),
        wants_reason=st.booleans(),
        recommended=st.booleans(),
    ),
    max_size=30,
).map(tuple)
CARDS = st.builds(
    Card,
    id=st.just(CardId("c" * 26)),
    kind=st.sampled_from(["change", "incident"]),
    tone=st.sampled_from(Tone),
    title=LINES,
    blocks=st.lists(BLOCKS, max_size=40).map(tuple),
    buttons=BUTTONS,
    footer=LINES,
    drill=st.booleans(),
)
