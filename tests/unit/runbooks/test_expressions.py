"""What an expression of a runbook can say, and what it is refused."""

import pytest

from runbooks.expressions import (
    CannotEvaluateError,
    Finding,
    UnknownUsedError,
    compile_expression,
)
from runbooks.inventory import ServiceEntry
from runbooks.steps import Unknown

SCOPE: dict[str, Finding] = {
    "errors": 3,
    "idle": 12.5,
    "busiest": "nginx",
    "names": ("b", "a", "b"),
    "sizes": (10, 20, 30),
    "empty": (),
    "reply": {"status": "ok", "items": ({"id": 1}, {"id": 2})},
    "service": ServiceEntry(name="web", health_url="http://web/health", processes=("nginx",)),
    "lost": Unknown(reason="the command failed", command="df"),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("errors >= 3", True),
        ("100 - idle", 87.5),
        ("errors * 2 + 1", 7),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("-errors", -3),
        ("1 < errors < 5", True),
        ("1 < errors < 2", False),
        ("busiest in service.processes", True),
        ("busiest not in service.processes", False),
        ("service == 'web'", True),
        ("service.health-url", "http://web/health"),
        ("service.name ~ '-' ~ errors", "web-3"),
        ("reply.status == 'ok'", True),
        ("reply['items'][1].id", 2),
        ("names | unique | sort", ("a", "b")),
        ("names | length", 3),
        ("sizes | sum", 60),
        ("sizes | max", 30),
        ("sizes | first", 10),
        ("sizes | join(' ')", "10 20 30"),
        ("idle | round", 12),
        ("idle | round(1)", 12.5),
        ("'7' | int", 7),
        ("busiest | upper", "NGINX"),
        ("busiest is search('^ng')", True),
        ("busiest is match('ng')", False),
        ("'many' if errors > 2 else 'few'", "many"),
        ("not (errors == 0 or idle < 1)", True),
        ("lost is known", False),
        ("lost is unknown", True),
        ("lost is known and lost > 3", False),
        ("'gin' in busiest", True),
        ("[1, 2] | last", 2),
    ],
)
def test_an_expression_gives_its_value(text: str, value: object) -> None:
    assert compile_expression(text).evaluate(SCOPE) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f()", "calls are not allowed"),
        ("''.__class__.__mro__()", "calls are not allowed"),
        ("errors ** 9", "powers are not allowed"),
        ("{'a': 1}", "objects cannot be written in an expression"),
        ("names[1:2]", "only a constant is allowed here"),
        ("names[errors]", "only a constant is allowed here"),
        ("names | map('upper')", "the filter `map` is not allowed"),
        ("names | join(busiest)", "only a constant is allowed here"),
        ("busiest | format('x')", "the filter `format` is not allowed"),
        ("errors is defined", "the test `is defined` is not allowed"),
        ("(errors + 1) is known", "`is known` asks about one name"),
        ("busiest is search('(')", "the pattern does not compile"),
        ("'a' if errors", "`a if b` needs its `else`"),
        ("errors >", "this does not parse"),
        ("{{ errors }}", "an expression has no braces"),
        ("   ", "the expression is empty"),
        ("(" * 240 + "1" + ")" * 240, "nested too deeply"),
        ("1 " + "+ 1 " * 200, "802 characters: at most 500 are compiled"),
    ],
)
def test_what_is_not_allowed_is_refused_when_the_document_is_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the reason is compared below
        compile_expression(text)
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("errors == 'three'", "cannot compare a number with text"),
        ("busiest > 3", "cannot calculate with text (nginx)"),
        ("busiest * 3", "cannot calculate with text (nginx)"),
        ("errors % 0", "the calculation fails: integer modulo by zero"),
        ("1 / (errors - 3)", "the calculation fails: division by zero"),
        ("1e300 * 1e300", "the number is too large"),
        ("errors and errors", "a number is neither yes nor no: compare it"),
        ("empty | first", "the filter `first` cannot take a list: tuple index out of range"),
        ("reply.nothing", "an object has no 'nothing'"),
        ("busiest.__class__", "text has no '__class__'"),
        ("service.owner", "the inventory entry 'web' has no owner"),
        ("nobody > 3", "there is nothing named 'nobody' here"),
    ],
)
def test_what_has_no_answer_neither_holds_nor_fails(text: str, reason: str) -> None:
    with pytest.raises(CannotEvaluateError) as caught:
        compile_expression(text).holds(SCOPE)
    assert str(caught.value) == reason


def test_a_number_is_not_a_yes() -> None:
    with pytest.raises(CannotEvaluateError) as caught:
        compile_expression("errors").holds(SCOPE)
    assert str(caught.value) == "`errors` gives a number, not yes or no"


@pytest.mark.parametrize("text", ["lost > 3", "errors == 3 or lost > 3", "lost > 3 or true"])
def test_an_unknown_fact_stops_wherever_it_is_used(text: str) -> None:
    with pytest.raises(UnknownUsedError) as caught:
        compile_expression(text).holds(SCOPE)
    assert str(caught.value) == "lost is unknown: the command failed"
    assert caught.value.unknown.command == "df"


def test_asking_whether_a_fact_is_known_does_not_make_it_known() -> None:
    with pytest.raises(UnknownUsedError):
        compile_expression("lost is known or lost > 3").holds(SCOPE)


def test_an_expression_says_which_names_it_uses() -> None:
    expression = compile_expression("a > b and c is known and service.owner == 'x'")
    assert expression.names == {"a", "b", "c", "service"}
    assert expression.asked == {"c"}
    assert expression.attributes == {("service", "owner")}
