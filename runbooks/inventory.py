"""What a runbook may know about the machines and services: names, never addresses to dial."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry:
    """One host; `name` is the only thing a command can be aimed at."""

    name: str
    service: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """One service; `processes` are the command names that it may run on its hosts."""

    name: str
    owner: str = ""
    health_url: str = ""
    processes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Hosts and services by name."""

    hosts: Mapping[str, HostEntry] = field(default_factory=dict)
    services: Mapping[str, ServiceEntry] = field(default_factory=dict)

    def in_group(self, group: str) -> tuple[str, ...]:
        """Return the names of the hosts in `group`, sorted."""
        return tuple(sorted(name for name, host in self.hosts.items() if group in host.groups))

    def of_service(self, service: str) -> tuple[str, ...]:
        """Return the names of the hosts that run `service`, sorted."""
        return tuple(sorted(name for name, host in self.hosts.items() if host.service == service))
