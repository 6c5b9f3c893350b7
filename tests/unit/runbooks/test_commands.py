"""How commands become argument vectors: a value is one word or part of one, whatever it holds."""

import pytest

from runbooks.expressions import CannotEvaluateError, Finding
from runbooks.templates import compile_line, compile_text, compile_words
from tests.unit.runbooks.small import INVENTORY

HOSTILE = "a b; $(rm -rf /) 'x' \"y\""
SCOPE: dict[str, Finding] = {
    "service": INVENTORY.services["shop"],
    "hostile": HOSTILE,
    "limit": 85,
    "half": 0.5,
    "option": "--host=evil",
    "negative": -3,
    "list": ("a", "b"),
    "empty": "",
    "line": "a\nb",
    "bidi": "a\u202eb",
    "yes": True,
    "long": "x" * 1001,
}


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        ("systemctl restart {{ service }}", ("systemctl", "restart", "shop")),
        ("grep {{ hostile }} /var/log/x", ("grep", HOSTILE, "/var/log/x")),
        ("x --name={{ hostile }}", ("x", f"--name={HOSTILE}")),
        ("x 'a {{ limit }} b'", ("x", "a 85 b")),
        ('x "{{ hostile }}"', ("x", HOSTILE)),
        ("x --half={{ half }}", ("x", "--half=0.5")),
        ("x --to={{ option }}", ("x", "--to=--host=evil")),
        ("grep 'a|b' x", ("grep", "a|b", "x")),
        ("x {{ limit + 1 }}", ("x", "86")),
        ("x {{ '{{' }}", ("x", "{{")),
        ("x ''", ("x", "")),
    ],
)
def test_a_line_is_split_before_its_values_are_placed(line: str, argv: tuple[str, ...]) -> None:
    assert compile_line(line).render(SCOPE) == argv


def test_each_item_of_a_list_is_exactly_one_word() -> None:
    command = compile_words(["x", "a b", "{{ hostile }}", "-{{ limit }}x"[1:]])
    assert command.render(SCOPE) == ("x", "a b", HOSTILE, "85x")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x {{ option }}", "option starts with a hyphen: it could be an option"),
        ("x {{ negative }}", "negative starts with a hyphen: it could be an option"),
        ("x {{ list }}", "list is a list, not one word"),
        ("x {{ yes }}", "yes is yes or no, not one word"),
        ("x {{ empty }}", "empty is empty"),
        ("x {{ line }}", "line holds a control or invisible character"),
        ("x {{ bidi }}", "bidi holds a control or invisible character"),
        ("x {{ long }}", "long has more than 1000 characters"),
    ],
)
def test_a_value_that_may_not_stand_in_a_command_is_refused(line: str, reason: str) -> None:
    with pytest.raises(CannotEvaluateError) as caught:
        compile_line(line).render(SCOPE)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "line",
    [
        "a | b",
        "a > b",
        "a < b",
        "a; b",
        "a && b",
        "a $HOME",
        "a `b`",
        "a *.log",
        "a ~/x",
        "a ?",
    ],
)
def test_shell_syntax_is_refused_because_no_shell_reads_the_line(line: str) -> None:
    with pytest.raises(ValueError, match="means nothing here: no shell reads this line"):
        compile_line(line)


@pytest.mark.parametrize(
    "line",
    ["{{ service }}", "sudo {{ service }}", "sudo -n {{ service }}", "/bin/{{ service }} x"],
)
def test_a_value_cannot_choose_the_program(line: str) -> None:
    with pytest.raises(ValueError, match="a value cannot choose the program"):
        compile_line(line)


@pytest.mark.parametrize("line", ["x -{{ service }}", "x --{{ service }}"])
def test_a_value_cannot_choose_the_option(line: str) -> None:
    with pytest.raises(ValueError, match="behind a bare hyphen"):
        compile_line(line)


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "ls {{ service }}"],
        ["bash", "-ec", "ls {{ service }}"],
        ["timeout", "5", "/bin/sh", "-c", "ls {{ service }}"],
        ["sudo", "su", "-c", "ls {{ service }}"],
        ["python3.11", "-c", "print('{{ service }}')"],
        ["perl", "-ne", "print {{ service }}"],
        ["psql", "-Atc", "select '{{ service }}'"],
        ["psql", "--command=select '{{ service }}'"],
        ["awk", "/{{ service }}/"],
        ["sed", "-n", "s/{{ service }}/x/"],
    ],
)
def test_a_value_cannot_become_part_of_a_program_text(words: list[str]) -> None:
    with pytest.raises(ValueError, match="a value inside program text"):
        compile_words(words)


def test_a_value_may_be_an_argument_of_a_program_text() -> None:
    command = compile_words(["sh", "-c", 'du "$1"', "sh", "{{ hostile }}"])
    assert command.render(SCOPE)[4] == HOSTILE


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x 'a", "the command does not split into words: No closing quotation"),
        ("", "the command is empty"),
        ("''", "the command is empty"),
        ("x {{ a", "this does not parse"),
        ("x {% set a = 1 %}", "no {% statements %} are read here"),
        ("x {# c #}", "a template comment would vanish unseen"),
        ("x \ue000", "private-use characters are not allowed"),
        ("x 'a\nb'", "the command holds a control character or a line break"),
    ],
)
def test_a_broken_line_is_refused(line: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the reason is compared below
        compile_line(line)
    assert str(caught.value).startswith(reason)


def test_a_sentence_says_what_is_unknown() -> None:
    text = compile_text("{{ limit }} of {{ nobody }}")
    assert text.show(SCOPE) == "85 of unknown (there is nothing named 'nobody' here)"
