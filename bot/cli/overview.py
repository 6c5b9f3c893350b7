"""Every command with a line on what it is for, and the page that `firewarden` alone prints."""

from dataclasses import dataclass
from typing import Final

ABOUT: Final = """\
Firewarden hears the alarm, opens the room, calls the people, keeps the log,
and lets nobody touch production without a named person's yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command: `module` is its name in this package, `does` a line for the overview."""

    name: str
    module: str
    does: str


GROUPS: Final[tuple[tuple[str, tuple[Entry, ...]], ...]] = (
    (
        "Run it",
        (
            Entry(name="serve", module="serve", does="start; prints the address and what to try"),
            Entry(name="check", module="check", does="tell every fault before it matters"),
            Entry(name="drill", module="drill", does="start a fire drill on the practice host"),
        ),
    ),
    (
        "In an emergency, when all chats are down",
        (
            Entry(name="freeze", module="freeze", does="stop every change, of a service or of all"),
            Entry(name="unfreeze", module="unfreeze", does="let changes start again"),
            Entry(name="incident", module="incident", does="list, show or export incidents"),
        ),
    ),
    (
        "People",
        (Entry(name="seat", module="seat", does="add, link, list or revoke seats and tokens"),),
    ),
    (
        "Alerts",
        (Entry(name="alert", module="alert", does="show alerts that could not be read"),),
    ),
    (
        "Runbooks and hosts",
        (
            Entry(name="runbook", module="runbook", does="lint, show, plan, test or record one"),
            Entry(name="host", module="host", does="print what a host needs, for review"),
            Entry(name="schema", module="schema", does="print the schema of policy or runbooks"),
        ),
    ),
    (
        "Chats",
        (Entry(name="slack", module="slack", does="print the manifest of a Slack app"),),
    ),
    (
        "The journal",
        (
            Entry(name="audit", module="audit", does="prove that no event was changed or cut"),
            Entry(name="redact", module="redact", does="erase what slipped through, for good"),
            Entry(name="journal", module="journal", does="rebuild its tables from its events"),
            Entry(name="backup", module="backup", does="copy it while it is in use"),
            Entry(name="restore", module="restore", does="go on from a backup; re-runs nothing"),
        ),
    ),
)

ENTRIES: Final = {entry.name: entry for _, entries in GROUPS for entry in entries}


def overview() -> str:
    """Return the page: what it is, the commands by occasion, where to begin."""
    lines = [ABOUT, "", "  firewarden COMMAND [...]", ""]
    for title, entries in GROUPS:
        lines += [f"{title}:"]
        lines += [f"  {entry.name:<10} {entry.does}" for entry in entries]
        lines += [""]
    lines += [
        "Begin with `firewarden serve`: it needs no configuration.",
        "`firewarden COMMAND --help` says more. Settings: the environment and `.env`.",
    ]
    return "\n".join(lines)
