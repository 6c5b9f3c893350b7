"""What every sender's body has in common: moments, links, quarantine, and faults in plain words."""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, AwareDatetime, ConfigDict, JsonValue, ValidationError

from bot.errors import UserMistake
from bot.requests import MalformedAlert

LENIENT: Final = ConfigDict(strict=True, extra="ignore", frozen=True)
"""Types are exact, but a sender's next version may add fields."""

_LONGEST_LINK: Final = 2048
_PLAIN_LINK: Final = re.compile(r"https?://[!#-&(-;=?-\[\]^_a-{}~]*")
"""Printable ASCII but blanks, quotes, angle brackets, backslash, backtick and bar."""

_FAULTS_TOLD: Final = 3


def _to_utc(moment: datetime) -> datetime:
    """Convert to UTC; years that no clock shows are refused, they would not survive arithmetic."""
    if not 1970 <= moment.year < 9999:  # noqa: PLR2004 - the years of Unix time and of datetime
        msg = "is not a time that an alert can have"
        raise ValueError(msg)
    return moment.astimezone(UTC)


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An ISO 8601 time with an offset, kept in UTC."""


def link_or_nothing(url: str) -> str:
    """Return `url` where it is a plain http(s) address of printable ASCII, else ""."""
    return url if len(url) <= _LONGEST_LINK and _PLAIN_LINK.fullmatch(url) else ""


def quarantined(item: JsonValue, fault: ValidationError) -> MalformedAlert:
    """Keep one alert that could not be read, with what is wrong with it."""
    raw = json.dumps(item, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return MalformedAlert(raw=raw, fault=in_words(fault))


def mistake(sender: str, fault: ValidationError) -> UserMistake:
    """Say why a whole body was not taken."""
    return UserMistake(f"this is not a body of {sender}: {in_words(fault)}")


def in_words(fault: ValidationError) -> str:
    """Name the first faults with their place; what the sender wrote is not repeated."""
    told = fault.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"{'.'.join(str(part) for part in one['loc']) or 'body'}: {one['msg']}"
        for one in told[:_FAULTS_TOLD]
    ]
    more = len(told) - _FAULTS_TOLD
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
