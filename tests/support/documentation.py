"""The parts of the documentation that are made from the code: tables, and diagrams by trying.

    python -m tests.support.documentation

writes them between their marks (`<!-- made: settings -->` ... `<!-- end -->`); a test compares.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from bot.cli.overview import GROUPS
from bot.config.policy_file import default_policy
from bot.config.settings import Settings, variable_name
from bot.domain.actor import Actor, Standing
from bot.domain.decided import Decided
from bot.domain.events import Envelope, Status
from bot.domain.incident import decide
from bot.domain.intents import Close, IncidentIntent, Reopen, Resolve, SetStatus
from bot.domain.permissions import ALLOWED, Verb
from bot.domain.policy import Group
from bot.domain.state import Incident, evolve
from bot.usecases.commands import CommandNames
from bot.values import StreamRef, Untrusted
from handlers.verbs import help_lines
from tests.support.incidents import ANN, START, declared

ROOT: Final = Path(__file__).parents[2]


def settings_table() -> str:
    """Return every setting with its default and meaning."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, info in Settings.model_fields.items():
        default = "" if info.default in {None, ()} else f"`{info.default}`"
        rows.append(f"| `{variable_name(name)}` | {default} | {info.description} |")
    return "\n".join(rows)


def commands_table() -> str:
    """Return every command of the command line."""
    rows = ["| command | what it does |", "|---|---|"]
    rows += [
        f"| `firewarden {entry.name}` | {entry.does} |" for _, group in GROUPS for entry in group
    ]
    return "\n".join(rows)


def verbs_table() -> str:
    """Return every chat command with its usage and an example."""
    rows = ["| usage | what it does | for example |", "|---|---|---|"]
    for verb in help_lines(CommandNames()):
        examples = "<br>".join(f"`{_cell(example)}`" for example in verb.examples)
        rows.append(f"| `{_cell(verb.usage)}` | {_cell(verb.does)} | {examples} |")
    return "\n".join(rows)


def permissions_table() -> str:
    """Return who may do what: verbs by groups."""
    groups = list(Group)
    rows = [
        f"| verb | {' | '.join(groups)} |",
        f"|---|{'---|' * len(groups)}",
    ]
    for verb in Verb:
        if verb is not Verb.SYSTEM:
            marks = " | ".join("yes" if group in ALLOWED[verb] else "" for group in groups)
            rows.append(f"| {verb} | {marks} |")
    return "\n".join(rows)


def incident_diagram() -> str:
    """Return the life of an incident as the core lives it: every intent tried in every status."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> investigating: declare"]
    for incident in _in_every_status():
        for words, intent in _INTENTS.items():
            lines += [
                f"    {incident.status} --> {after}: {words}" for after in _after(incident, intent)
            ]
    # The answered checklist resolves; `resolve` itself only asks it.
    lines += [
        f"    {incident.status} --> resolved: resolve, checklist answered"
        for incident in _in_every_status()
        if incident.open
    ]
    return "\n".join([*lines, "    closed --> [*]", "```"])


MADE: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings_table,
    "commands": commands_table,
    "verbs": verbs_table,
    "permissions": permissions_table,
    "incident": incident_diagram,
}

PAGES: Final = ("README.md", "docs/commands.md", "docs/security.md", "docs/architecture.md")


def written(page: str) -> str:
    """Return a page with its made parts made anew."""

    def fresh(found: "re.Match[str]") -> str:
        return f"{found['begin']}\n{MADE[found['name']]()}\n{found['end']}"

    return _MADE.sub(fresh, (ROOT / page).read_text("utf-8"))


_MADE: Final = re.compile(
    r"(?P<begin><!-- made: (?P<name>\w+) -->)\n.*?(?P<end><!-- end -->)", re.DOTALL
)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


_ANN: Final = Actor(
    person=ANN,
    name="Ann",
    groups=frozenset(Group),
    platform="console",
    account="ann",
    standing=Standing.ACTIVE,
)

_INTENTS: Final[Mapping[str, IncidentIntent]] = {
    "status identified": SetStatus(by=_ANN, status=Status.IDENTIFIED),
    "status monitoring": SetStatus(by=_ANN, status=Status.MONITORING),
    "status investigating": SetStatus(by=_ANN, status=Status.INVESTIGATING),
    "resolve": Resolve(by=_ANN, summary=Untrusted("over")),
    "reopen": Reopen(by=_ANN, reason=Untrusted("again")),
    "close": Close(by=_ANN, postmortem=Untrusted("https://wiki.example/1")),
}


def _in_every_status() -> Iterator[Incident]:
    story = declared()
    for status in Status:
        yield replace(story.incident, status=status)


def _after(incident: Incident, intent: IncidentIntent) -> set[Status]:
    """Return the status that an intent leads to, where it leads to another one."""
    decision = decide(default_policy(), incident, intent, START + timedelta(hours=1))
    if not isinstance(decision, Decided):
        return set()
    state = incident
    for number, event in enumerate(decision.events, incident.seq + 1):
        envelope = Envelope(
            stream=StreamRef(kind="incident", id=incident.id),
            seq=number,
            at=START + timedelta(hours=1),
            actor=ANN,
            event=event,
        )
        state = evolve(state, envelope)
    return {state.status} - {incident.status}


if __name__ == "__main__":
    for name in PAGES:
        (ROOT / name).write_text(written(name), "utf-8")
