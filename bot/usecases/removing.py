"""What is to be erased, and how it is found: in plain and encoded forms, in text and in JSON."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from bot.errors import UserMistake
from bot.records.longtext import ERASED
from bot.redaction import SHORTEST_KNOWN, forms_of
from bot.values import Json

_AROUND = 24
"""Characters shown on each side of a place, so that a person sees what it is about."""

_OUTPUTS = ("ReadFinished", "StepFinished")


class Removal:
    """What must go: a text in all its forms, what a pattern matches, or a step's whole output.

    `step` is the step's path as the timeline writes it. Raises UserMistake where it would take
    nothing, or nearly everything.
    """

    def __init__(self, *, text: str = "", pattern: str = "", step: str = "") -> None:
        if not (text or pattern or step):
            raise UserMistake("Say what is to go: a text, a pattern or a step.")
        if text and len(text) < SHORTEST_KNOWN:
            raise UserMistake(
                f"That text is shorter than {SHORTEST_KNOWN} characters: it would be found in "
                "words that are none of it. Use a pattern with what stands around it."
            )
        self.step = step
        self._expressions = (*_forms(text), *_typed(pattern))
        if any(expression.search("") for expression in self._expressions):
            raise UserMistake("That pattern matches nothing at all, and so everywhere.")

    def out_of(self, text: str) -> str:
        """Return `text` without it."""
        for expression in self._expressions:
            text = expression.sub(ERASED, text)
        return text

    def finds(self, text: str) -> bool:
        """Whether it is in `text`."""
        return any(expression.search(text) for expression in self._expressions)

    def out_of_bytes(self, raw: bytes) -> bytes:
        """Return stored bytes without it: leaf by leaf where they are JSON, else as text."""
        text = raw.decode("utf-8", "surrogateescape")
        try:
            tree = cast("Json", json.loads(text))
        except ValueError:
            return self.out_of(text).encode("utf-8", "surrogateescape")
        after = without(self, tree)
        if after == tree:
            return raw
        return json.dumps(after, sort_keys=True, separators=(",", ":")).encode()

    def around(self, left: Json) -> Iterator[str]:
        """Yield what stands around each place of what is left."""
        for text in _leaves(left):
            for found in re.finditer(re.escape(ERASED), text):
                start, end = max(found.start() - _AROUND, 0), found.end() + _AROUND
                yield f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"


def _forms(text: str) -> "list[re.Pattern[str]]":
    forms = sorted(forms_of(text), key=len, reverse=True)
    return [re.compile("|".join(re.escape(form) for form in forms))] if forms else []


def _typed(pattern: str) -> "list[re.Pattern[str]]":
    try:
        return [re.compile(pattern)] if pattern else []
    except re.error as error:
        raise UserMistake(f"That is no pattern: {error}.") from error


def without(removal: Removal, tree: Json) -> Json:
    """Return JSON without what must go; the keys stay, which are names of ours or identities."""
    if isinstance(tree, str):
        return removal.out_of(tree)
    if isinstance(tree, Mapping):
        if removal.step and _is_output(tree, removal.step):
            tree = {**tree, "outcome": _silent(tree["outcome"])}
        return {key: without(removal, value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [without(removal, value) for value in tree]
    return tree


def _is_output(tree: Mapping[str, Json], step: str) -> bool:
    return tree.get("type") in _OUTPUTS and tree.get("path") == step


def _silent(outcome: Json) -> Json:
    """Return a command's outcome without what it said."""
    if not isinstance(outcome, Mapping):
        return outcome
    said = {name: ERASED for name in ("stdout", "stderr") if outcome.get(name)}
    return {**outcome, **said}


def _leaves(tree: Json) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from _leaves(value)
    elif isinstance(tree, Sequence):
        for value in tree:
            yield from _leaves(value)
