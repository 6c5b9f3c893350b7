"""Runbook text -> a compiled runbook, or every fault that the text has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import ValidationError

from bot.errors import Fault, OperatorMistake
from bot.yamltext import Node, faults_of, known_keys, read
from runbooks.model import FORMS, Document
from runbooks.names import name_faults


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runbook:
    """A document that may be run: it parsed, and every name in it is defined.

    `content_hash` is the SHA-256 of the text, 64 hex digits. `source` gives places for faults.
    """

    document: Document
    text: str
    file: str
    content_hash: str
    source: Node

    @property
    def name(self) -> str:
        """What `/runbook run` calls it."""
        return self.document.runbook

    @property
    def title(self) -> str:
        """One line for lists and cards."""
        return self.document.title

    @property
    def owner(self) -> str:
        """The team that answers for it."""
        return self.document.owner

    @property
    def description(self) -> str:
        """What it is for, at more length."""
        return self.document.description

    @property
    def matches(self) -> Mapping[str, str]:
        """Alert labels that make it the proposed runbook; empty = never proposed by itself."""
        return self.document.matches

    @property
    def is_playbook(self) -> bool:
        """Whether it looks for a cause and names another runbook in place of changing anything."""
        return self.document.is_playbook

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is what the runbook is for."""
        wanted = self.document.matches
        return bool(wanted) and all(labels.get(name) == value for name, value in wanted.items())


@lru_cache(maxsize=256)
def load(text: str, file: str) -> Runbook:
    """Read one runbook; raises OperatorMistake with every fault, in the order of the file."""
    source = read(text, file)
    try:
        document = Document.model_validate(source.plain())
    except ValidationError as error:
        raise OperatorMistake(faults_of(error, source, _KEYS, FORMS)) from error
    faults = name_faults(document, source)
    if faults:
        raise OperatorMistake(faults)
    return Runbook(
        document=document,
        text=text,
        file=file,
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        source=source,
    )


def load_all(texts: Mapping[str, str]) -> Mapping[str, Runbook]:
    """Read a catalogue, file name -> text, and return it by runbook name.

    Raises OperatorMistake with the faults of all files, and for a name that is used twice.
    """
    found: dict[str, Runbook] = {}
    faults: list[Fault] = []
    for file, text in sorted(texts.items()):
        try:
            runbook = load(text, file)
        except OperatorMistake as mistake:
            faults.extend(mistake.faults)
            continue
        first = found.setdefault(runbook.name, runbook)
        if first is not runbook:
            place = runbook.source.at(("runbook",))
            taken = f"the name {runbook.name!r} is taken by {first.file}"
            faults.append(place.fault(taken, "give one of them another name"))
    if faults:
        raise OperatorMistake(faults)
    return found


_KEYS: Final = known_keys(Document)
