"""YAML text that people wrote, read safely into a tree in which every node knows its place.

Policy files and runbooks both go through `read`, then through a pydantic model, and report what
is wrong through `faults_of`, so that every fault of a file is told at once with line and column:

    root = read(text, "policy.yaml")                  # OperatorMistake: syntax, size, duplicates
    try:
        model = PolicyDocument.model_validate(root.plain())
    except ValidationError as error:
        raise OperatorMistake(faults_of(error, root, known_keys(PolicyDocument)))
    fault = root.at(("routes", 2, "severity")).fault("unknown severity", "one of SEV1 to SEV5")

The dialect is narrower than YAML 1.1, so that nothing changes its meaning unseen: only `true` and
`false` are booleans (`on`, `no` and `22:30` stay text), dates stay text, keys are text, and tags
and merge keys are refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import Fault, MisfitError, OperatorMistake
from bot.values import Json

Scalar: TypeAlias = bool | int | float | str | None
Path: TypeAlias = Sequence[str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost to read."""

    characters: int = 256 * 1024
    depth: int = 32
    nodes: int = 20_000
    aliases: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a file and where it stands; lines and columns count from 1.

    `value` is a scalar, a tuple of nodes or a read-only mapping of nodes by key in file order.
    `key_line` and `key_column` are the place of the key that leads here (0 = no key leads here).
    """

    value: "Scalar | tuple[Node, ...] | Mapping[str, Node]"
    file: str
    line: int
    column: int
    key_line: int = 0
    key_column: int = 0

    def plain(self) -> Json:
        """Return the value without places: `None`, bool, int, float, str, list and dict."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        if isinstance(self.value, Mapping):
            return {key: item.plain() for key, item in self.value.items()}
        return self.value

    def child(self, step: str | int) -> "Node | None":
        """Return the value under a key (str) or an index (int), None where there is none."""
        if isinstance(self.value, Mapping):
            return self.value.get(str(step))
        if isinstance(self.value, tuple) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def at(self, path: Path) -> "Node":
        """Follow `path` and return the deepest node on it.

        Steps that lead nowhere are passed over: pydantic puts the names of union members and of
        missing keys among the real ones.
        """
        node = self
        for step in path:
            node = node.child(step) or node
        return node

    def fault(self, message: str, hint: str) -> Fault:
        """Return a fault that points at this value."""
        return Fault(file=self.file, line=self.line, column=self.column, message=message, hint=hint)

    def key_fault(self, message: str, hint: str) -> Fault:
        """Return a fault that points at the key of this value, or at the value if it has none."""
        if not self.key_line:
            return self.fault(message, hint)
        return Fault(
            file=self.file,
            line=self.key_line,
            column=self.key_column,
            message=message,
            hint=hint,
        )


def read(text: str, file: str, limits: Limits | None = None) -> Node:
    """Read one YAML document; `file` is only the name that faults carry.

    Raises OperatorMistake: broken syntax (the first fault), or every duplicate key, tag, merge
    key and limit that was found. An empty document is a node whose value is None.
    """
    caps = limits or Limits()
    if len(text) > caps.characters:
        message = f"the file has {len(text)} characters, at most {caps.characters} are read"
        raise OperatorMistake([Fault(file=file, message=message, hint="make several files of it")])
    builder = _Builder(file, caps)
    try:
        root = builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise OperatorMistake([*builder.faults, _syntax_fault(error, file, text)]) from error
    if builder.faults:
        raise OperatorMistake(builder.faults)
    return root


def faults_of(
    error: ValidationError,
    root: Node,
    words: Iterable[str] = (),
    forms: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Fault, ...]:
    """Turn a pydantic error about `root.plain()` into faults with places, in file order.

    `words` are the keys that the model knows, for the hint beside an unknown key; `forms` says by
    pattern what to write in place of a text that does not match it.
    """
    known = sorted(set(words))
    errors = error.errors(include_url=False)
    deeper = {details["loc"][:depth] for details in errors for depth in range(len(details["loc"]))}
    return tuple(
        sorted(
            {
                _fault_of(details, root, known, forms)
                for details in errors
                # A list whose items are all faulty is also called too short: that is no news.
                if details["type"] != "too_short" or details["loc"] not in deeper
            }
        )
    )


def known_keys(*models: type[BaseModel]) -> frozenset[str]:
    """Return every key name in the JSON Schemas of `models`, those of nested models included."""
    names: set[str] = set()
    for model in models:
        schema = model.model_json_schema()
        for part in (schema, *schema.get("$defs", {}).values()):
            names.update(part.get("properties", {}))
    return frozenset(names)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint `did you mean ...?` for the known word closest to `word`, or ''."""
    # Late: only a mistake needs it, and a running bot would hold 0.3 MB for it.
    from difflib import get_close_matches  # noqa: PLC0415 - as said above

    close = get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def hint_of(details: ErrorDetails, forms: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return what to write in place of a value that pydantic refused; never empty.

    `details` may come without the input, which is then not looked at: it may be a secret.
    """
    context = details.get("ctx", {})
    error = context.get("error")
    if isinstance(error, MisfitError):
        return error.hint
    kind = details["type"]
    if kind == "string_pattern_mismatch":
        return forms.get(str(context.get("pattern")), FALLBACK)
    if kind == "string_type":
        number = isinstance(details.get("input"), int | float)
        return "put it in quotes" if number else "write one line of text"
    if kind == "union_tag_not_found":
        return f"add `{str(context.get('discriminator', '')).strip(chr(39))}: ...`"
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        return _one_of(details)
    for words, hint in _HINTS.items():
        if kind in words:
            return hint.format_map({name: str(value) for name, value in context.items()})
    return FALLBACK


