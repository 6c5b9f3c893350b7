"""The error tree: each class says whose turn it is next.

    FirewardenError
    ├── UserMistake       the person who typed it mends it; shown verbatim with the usage
    ├── OperatorMistake   whoever runs the bot mends a file; all faults at once, with file and line
    ├── Unavailable       nobody: the same call may be tried again after `retry_after`
    │   └── Throttled     nobody, and nothing failed: its turn comes after `retry_after`
    ├── Refused           a human must act; trying again will not help
    └── OutcomeUnknown    a human must look; it may or may not have happened, never try again

Adapters translate vendor errors into these at the edge. Anything else is a bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class FirewardenError(Exception):
    """Root of every error that Firewarden raises on purpose."""


class UserMistake(FirewardenError):
    """What the person typed or clicked cannot be done as it stands."""

    def __init__(self, message: str, *, usage: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.usage = usage


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One fault of a configuration file or a runbook; line and column count from 1, 0 = unknown.

    `message` says what is wrong and `hint` what to write or do instead; no fault is without one.
    """

    file: str
    line: int = 0
    column: int = 0
    message: str
    hint: str

    def __str__(self) -> str:
        """Format as `file:line:column: message (hint)`, the form that editors can jump to."""
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{place}: {self.message} ({self.hint})"


class MisfitError(ValueError):
    """Text that somebody wrote does not fit; `hint` says what to write instead.

    A ValueError, because pydantic collects those: whoever reads a file makes `Fault`s of them.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class OperatorMistake(FirewardenError):
    """Configuration or runbooks are wrong; carries every fault that was found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class Unavailable(FirewardenError):
    """The other side cannot do it now; the call had no effect and may be tried again."""

    def __init__(self, message: str, *, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(Unavailable):
    """It was not its turn: nothing was tried or everything is well, and the delay is exact."""


class Refused(FirewardenError):
    """The other side will never accept this; a human must change something first."""


class OutcomeUnknown(FirewardenError):
    """The link was lost after the request may have been carried out."""
