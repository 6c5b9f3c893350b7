"""Durations, sizes and percentages as people and programs write them."""

import re
from datetime import timedelta
from typing import Final

from bot.errors import MisfitError

_DURATION: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h|d)", re.ASCII)
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE: Final = re.compile(
    r"(\d{1,15}(?:\.\d{1,3})?)\s*([KMGTPE]?)(?:i?B)?", re.ASCII | re.IGNORECASE
)
_POWERS: Final = "KMGTPE"


def parse_duration(text: str) -> timedelta:
    """Read `60s`, `5m`, `1h30m`, `250ms`; raises MisfitError with the accepted forms."""
    compact = text.strip()
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise MisfitError(f"{text!r} is not a duration", "write 30s, 5m, 1h30m")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def parse_size(text: str) -> float:
    """Read a size as du, df and journalctl print it (`3.9G`, `512K`, `17 MiB`), in bytes.

    Units are powers of 1024, as those programs use them. Raises ValueError.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size")
    number, unit = match.groups()
    return float(number) * float(1024 ** (_POWERS.index(unit.upper()) + 1 if unit else 0))


def parse_number(text: str) -> int | float:
    """Read an integer or a decimal number in ASCII digits; raises ValueError."""
    compact = text.strip()
    if re.fullmatch(r"[-+]?\d{1,18}", compact, re.ASCII):
        return int(compact)
    if re.fullmatch(r"[-+]?\d{1,18}\.\d{1,9}", compact, re.ASCII):
        return float(compact)
    raise ValueError(f"{text!r} is not a number")


def show_duration(span: timedelta) -> str:
    """Write a duration the shortest way that `parse_duration` reads: `5m`, `1h30m`, `1.5s`."""
    left = span.total_seconds()
    words: list[str] = []
    for unit in ("d", "h", "m"):
        count, left = divmod(left, _SECONDS[unit])
        if count:
            words.append(f"{count:.0f}{unit}")
    if left or not words:
        words.append(f"{left:g}s")
    return "".join(words)
