"""Alert sources: one module per sender, each with `name`, `verify` and `parse`, all pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from bot.requests import AlertsReceived
from handlers.alerts import alertmanager, generic


class AlertSource(Protocol):
    """What the HTTP adapter needs of a sender; a module with these three names is one."""

    @property
    def name(self) -> str:
        """The last part of `/alerts/<name>` and the source of its alerts."""
        ...

    def verify(self, headers: Mapping[str, str], secrets: tuple[str, ...]) -> bool:
        """Whether the headers prove the sender; asked before a byte of the body is read.

        `secrets` are all that count now (several during a rotation); none of them = nobody may.
        """
        ...

    def parse(self, raw: bytes) -> AlertsReceived:
        """Read one body; `UserMistake` where it is not JSON or not this sender's shape.

        A malformed alert among others does not spoil the body: it comes back in `malformed`.
        """
        ...


SOURCES: Final[Mapping[str, AlertSource]] = MappingProxyType(
    {source.name: source for source in (alertmanager, generic)}
)
"""Every sender that Firewarden understands, by name."""
