"""The one kind of command line that the practice host takes: quoted words, nothing to expand."""

import re
from collections.abc import Sequence

_PIECE = re.compile(
    r"""
    (?P<bare>   [A-Za-z0-9_@%+=:,./^-]+ ) |
    (?P<single> '[^']*' ) |
    (?P<quote>  "'" )
    """,
    re.VERBOSE,
)


class NotAWordList(ValueError):
    """The line has something in it that a shell would act on."""


def words_of(line: str) -> tuple[str, ...]:
    """Split a line of words in the forms that `shlex.quote` writes; refuse everything else.

    ` </dev/null` at its end is taken for granted: a stand-in never has any other input.
    """
    line = line.removesuffix(" </dev/null")
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        word, at = _word(line, at)
        words.append(word)
    return tuple(words)


def without_timeout(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split `[exec] [timeout -k S S] program ...` into the timeout's words and the program's."""
    rest = tuple(words)
    if rest[:1] == ("exec",):
        rest = rest[1:]
    if rest[:2] == ("timeout", "-k") and len(rest) > _TIMEOUT:
        if not all(_SECONDS.fullmatch(word) for word in rest[2:_TIMEOUT]):
            raise NotAWordList("timeout")
        return rest[:_TIMEOUT], rest[_TIMEOUT:]
    return (), rest


_TIMEOUT = 4
_SECONDS = re.compile(r"[0-9.]+")


def _word(line: str, at: int) -> tuple[str, int]:
    pieces: list[str] = []
    while at < len(line) and line[at] != " ":
        piece = _PIECE.match(line, at)
        if piece is None:
            raise NotAWordList(line[at])
        text = piece[0]
        pieces.append(text if piece["bare"] else text[1:-1])
        at = piece.end()
    return "".join(pieces), at
