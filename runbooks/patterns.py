"""Regular expressions of runbooks, on an engine whose time grows only linearly with the text."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, cast

import re2

from bot.errors import MisfitError

LONGEST: Final = 1000
"""Characters that a pattern may have."""

_SYNTAX: Final = "RE2 syntax: no look-around or back-references, a literal ( or [ needs a backslash"

_MEMORY: Final = 8 << 20  # bytes for one compiled pattern; re2 falls back to its slower automaton


class _Match(Protocol):
    def group(self, number: int) -> str | None: ...


class _Regexp(Protocol):
    groups: int

    def search(self, text: str) -> _Match | None: ...
    def fullmatch(self, text: str) -> _Match | None: ...
    def finditer(self, text: str) -> "list[_Match]": ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern in RE2 syntax (no look-around, no back-references), at most one group."""

    text: str

    def first(self, text: str) -> str | None:
        """Return group 1 of the first match, or the whole match; None where nothing matches."""
        return _first(self.text, text)

    def every(self, text: str) -> tuple[str, ...]:
        """Return what `first` returns, for every match."""
        return _every(self.text, text)

    def whole(self, text: str) -> bool:
        """Whether the pattern matches all of `text`."""
        return _compiled(self.text).fullmatch(text) is not None


def compile_pattern(text: str) -> Pattern:
    """Return the pattern; raises MisfitError with the engine's reason."""
    if len(text) > LONGEST:
        raise MisfitError(
            f"the pattern has {len(text)} characters",
            f"at most {LONGEST} are compiled: look for less",
        )
    try:
        groups = _compiled(text).groups
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise MisfitError(f"the pattern does not compile: {reason}", _SYNTAX) from error
    if groups > 1:
        raise MisfitError("a pattern may have one group", "write (?:...) for the others")
    return Pattern(text)


@lru_cache(maxsize=2048)
def _compiled(text: str) -> _Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return cast(_Regexp, re2.compile(text, options))


# A walk is repeated from its start for every next step, over outputs that do not change.
@lru_cache(maxsize=128)
def _first(pattern: str, text: str) -> str | None:
    regexp = _compiled(pattern)
    match = regexp.search(text)
    return None if match is None else match.group(1 if regexp.groups else 0)


@lru_cache(maxsize=128)
def _every(pattern: str, text: str) -> tuple[str, ...]:
    regexp = _compiled(pattern)
    group = 1 if regexp.groups else 0
    return tuple(match.group(group) or "" for match in regexp.finditer(text))