FALLBACK: Final = "`firewarden schema` prints every key with the form of its value"
"""The hint where nothing better is known; a test sees to it that our own files never get it."""


def listed(words: Iterable[str]) -> str:
    """Return the first few of `words` for a hint, in order: `a, b and 3 more`."""
    names = sorted(set(words))
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more if names else "none so far"


_LISTED: Final = 8
"""Names that a hint lists where none is close."""

# The C parser gives the same events and places about ten times faster; wheels usually have it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HINTS: Final[Mapping[tuple[str, ...], str]] = {
    ("bool_type", "bool_parsing"): "write true or false",
    ("list_type", "tuple_type"): "write a list: [a, b] or one '- ' per line",
    ("model_type", "model_attributes_type", "dict_type"): "write `key: value`, one on each line",
    ("int_type", "int_parsing", "int_from_float"): "write a whole number, as 5",
    ("float_type", "float_parsing", "finite_number"): "write a number, as 5 or 0.5",
    ("greater_than_equal",): "write {ge} or more",
    ("greater_than",): "write more than {gt}",
    ("less_than_equal",): "write {le} or less",
    ("too_short",): "add entries: {min_length} or more",
    ("too_long",): "take entries out: {max_length} or fewer",
    ("string_too_short",): "write {min_length} characters or more",
    ("string_too_long",): "write {max_length} characters or fewer",
    ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_aware"): (
        "write a time with its offset, as 2026-11-21T22:00:00+01:00"
    ),
    ("url_parsing", "url_scheme", "url_type"): "write https://host/path",
}
"""What to write, by pydantic's kinds of faults (pydantic_core.ErrorType) and their context."""

_NOTHING: Final = MappingProxyType[str, Node]({})
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
_WORDS: Final[Mapping[str, Scalar]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}


class _TooBigError(Exception):
    """A limit was reached: nothing more is read."""


