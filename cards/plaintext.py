"""How every renderer shows characters, times and states: nothing stays invisible, all is UTC."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from cards.model import StepState, Tone, Words

TONE_SYMBOLS: Final[Mapping[Tone, str]] = MappingProxyType(
    {
        Tone.NEUTRAL: "",
        Tone.GOOD: "✔",
        Tone.WARNING: "▲",
        Tone.DANGER: "■",
        Tone.WAITING: "◷",
    }
)
"""A shape per tone: colour alone says nothing to one reader in twelve."""

STEP_SYMBOLS: Final[Mapping[StepState, str]] = MappingProxyType(
    {
        StepState.WAITING: "○",
        StepState.RUNNING: "▶",
        StepState.COMPLETED: "✔",
        StepState.SKIPPED: "↷",
        StepState.FAILED: "✘",
        StepState.IN_DOUBT: "?",
    }
)

# Printable for Python, yet drawn as nothing: joiners, fillers, variation selectors, blank braille.
# Source: Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties, and U+2800.
_DRAWN_AS_NOTHING: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def visible_line(text: str) -> str:
    """Return `text` on one line with everything invisible shown as `[U+202E]`.

    Invisible are control, bidirectional, zero-width and unassigned characters, line ends, tabs,
    and every space but the plain one.
    """
    if text.isprintable() and not _DRAWN_AS_NOTHING.search(text):
        return text
    return "".join(_shown(character) for character in text)


def visible_block(text: str) -> str:
    r"""Return `text` with its line ends and tabs kept, `\r\n` read as one, and the rest shown."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(visible_line(cell) for cell in line.split("\t")) for line in lines)


def visible(words: Words) -> str:
    """Return trusted or untrusted words on one line, made visible; escaping is the renderer's."""
    return visible_line(words if isinstance(words, str) else words.text)


def moment_words(moment: datetime, today: date | None) -> str:
    """`10:42 UTC`, with the date in front where it is not `today` or today is not known."""
    utc = moment.astimezone(UTC)
    clock = f"{utc:%H:%M} UTC"
    return clock if utc.date() == today else f"{utc:%Y-%m-%d} {clock}"


def duration_words(length: timedelta) -> str:
    """`45 s`, `12 min`, `1 h 05 min`, `3 d 4 h`: two units at most, never negative."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if not minutes:
        return f"{seconds} s"
    if not hours:
        return f"{minutes} min"
    if not days:
        return f"{hours} h {minutes % 60:02} min" if minutes % 60 else f"{hours} h"
    return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"


def seconds_words(seconds: float) -> str:
    """`0.4 s` under ten seconds, else as a duration."""
    return f"{seconds:.1f} s" if seconds < 10 else duration_words(timedelta(seconds=seconds))  # noqa: PLR2004 - where tenths stop to matter


def _shown(character: str) -> str:
    if character.isprintable() and not _DRAWN_AS_NOTHING.match(character):
        return character
    return f"[U+{ord(character):04X}]"
