"""Whatever is pressed, filled in or typed: nothing is accepted wrongly, nothing is unhandled."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cards.block_kit import button_value
from cards.model import FieldKind
from handlers.verbs import Tree, names_in
from tests.support.hostile import BAD, FORM, GOOD, NAMES, Door, Filled, Line, Press, Senders

DOOR = Door()
ACCEPTED = {
    *(button_value(DOOR.card.card, option) for option in ("approve", "reject")),
    "incident:i1 claim",
    "incident:i1 ack",
    "page:i1 ack",
}
"""Every press that may do something on the one open question of this incident."""

VERBS = {name for tree in Tree for name in names_in(tree)}
TEXT = st.text(max_size=60)


@given(st.one_of(TEXT, st.sampled_from(sorted(ACCEPTED)).map(lambda v: v + " "), st.just("")))
@example("incident: claim")
@example("run:i1: abort")
@example(f"{DOOR.card.card} approve approve")
@settings(max_examples=400)
def test_only_a_button_that_is_there_is_pressed(value: str) -> None:
    assert DOOR.accepts(Press(value=value)) == (value in ACCEPTED)


@given(st.text(alphabet="0123456789abcdefABCDEF xyz", min_size=1, max_size=70))
@settings(max_examples=400)
def test_a_typed_approval_counts_with_the_digest_of_the_card_alone(digest: str) -> None:
    press = Press(value=button_value(DOOR.card.card, "approve"), digest=digest)
    assert DOOR.accepts(press) == (digest == DOOR.card.digest[:8])


@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in GOOD.items()}))
def test_a_form_that_is_filled_in_well_is_taken(values: dict[str, str]) -> None:
    assert DOOR.accepts(Filled(values=values))


@given(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in GOOD.items()}),
    st.sampled_from([(name, bad) for name, values in BAD.items() for bad in values]),
)
def test_one_wrong_field_is_enough_to_refuse_a_form(
    values: dict[str, str], fault: tuple[str, str]
) -> None:
    name, bad = fault
    assert not DOOR.accepts(Filled(values={**values, name: bad}))


@given(st.dictionaries(st.sampled_from([f.name for f in FORM]), st.text(max_size=300)))
@settings(max_examples=400)
def test_whatever_is_filled_in_a_choice_is_one_of_the_choices(values: dict[str, str]) -> None:
    if not DOOR.accepts(Filled(values={"title": "x", **values})):
        return
    for field in FORM:
        if field.kind is FieldKind.SELECT and values.get(field.name, "").strip():
            assert values[field.name].strip() in {value for value, _ in field.choices}


@given(st.one_of(TEXT, TEXT.map(lambda t: f"/incident {t}"), TEXT.map(lambda t: f"/runbook {t}")))
@example("/incident approve 1 " + "f" * 13_000)
@settings(max_examples=400)
def test_a_line_is_taken_only_with_a_verb_of_the_table(text: str) -> None:
    if not DOOR.accepts(Line(text=text)):
        return
    command, *rest = text.split()
    assert command.removeprefix("/").partition("@")[0].casefold() in {
        NAMES.incident,
        NAMES.runbook,
    }
    assert not rest or rest[0].casefold() in VERBS | {Tree.RUNBOOK.value}


def test_a_tenth_as_it_should_be_a_fifth_with_one_fault_and_noise_are_all_judged_rightly() -> None:
    drawn = Senders(DOOR, seed=11).draw(30_000)
    assert [s for s in drawn if DOOR.accepts(s.payload) != s.good] == []
    assert 2_500 < sum(s.good for s in drawn) < 3_500
