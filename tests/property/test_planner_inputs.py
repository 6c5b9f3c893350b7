"""Whatever is put in - labels, output, expressions, documents - comes out checked or as a fault."""

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.errors import Fault, OperatorMistake, UserMistake
from bot.values import canonical_json
from bot.yamltext import read
from runbooks.expressions import CannotEvaluateError, Finding, compile_expression
from runbooks.facts import read_fact
from runbooks.lint import LintRules, lint
from runbooks.loader import load
from runbooks.model import FactSource
from runbooks.parameters import Bindings, bind
from runbooks.planner import next_step
from runbooks.steps import Ask, CommandOutcome, Observe, Progress
from runbooks.templates import compile_line, compile_words
from tests.unit.runbooks.small import INVENTORY, SMALL, small

ANY_TEXT = st.text(max_size=60) | st.sampled_from(
    ["-oProxyCommand=x", "a b", "$(id)", "`id`", "a\nb", "\u202e", "'; id #", "\uff11", "\x00", "*"]
)
SMALL_WORDS = st.sampled_from(
    ["a", "b", "f", "(", ")", "[", "]", "1", "2.5", "'x'", "+", "-", "*", "/", "%", "~", "|", ".",
     "and", "or", "not", "in", "is", "known", "if", "else", "==", "<", "sum", "first", "join", ","]
)  # fmt: skip
SCOPE: dict[str, Finding] = {"a": 3, "b": ("x", "y"), "f": "text", "x": None}
SOURCES = st.sampled_from(
    [
        {"regex": "(\\d+)", "type": "integer"},
        {"regex": "\\S+", "type": "size"},
        {"count": "a"},
        {"sum": "\\d+", "type": "integer"},
        {"list": "\\S+"},
        {"json": "a[*].b"},
        {"json": "[0].a", "type": "number"},
        {"column": 2, "row": "last", "type": "percent"},
        {"column": "a", "where": {"b": "c"}},
        {"exit-status": True},
    ]
)


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_value_is_one_word_of_a_command_or_refused(value: str) -> None:
    line = compile_line("run {{ value }} --name={{ value }} 'in {{ value }} side' end")
    with contextlib.suppress(CannotEvaluateError):
        assert line.render({"value": value}) == (
            "run",
            value,
            f"--name={value}",
            f"in {value} side",
            "end",
        )
        assert value.isprintable()
        assert not value.startswith("-")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
@settings(deadline=None)
def test_words_of_a_list_stay_as_they_are_or_are_refused(words: list[str]) -> None:
    with contextlib.suppress(ValueError):
        assert compile_words(["run", *words]).render({}) == ("run", *words)


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_a_parameter_is_a_name_of_the_inventory_a_number_or_refused(host: str, limit: str) -> None:
    with contextlib.suppress(UserMistake):
        bindings = bind(small(), {"limit": limit}, {"instance": host}, INVENTORY)
        assert bindings.values["host"] in INVENTORY.hosts
        assert bindings.values["limit"] in range(101)
        assert Bindings.from_json(json.loads(canonical_json(bindings.to_json()))) == bindings


@given(st.lists(SMALL_WORDS, max_size=12).map(" ".join) | st.text(max_size=40))
@settings(max_examples=500, deadline=None)
def test_an_expression_is_refused_or_has_a_value_or_cannot_be_told(text: str) -> None:
    with contextlib.suppress(ValueError, CannotEvaluateError):
        compile_expression(text).evaluate(SCOPE)


@given(SOURCES, st.text(alphabet='ab 01{}[]:,"\n-%KM.', max_size=60), st.sampled_from([0, 1, None]))
@settings(max_examples=300, deadline=None)
def test_any_output_gives_a_fact_or_says_why_not(
    source: dict[str, object], stdout: str, status: int | None
) -> None:
    parsed: FactSource = TypeAdapter(FactSource).validate_python(source)
    read_fact(parsed, CommandOutcome(exit_status=status, stdout=stdout), (0,), {}, "command")


@given(st.text(alphabet="ab: -[]{}&*!|>'\"\n#%@`?,\t", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_yaml_or_a_fault_with_a_place(text: str) -> None:
    with contextlib.suppress(OperatorMistake):
        read(text, "x.yaml").plain()


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_mangled_runbook_loads_or_tells_its_faults(data: st.DataObject) -> None:
    lines = SMALL.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "twice", "swap", "cut", "indent"]))
        match how:
            case "drop" if len(lines) > 1:
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case _:
                lines[at] = "  " + lines[at]
    faults: tuple[Fault, ...] = ()
    try:
        faults = lint(load("\n".join(lines), "x.yaml"), INVENTORY, LintRules())
    except OperatorMistake as mistake:
        faults = mistake.faults
    assert all(fault.line for fault in faults)


@given(st.text(alphabet="0123456789 \n-x", max_size=12))
@settings(deadline=None)
def test_what_is_proposed_can_be_digested(stdout: str) -> None:
    runbook = small()
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    first = next_step(runbook, bindings, Progress(), INVENTORY)
    assert isinstance(first, Observe)
    outcomes = {c.key: CommandOutcome(exit_status=0, stdout=stdout) for c in first.commands}
    step = next_step(runbook, bindings, Progress(outcomes=outcomes), INVENTORY)
    if isinstance(step, Ask):
        assert len(step.proposal.digest) == 64
