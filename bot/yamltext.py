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

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import Fault, OperatorMistake
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

    def fault(self, message: str, hint: str = "") -> Fault:
        """Return a fault that points at this value."""
        return Fault(file=self.file, line=self.line, column=self.column, message=message, hint=hint)

    def key_fault(self, message: str, hint: str = "") -> Fault:
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
        raise OperatorMistake([Fault(file=file, message=message)])
    builder = _Builder(file, caps)
    try:
        root = builder.document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise OperatorMistake([*builder.faults, _syntax_fault(error, file, text)]) from error
    if builder.faults:
        raise OperatorMistake(builder.faults)
    return root


def faults_of(error: ValidationError, root: Node, words: Iterable[str] = ()) -> tuple[Fault, ...]:
    """Turn a pydantic error about `root.plain()` into faults with places, in file order.

    `words` are the keys that the model knows, for the hint beside an unknown key.
    """
    known = sorted(set(words))
    errors = error.errors(include_url=False)
    deeper = {details["loc"][:depth] for details in errors for depth in range(len(details["loc"]))}
    return tuple(
        sorted(
            {
                _fault_of(details, root, known)
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
    close = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


# The C parser gives the same events and places about ten times faster; wheels usually have it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
            self._stop(event, f"nested deeper than {self._limits.depth} levels")
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
                self._fault(event, f"the key {key!r} is given twice", f"see line {first.key_line}")
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
            self._stop(event, f"more than {self._limits.aliases} aliases")
        name = event.anchor or ""
        known = self._anchors.get(name)
        if known is None:
            self._fault(event, f"the alias *{name} has no anchor before it")
            return self._placed(event, None)
        node, size = known
        self._count(event, size)  # An alias costs what it stands for: no billion laughs.
        return node

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            self._stop(event, f"more than {self._limits.nodes} values")

    def _refuse_tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._fault(event, f"the tag {tag!r} is not read", "write plain values without tags")

    def _placed(
        self, event: yaml.Event, value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    ) -> Node:
        line, column = _place(event)
        return Node(value=value, file=self._file, line=line, column=column)

    def _fault(self, event: yaml.Event, message: str, hint: str = "") -> None:
        line, column = _place(event)
        self.faults.append(
            Fault(file=self._file, line=line, column=column, message=message, hint=hint)
        )

    def _stop(self, event: yaml.Event, message: str) -> None:
        self._fault(event, message)
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
        return Fault(
            file=file,
            line=mark.line + 1,
            column=mark.column + 1,
            message=f"this is not YAML: {message}",
            hint="quote values that hold ': ' or start with {{, [, *, & or %",
        )
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return Fault(file=file, line=line, message=f"this is not YAML: {error}".splitlines()[0])


def _fault_of(details: ErrorDetails, root: Node, known: Sequence[str]) -> Fault:
    path = details["loc"]
    node = root.at(path)
    last = str(path[-1]) if path else ""
    if details["type"] == "extra_forbidden":
        hint = "it belongs elsewhere" if last in known else nearest(last, known)
        return node.key_fault(f"unknown key {last!r}", hint)
    if details["type"] == "missing":
        return node.fault(f"the key {last!r} is missing")
    if last == "[key]":
        return node.key_fault(_message(details))
    return node.fault(f"{_named(path, root)}{_message(details)}", _hint(details))


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
        case "union_tag_invalid":
            wanted = str(context.get("expected_tags", "")).replace("'", "")
            return f"{context.get('tag')!r} is none of {wanted}"
        case "union_tag_not_found":
            return f"the key {str(context.get('discriminator', '')).strip(chr(39))!r} is missing"
        case "string_pattern_mismatch":
            return f"{details['input']!r} does not have the form {context.get('pattern')}"
        case _:
            # Our own validators raise ValueError: their text already is the sentence to show.
            text = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
            return (text[:1].lower() + text[1:]).replace("valid tuple", "list")


def _hint(details: ErrorDetails) -> str:
    given = details["input"]
    ask: Mapping[str, Callable[[], str]] = {
        "bool_type": lambda: "write true or false",
        "string_type": lambda: "put it in quotes" if isinstance(given, int | float) else "",
        "list_type": lambda: "write a list: [a, b] or one '- ' per line",
        "tuple_type": lambda: "write a list: [a, b] or one '- ' per line",
    }
    return ask.get(details["type"], lambda: "")()
