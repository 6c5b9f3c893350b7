"""What the YAML reader accepts, refuses and says about it."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.errors import Fault, OperatorMistake
from bot.yamltext import Limits, faults_of, known_keys, nearest, read


def _faults(text: str, limits: Limits | None = None) -> list[str]:
    with pytest.raises(OperatorMistake) as caught:
        read(text, "x.yaml", limits)
    return [str(fault) for fault in caught.value.faults]


def test_values_keep_their_plain_form() -> None:
    text = "a: 1\nb: [x, 2.5, true, null]\nc: {d: '5'}\n"
    assert read(text, "x.yaml").plain() == {"a": 1, "b": ["x", 2.5, True, None], "c": {"d": "5"}}


def test_words_that_yaml_1_1_would_bend_stay_text() -> None:
    text = "[no, on, 22:30, 2026-11-21, 0777, 1_000, 0x1f, .inf]"
    assert read(text, "x.yaml").plain() == [
        "no",
        "on",
        "22:30",
        "2026-11-21",
        "0777",
        "1_000",
        "0x1f",
        ".inf",
    ]


def test_every_node_knows_its_place() -> None:
    root = read("first: 1\nlist:\n  - a\n  - b: c\n", "x.yaml")
    node = root.at(("list", 1, "b"))
    assert (node.line, node.column, node.key_line, node.key_column) == (4, 8, 4, 5)


def test_an_empty_file_is_a_node_without_a_value() -> None:
    assert read("", "x.yaml").plain() is None


def test_every_duplicate_key_is_told_at_once() -> None:
    hint = "put both values under one key, or rename one"
    assert _faults("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n") == [
        f"x.yaml:2:1: the key 'a' is given twice, first on line 1 ({hint})",
        f"x.yaml:5:3: the key 'c' is given twice, first on line 4 ({hint})",
    ]


def test_a_tag_is_refused() -> None:
    assert _faults("a: !x y\n") == [
        "x.yaml:1:4: the tag '!x' is not read (write plain values without tags)"
    ]


def test_a_merge_key_is_refused() -> None:
    assert _faults("a: &a {b: 1}\nc:\n  <<: *a\n") == [
        "x.yaml:3:3: merge keys are not read (write the keys out)"
    ]


def test_broken_syntax_names_the_place() -> None:
    (fault,) = _faults("a: b: c\n")
    assert fault.startswith("x.yaml:1:5: this is not YAML: mapping values are not allowed")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "a: 'b\nc: d\n",
            (
                "x.yaml:1:4: this is not YAML: found unexpected end of stream while scanning a"
                " quoted scalar (close the quote that begins here)"
            ),
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            (
                "x.yaml:3:2: this is not YAML: did not find expected key while parsing a block"
                " mapping (indent it with spaces, like the lines that it belongs to)"
            ),
        ),
    ],
)
def test_broken_syntax_is_told_with_what_usually_mends_it(text: str, fault: str) -> None:
    assert _faults(text) == [fault]


def test_a_control_character_is_a_fault() -> None:
    (fault,) = _faults("a: b\nc: \x00\n")
    assert fault.startswith("x.yaml:2")


def test_an_unquoted_placeholder_is_explained() -> None:
    assert _faults("a: {{ b }}\n") == [
        "x.yaml:1:5: a key must be one word (a value that starts with {{ needs quotes)"
    ]


def test_a_second_document_is_refused() -> None:
    assert _faults("a: 1\n---\nb: 2\n") == [
        "x.yaml:3:1: a second document starts here (keep one document in a file)"
    ]


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (fault,) = _faults("\n".join(lines), Limits(aliases=1000))
    assert fault.endswith("more than 20000 values (make several files of it)")


def test_too_many_aliases_are_refused() -> None:
    (fault,) = _faults("a: &a 1\nb: [*a, *a, *a]\n", Limits(aliases=2))
    assert fault == "x.yaml:2:13: more than 2 aliases (write the values out)"


def test_an_alias_that_holds_itself_is_refused() -> None:
    assert _faults("a: &a [*a]\n") == [
        (
            "x.yaml:1:8: the alias *a has no anchor before it"
            " (put text that starts with * in quotes, or write the value out)"
        )
    ]


def test_deep_nesting_is_refused() -> None:
    (fault,) = _faults("[" * 5000 + "]" * 5000)
    assert fault == "x.yaml:1:33: nested deeper than 32 levels (write it flatter)"


def test_a_big_file_is_not_read() -> None:
    assert _faults("a" * 11, Limits(characters=10)) == [
        ("x.yaml: the file has 11 characters, at most 10 are read (make several files of it)")
    ]


class _Owner(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    rota: list[str] = []


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    owners: dict[str, _Owner] = {}


def test_all_faults_of_a_model_come_with_places_and_hints() -> None:
    root = read("tittle: x\nowners:\n  a: {name: 5}\n  b: {rota: x}\n", "x.yaml")
    with pytest.raises(ValidationError) as caught:
        _Document.model_validate(root.plain())
    assert faults_of(caught.value, root, known_keys(_Document)) == (
        Fault(
            file="x.yaml",
            line=1,
            column=1,
            message="the key 'title' is missing",
            hint="add `title: ...`",
        ),
        Fault(
            file="x.yaml",
            line=1,
            column=1,
            message="unknown key 'tittle'",
            hint="did you mean 'title'?",
        ),
        Fault(
            file="x.yaml",
            line=3,
            column=13,
            message="name: input should be a valid string",
            hint="put it in quotes",
        ),
        Fault(
            file="x.yaml",
            line=4,
            column=6,
            message="the key 'name' is missing",
            hint="add `name: ...`",
        ),
        Fault(
            file="x.yaml",
            line=4,
            column=13,
            message="rota: input should be a valid list",
            hint="write a list: [a, b] or one '- ' per line",
        ),
    )


class _Cat(BaseModel):
    kind: Literal["cat"]


class _Dog(BaseModel):
    kind: Literal["dog"]


class _Zoo(BaseModel):
    name: Annotated[str, StringConstraints(pattern="^[a-z]+$")] = "zoo"
    animal: Annotated[_Cat | _Dog, Field(discriminator="kind")] | None = None
    owner: _Owner | None = None
    days: Annotated[tuple[str, ...], Field(min_length=1)] = ("monday",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "name: Z1",
            (
                "x.yaml:1:7: name: 'Z1' does not have the form ^[a-z]+$"
                " (`firewarden schema` prints every key with the form of its value)"
            ),
        ),
        ("animal: {kind: cow}", "x.yaml:1:9: animal: 'cow' is none of cat, dog (write cat, dog)"),
        ("animal: {}", "x.yaml:1:9: animal: the key 'kind' is missing (add `kind: ...`)"),
        (
            "owner: me",
            (
                "x.yaml:1:8: owner: keys and values are expected here, as in `key: value`"
                " (write `key: value`, one on each line)"
            ),
        ),
        ("days: []", "x.yaml:1:7: days: needs at least 1 (add entries: 1 or more)"),
    ],
)
def test_a_fault_is_told_in_the_words_of_an_author(text: str, fault: str) -> None:
    root = read(text, "x.yaml")
    with pytest.raises(ValidationError) as caught:
        _Zoo.model_validate(root.plain())
    assert [str(found) for found in faults_of(caught.value, root)] == [fault]


def test_a_word_with_no_likeness_gets_no_hint() -> None:
    assert nearest("zzz", ["title", "owner"]) == ""
