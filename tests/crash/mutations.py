"""Changes of the product that break a promise, and the drama whose `check` has to notice each.

Each is a file of the folder `mutations`, named after what it does:

    drama: <name of the drama>
    caught by: <promise that must be broken>
    file: <file of the product>
    ---
    <old text>
    +++
    <new text>
    ===

with any number of such edits. Where the old text is not there exactly once, the mutation fails
loudly: the product has moved on, and so must its mutation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`edits` are (file, old text, new text); `caught_by` is the promise that must be broken."""

    drama: str
    caught_by: str
    edits: tuple[tuple[str, str, str], ...]

    def misfit(self, tree: Path) -> str:
        """Return why the product cannot be changed so, "" where it can."""
        for file, old, _ in self.edits:
            times = (tree / file).read_text("utf-8").count(old)
            if times != 1:
                return f"{file} has this {times} times: {old}"
        return ""

    def apply(self, tree: Path) -> None:
        """Change the product in a copy of the tree; AssertionError where it does not fit."""
        assert not self.misfit(tree), self.misfit(tree)
        for file, old, new in self.edits:
            path = tree / file
            text = path.read_text("utf-8")
            # The copy shares its files with the original: this one becomes its own.
            path.unlink()
            path.write_text(text.replace(old, new), "utf-8")


def mutations() -> Mapping[str, Mutation]:
    """Read every mutation, by what it does."""
    files = sorted(Path(__file__).with_name("mutations").glob("*.txt"))
    return {file.stem.replace("-", " "): _read(file) for file in files}


def _read(file: Path) -> Mutation:
    text = file.read_text("utf-8")
    head = _HEAD.match(text)
    assert head is not None, f"{file} has no head"
    edits = tuple((m["file"], m["old"], m["new"]) for m in _EDIT.finditer(text))
    assert edits, f"{file} changes nothing"
    return Mutation(drama=head["drama"], caught_by=head["caught_by"], edits=edits)


_HEAD = re.compile(r"drama: (?P<drama>.+)\ncaught by: (?P<caught_by>.+)\n")
_EDIT = re.compile(
    r"^file: (?P<file>[^\n]+)\n---\n(?P<old>.*?)\n\+\+\+\n(?P<new>.*?)\n===$",
    re.DOTALL | re.MULTILINE,
)
