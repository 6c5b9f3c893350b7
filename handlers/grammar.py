"""The grammar of typed commands: words, "quoted words", key=value, @people, durations and times.

Free text stays as it was typed: only the keys that a verb knows are taken out of it. Nothing here
raises anything but `UserMistake`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.errors import UserMistake
from runbooks.quantities import parse_duration

LONGEST: Final = 12_000
"""Characters of one line or message; what is longer belongs into a document that a link names."""

ANY_KEY: Final = frozenset({"*"})
"""Options of a verb that takes every `key=value` (a runbook's parameters)."""

# A word, a "quoted word" or key=value, whose value may be quoted. A quote that nobody closes is a
# character like any other, and so is an apostrophe.
_QUOTED: Final = r'(?:"(?P<{0}d>[^"]*)"|“(?P<{0}t>[^“”]*)”)(?=\s|$)'
_WORD: Final = re.compile(
    r"(?P<key>[A-Za-z][A-Za-z0-9_-]{0,63})=(?:" + _QUOTED.format("v") + r"|(?P<value>\S*))"
    r"|" + _QUOTED.format("q") + r"|(?P<word>\S+)"
)
_NUMBER: Final = re.compile(r"INC-\d{4}-\d{4}-\d{3,}", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:Z|\s*UTC)?", re.IGNORECASE)
_AGO: Final = re.compile(r"(?:-\s*(\S+)|(\S+)\s+ago)", re.IGNORECASE)
_LONGEST_SPAN: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word without its quotes; `start` and `end` are where it stands in the text."""

    text: str
    start: int
    end: int
    quoted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed after the verb. `options` were taken out of it, `words` are the rest."""

    source: str
    words: tuple[Word, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the words."""
        return len(self.words)

    @property
    def first(self) -> str:
        """The first word, "" where there is none."""
        return self.words[0].text if self.words else ""

    @property
    def last(self) -> str:
        """The last word, "" where there is none."""
        return self.words[-1].text if self.words else ""

    def without_first(self) -> "Words":
        """Leave the first word away."""
        return replace(self, words=self.words[1:])

    def without_last(self) -> "Words":
        """Leave the last word away."""
        return replace(self, words=self.words[:-1])

    def without_option(self, key: str) -> "Words":
        """Leave an option away."""
        return replace(self, options={k: v for k, v in self.options.items() if k != key})

    @property
    def text(self) -> str:
        """The words as they were typed, with their spaces and line ends, options left out."""
        if len(self.words) == 1:
            return self.words[0].text
        pieces: list[str] = []
        for before, word in zip((None, *self.words), self.words, strict=False):
            between = self.source[before.end : word.start] if before else ""
            # An option that stood here left its own characters behind: one space will do.
            pieces.append(between if not between.strip() else " ")
            pieces.append(self.source[word.start : word.end])
        return "".join(pieces).strip()

    @property
    def line(self) -> str:
        """The words on one line, one space apart."""
        return " ".join(self.text.split())


def read(source: str, options: Collection[str] = ()) -> Words:
    """Split what follows a verb; of `key=value` only the keys in `options` are taken out.

    Raises UserMistake for an option without a value, and for one that is given twice.
    """
    words: list[Word] = []
    found: dict[str, str] = {}
    for match in _WORD.finditer(source):
        key = (match["key"] or "").lower()
        if key and (key in options or "*" in options):
            value = _first(match["vd"], match["vt"], match["value"])
            if not value.strip():
                raise UserMistake(f"{key}= needs a value.")
            if key in found:
                raise UserMistake(f"{key}= is given twice.")
            found[key] = value.strip()
            continue
        quoted = match["qd"] if match["qd"] is not None else match["qt"]
        text = match[0] if quoted is None else quoted
        words.append(
            Word(text=text, start=match.start(), end=match.end(), quoted=quoted is not None)
        )
    return Words(source=source, words=tuple(words), options=found)


def not_too_long(text: str) -> None:
    """Refuse what is longer than one line or message may be."""
    if len(text) > LONGEST:
        raise UserMistake(f"That is {len(text)} characters; at most {LONGEST} are taken.")


def incident_number(word: str) -> str:
    """Return `INC-2026-1121-001` where the word is an incident's number (any case), else ""."""
    return word.upper() if _NUMBER.fullmatch(word) else ""


def duration(text: str) -> timedelta:
    """Read `30m`, `1h30m`, `2d`: more than nothing, at most a year."""
    try:
        span = parse_duration(text)
    except (ValueError, OverflowError):
        raise UserMistake(f"“{text}” is not a duration: write 30m, 1h30m or 2d.") from None
    if not timedelta() < span <= _LONGEST_SPAN:
        raise UserMistake(f"“{text}” is not a useful duration: from 1s to a year.")
    return span


def past_moment(text: str, now: datetime) -> datetime:
    """Read when something began: `10:42` (the latest such time, UTC), `30m ago`, or ISO."""
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return now - duration(ago[1] or ago[2])
    moment = _clock(text, now)
    if moment is not None:
        return moment if moment <= now else moment - timedelta(days=1)
    return _iso(text)


def coming_moment(text: str, now: datetime) -> datetime:
    """Read when something is due: `30m` from now, `11:30` (the next such UTC time), or ISO."""
    moment = _clock(text, now)
    if moment is not None:
        return moment if moment > now else moment + timedelta(days=1)
    if not re.search(r"\d{4}-", text):
        return now + duration(text)
    moment = _iso(text)
    if moment <= now:
        raise UserMistake(f"{moment:%Y-%m-%d %H:%M} UTC is over; name a time to come.")
    return moment


def whole_number(text: str, what: str) -> int:
    """Read a number from 1 on; `what` is named in the mistake."""
    digits = text.removeprefix("#")
    if not re.fullmatch(r"[0-9]{1,6}", digits) or int(digits) == 0:
        wrong = f"“{text}” is not the number of {what}."
        raise UserMistake(wrong if text else f"The number of {what} is missing.")
    return int(digits)


def _clock(text: str, now: datetime) -> datetime | None:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = (int(part or 0) for part in match.groups())
    try:
        at = now.astimezone(UTC).replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        raise UserMistake(f"“{text}” is not a time of day: write 10:42 (UTC).") from None
    return at


def _iso(text: str) -> datetime:
    """Read `2026-11-21 10:42`, `2026-11-21T10:42Z` or with an offset; without one it is UTC."""
    compact = re.sub(r"\s*(?:UTC|Z)$", "+00:00", text.strip(), flags=re.IGNORECASE)
    try:
        moment = datetime.fromisoformat(compact)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserMistake(
            f"“{text}” is not a time: write 10:42, 2026-11-21T10:42Z or 30m ago (UTC)."
        ) from None


def _first(*texts: str | None) -> str:
    return next((text for text in texts if text is not None), "")
