"""What every sender's body has in common: moments, links, quarantine, and faults in plain words."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, TypeAlias

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, ValidationError

from bot.domain.alerts import AlertStatus
from bot.errors import UserMistake
from bot.requests import MalformedAlert

LENIENT: Final = ConfigDict(strict=True, extra="ignore", frozen=True)
"""Types are exact, but a sender's next version may add fields."""

STATUSES: Final[Mapping[str, AlertStatus]] = {
    "firing": AlertStatus.FIRING,
    "resolved": AlertStatus.RESOLVED,
}
"""A sender's words on an alert."""

_LONGEST_LINK: Final = 2048
_PLAIN_LINK: Final = re.compile(r"https?://[!#-&(-;=?-\[\]^_a-{}~]*")
"""Printable ASCII but blanks, quotes, angle brackets, backslash, backtick and bar."""

_FAULTS_TOLD: Final = 3


Moment: TypeAlias = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC)),
]
"""An ISO 8601 time with an offset, in a year that some clock shows: others break arithmetic."""


@lru_cache(maxsize=256)  # the alerts of one rule have one link
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