class _Builder:
    """Builds nodes out of parser events; collects the faults that do not stop the reading."""

    def __init__(self, file: str, limits: Limits) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._limits = limits
        self._nodes = 0
        self._aliases = 0
        self._anchors: dict[str, tuple[Node, int]] = {}

    def document(self, events: Iterable[yaml.Event]) -> Node:
        """Read the one document of a file."""
        root: Node | None = None
        stream = iter(events)
        try:
            for event in stream:
                if isinstance(event, yaml.NodeEvent):
                    root = self._document_root(root, event, stream)
        except _TooBigError:
            pass
        return root or Node(value=None, file=self._file, line=1, column=1)

    def _document_root(
        self, root: Node | None, event: yaml.NodeEvent, stream: Iterator[yaml.Event]
    ) -> Node:
        if root is None:
            return self._node(event, stream, 1)
        self._fault(event, "a second document starts here", "keep one document in a file")
        raise _TooBigError

    def _node(self, event: yaml.Event, stream: Iterator[yaml.Event], depth: int) -> Node:
        if depth > self._limits.depth:
            self._stop(event, f"nested deeper than {self._limits.depth} levels", "write it flatter")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._nodes
        self._count(event, 1)
        self._refuse_tag(event)
        node = self._fresh(event, stream, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (node, self._nodes - before)
        return node

    def _fresh(self, event: yaml.Event, stream: Iterator[yaml.Event], depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in {None, ""}
            return self._placed(event, _resolve(event.value) if plain else event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._placed(event, tuple(self._items(stream, depth)))
        return self._placed(event, MappingProxyType(self._entries(stream, depth)))

    def _items(self, stream: Iterator[yaml.Event], depth: int) -> Iterator[Node]:
        for event in stream:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, stream, depth + 1)

    def _entries(self, stream: Iterator[yaml.Event], depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for event in stream:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, stream, depth)
            value = self._node(next(stream), stream, depth + 1)
            line, column = _place(event)
            if key in entries:
                first = entries[key]
                self._fault(
                    event,
                    f"the key {key!r} is given twice, first on line {first.key_line}",
                    "put both values under one key, or rename one",
                )
            else:
                entries[key] = replace(value, key_line=line, key_column=column)
        return entries

    def _key(self, event: yaml.Event, stream: Iterator[yaml.Event], depth: int) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._fault(event, "a key must be one word", "a value that starts with {{ needs quotes")
            self._node(event, stream, depth + 1)
            return f"<line {_place(event)[0]}, column {_place(event)[1]}>"
        self._count(event, 1)
        if event.value == "<<" and event.style in {None, ""}:
            self._fault(event, "merge keys are not read", "write the keys out")
        return event.value

    def _alias(self, event: yaml.AliasEvent) -> Node:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._stop(event, f"more than {self._limits.aliases} aliases", "write the values out")
        name = event.anchor or ""
        known = self._anchors.get(name)
        if known is None:
            self._fault(
                event,
                f"the alias *{name} has no anchor before it",
                "put text that starts with * in quotes, or write the value out",
            )
            return self._placed(event, None)
        node, size = known
        self._count(event, size)  # An alias costs what it stands for: no billion laughs.
        return node

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            self._stop(event, f"more than {self._limits.nodes} values", "make several files of it")

    def _refuse_tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._fault(event, f"the tag {tag!r} is not read", "write plain values without tags")

    def _placed(
        self, event: yaml.Event, value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    ) -> Node:
        line, column = _place(event)
        return Node(value=value, file=self._file, line=line, column=column)

    def _fault(self, event: yaml.Event, message: str, hint: str) -> None:
        line, column = _place(event)
        self.faults.append(
            Fault(file=self._file, line=line, column=column, message=message, hint=hint)
        )

    def _stop(self, event: yaml.Event, message: str, hint: str) -> None:
        self._fault(event, message, hint)
        raise _TooBigError


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _syntax_fault(error: yaml.YAMLError, file: str, text: str) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark) is not None:
        message = " ".join(part for part in (error.problem, error.context) if part)
        # A quote that is never closed is noticed at the end of the file; it is mended where it is.
        unclosed = "quoted scalar" in message and error.context_mark is not None
        mark = error.context_mark if unclosed and error.context_mark is not None else mark
        return Fault(
            file=file,
            line=mark.line + 1,
            column=mark.column + 1,
            message=f"this is not YAML: {message}",
            hint=_syntax_hint(message),
        )
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return Fault(
        file=file,
        line=line,
        message=f"this is not YAML: {error}".splitlines()[0],
        hint="take the character out, or write it escaped in double quotes",
    )


def _syntax_hint(message: str) -> str:
    if "quoted scalar" in message:
        return "close the quote that begins here"
    if "parsing a block" in message:
        return "indent it with spaces, like the lines that it belongs to"
    return "quote values that hold ': ' or start with {{, [, *, & or %; indent with spaces"


def _fault_of(
    details: ErrorDetails, root: Node, known: Sequence[str], forms: Mapping[str, str]
) -> Fault:
    path = details["loc"]
    node = root.at(path)
    last = str(path[-1]) if path else ""
    if details["type"] == "extra_forbidden":
        elsewhere = "it belongs elsewhere" if last in known else nearest(last, known)
        return node.key_fault(f"unknown key {last!r}", elsewhere or "take it out")
    if details["type"] == "missing":
        return node.fault(f"the key {last!r} is missing", f"add `{last}: ...`")
    hint = hint_of(details, forms)
    if last == "[key]":
        return node.key_fault(_message(details), hint)
    return node.fault(f"{_named(path, root)}{_message(details)}", hint)


def _one_of(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    words = str(context.get("expected") or context.get("expected_tags", "")).replace("'", "")
    expected = words.replace("True", "true").replace("False", "false")
    given = context.get("tag", details.get("input"))
    known = expected.replace(" or ", ", ").split(", ")
    close = nearest(given, known) if isinstance(given, str) else ""
    return close or f"write {expected}"


def _as_written(value: object) -> str:
    """Return a value as YAML has it and not as Python does, for a message."""
    match value:
        case None | "None":
            return "nothing"
        case bool():
            return "true" if value else "false"
        case list() | dict():
            return "a list" if isinstance(value, list) else "keys and values"
        case _:
            return repr(value)


def _named(path: Path, root: Node) -> str:
    """Return `key: ` of the last real key on the path: it says more than a bare complaint."""
    node, name = root, ""
    for step in path:
        below = node.child(step)
        if below is not None:
            node, name = below, f"{step}: " if isinstance(step, str) else name
    return name


def _message(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "too_short":
            return f"needs at least {context.get('min_length', 1)}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "keys and values are expected here, as in `key: value`"
        case "literal_error" | "enum":
            return f"{_as_written(details['input'])} is not possible here"
        case "union_tag_invalid":
            wanted = str(context.get("expected_tags", "")).replace("'", "")
            return f"{_as_written(context.get('tag'))} is none of {wanted}"
        case "union_tag_not_found":
            return f"the key {str(context.get('discriminator', '')).strip(chr(39))!r} is missing"
        case "string_pattern_mismatch":
            return f"{details['input']!r} does not have the form {context.get('pattern')}"
        case _:
            # Our own validators raise ValueError: their text already is the sentence to show.
            text = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
            return (text[:1].lower() + text[1:]).replace("valid tuple", "list")
