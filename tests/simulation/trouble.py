"""What goes wrong, and exactly where: a fault waits for a transition, and strikes there once."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Everything that can go wrong in a simulation."""

    CRASH_BEFORE_COMMIT = "crash before the commit"
    CRASH_AFTER_COMMIT = "crash after the commit"
    CRASH_BEFORE_CALL = "crash before an outside call"
    CRASH_AFTER_CALL = "crash after an outside call"
    PAUSED = "paused past its lease, then alive again beside its successor"
    STOPPED = "told to stop"
    UNAVAILABLE = "journal unavailable"
    UNKNOWN_UNWRITTEN = "journal lost its answer, nothing written"
    UNKNOWN_WRITTEN = "journal lost its answer, written"
    SLOW = "journal slower than people wait"
    CLOCK_HOUR = "clock an hour forward"
    CLOCK_DECADE = "clock ten years forward"
    CLOCK_BACK = "clock an hour back"
    CHAT_DOWN = "chat unavailable"
    CHAT_REPLY_LOST = "chat's answer lost"
    CHAT_REFUSED = "chat refused for good"
    PAGER_DOWN = "pager unavailable"
    PAGER_REFUSED = "pager refused for good"
    LOST_BEFORE_START = "link to the host lost before the start"
    LOST_AFTER_START = "link to the host lost after the start"
    HANG = "host hangs"
    REBOOTED = "host restarted"


AT_COMMIT = (
    Fault.CRASH_BEFORE_COMMIT,
    Fault.CRASH_AFTER_COMMIT,
    Fault.PAUSED,
    Fault.STOPPED,
    Fault.UNAVAILABLE,
    Fault.UNKNOWN_UNWRITTEN,
    Fault.UNKNOWN_WRITTEN,
    Fault.SLOW,
    Fault.CLOCK_HOUR,
    Fault.CLOCK_DECADE,
    Fault.CLOCK_BACK,
)
"""Strike the commit that carries the transition."""

AT_ANY_CALL = (Fault.CRASH_BEFORE_CALL, Fault.CRASH_AFTER_CALL)
"""Strike a call to the outside that the transition led to, whatever it is for."""

AT_CHAT = (Fault.CHAT_DOWN, Fault.CHAT_REPLY_LOST, Fault.CHAT_REFUSED)
AT_PAGER = (Fault.PAGER_DOWN, Fault.PAGER_REFUSED)
AT_HOST = (Fault.LOST_BEFORE_START, Fault.LOST_AFTER_START, Fault.HANG, Fault.REBOOTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aimed:
    """One fault to come. It strikes at the `nth` chance (from 1) that `transition` gives it."""

    fault: Fault
    transition: str
    nth: int = 1

    def __str__(self) -> str:
        """Say it in one line of a script."""
        return f"fault: {self.fault}, at {self.transition} (chance {self.nth})"


class Trouble:
    """The faults of one schedule: which have struck, and where."""

    def __init__(self, aimed: Collection[Aimed]) -> None:
        self._waiting = list(aimed)
        self._chances: dict[tuple[Fault, str], int] = {}
        self._caused: dict[str, frozenset[str]] = {}
        self._over = False
        self.struck: list[tuple[Fault, frozenset[str]]] = []

    def over(self) -> None:
        """From here on nothing goes wrong any more, until it is `back`."""
        self._over = True

    def back(self) -> None:
        """From here on things go wrong again."""
        self._over = False

    def wait(self, aimed: Aimed) -> None:
        """Let one more fault wait for its transition."""
        self._waiting.append(aimed)

    def led_to(self, transitions: frozenset[str], keys: Collection[str]) -> None:
        """Note which transitions an effect was put by; what it is carried for is theirs."""
        for key in keys:
            self._caused[key] = self._caused.get(key, frozenset()) | transitions

    def settled(self, key: str) -> None:
        """Note that an effect was carried out: what it is put for from now on is something else."""
        self._caused.pop(key, None)

    def began_under(self, key: str, transitions: frozenset[str]) -> None:
        """Note a transition that an effect's worker has committed before it does the rest."""
        self._caused[key] = self._caused.get(key, frozenset()) | transitions

    def behind(self, key: str) -> frozenset[str]:
        """Return the transitions that an effect belongs to."""
        return self._caused.get(key, frozenset())

    def strikes(self, faults: Collection[Fault], transitions: frozenset[str]) -> Fault | None:
        """Return the fault that strikes here, None where all goes well."""
        if self._over or not self._waiting or not transitions:
            return None
        for fault in faults:
            for transition in transitions:
                place = (fault, transition)
                self._chances[place] = self._chances.get(place, 0) + 1
        for aimed in self._waiting:
            place = (aimed.fault, aimed.transition)
            if (
                aimed.fault in faults
                and aimed.transition in transitions
                and self._chances[place] >= aimed.nth
            ):
                self._waiting.remove(aimed)
                self.struck.append((aimed.fault, transitions))
                return aimed.fault
        return None
