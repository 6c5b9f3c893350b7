"""Texts in the team's own words: Jinja2 templates, checked once, rendered without I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.domain.policy import Policy
from bot.errors import Fault, OperatorMistake
from bot.values import Untrusted


class TextName(StrEnum):
    """The texts that exist; each is one template `<name>.txt.j2`."""

    DECLARATION = "declaration"
    UPDATE = "update"
    RESOLUTION = "resolution"
    ESCALATION = "escalation"
    STAKEHOLDER = "stakeholder"
    CUSTOMER_INITIAL = "customer-initial"
    CUSTOMER_PROGRESS = "customer-progress"
    CUSTOMER_RESOLVED = "customer-resolved"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a template may name: plain words, empty where nothing is known.

    Times are `2026-11-21 10:42 UTC`, `now` too; `clock` is now as `10:42 UTC`. Lists hold one
    plain sentence each. `text` is what the author wrote for this very message.
    """

    number: str = ""
    title: str = ""
    severity: str = ""
    status: str = ""
    service: str = ""
    drill: bool = False
    now: str = ""
    clock: str = ""
    started: str = ""
    duration: str = ""
    impact: str = ""
    users: str = ""
    regions: str = ""
    data_loss: str = ""
    commander: str = ""
    author: str = ""
    text: str = ""
    changed: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    open_questions: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    next_update: str = ""
    reason: str = ""
    needed: str = ""
    cause: str = ""
    follow_ups: tuple[str, ...] = ()


SUFFIX: Final = ".txt.j2"
_SYNTAX: Final = "write it as Jinja2 does: {{ name }}, {% if name %} ... {% endif %}"
_LONGEST: Final = 12_000
"""Characters of one rendered text: what the largest text block of a chat platform holds."""


_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text: each renderer escapes for its platform
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
)
_KEPT: Final = 64
"""Compiled sources that are kept: every text twice over, for a reload that changes some."""


class Texts:
    """Every template, compiled. `OperatorMistake` with all faults where one is missing or wrong."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """Take template sources by file name (`declaration.txt.j2`); later folders win outside."""
        self._templates: dict[TextName, Template] = {}
        faults: list[Fault] = []
        for name in TextName:
            fault = self._take(name, sources.get(f"{name}{SUFFIX}"))
            faults += [] if fault is None else [fault]
        known = {f"{name}{SUFFIX}" for name in TextName}
        faults += [
            Fault(file=name, message="no text has this name", hint=", ".join(sorted(known)))
            for name in sorted(set(sources) - known)
        ]
        if faults:
            raise OperatorMistake(faults)

    def render(self, name: TextName, facts: Facts) -> Untrusted:
        """Return the text, without empty lines at its ends and never more than one in a row."""
        rendered = self._templates[name].render(_variables(facts))
        lines = "\n".join(line.rstrip() for line in rendered.splitlines())
        text = re.sub(r"\n{3,}", "\n\n", lines).strip("\n")
        return Untrusted(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… [cut]")

    def _take(self, name: TextName, source: str | None) -> Fault | None:
        """Compile and try one template, with everything known and with nothing known."""
        file = f"{name}{SUFFIX}"
        if source is None:
            return Fault(
                file=file, message="this text is missing", hint="put back the one that ships"
            )
        try:
            self._templates[name] = _compiled(source)
            self.render(name, Facts())
            self.render(name, _EVERYTHING)
        except TemplateSyntaxError as fault:
            message = fault.message or "syntax error"
            return Fault(file=file, line=fault.lineno, message=message, hint=_SYNTAX)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as fault:
            return Fault(file=file, message=str(fault), hint=_NAMES)
        return None


@lru_cache(maxsize=_KEPT)
def _compiled(source: str) -> Template:
    """Compile a source once: a reload finds most of them as they were."""
    return _ENVIRONMENT.from_string(source)


def moment_of(moment: datetime | None) -> str:
    """Return a moment as texts show it: `2026-11-21 10:42 UTC`, "" for none."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def clock_of(moment: datetime) -> str:
    """Return a moment as `10:42 UTC`."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def jargon_in(text: str, policy: Policy) -> tuple[str, ...]:
    """Return words that outsiders should not read, in the order of the text, each once.

    Host names, services and processes of the inventory, addresses, our ids and numbers, paths
    and stack words; the author sees them in the preview and decides.
    """
    inside = {str(name).lower() for name in policy.hosts}
    inside |= {host.address.lower() for host in policy.hosts.values()}
    inside |= {name.lower() for name in policy.services}
    inside |= {process.lower() for s in policy.services.values() for process in s.processes}
    found = (match[0].lstrip(".:").rstrip(".:/") for match in _WORD.finditer(text))
    return tuple(dict.fromkeys(w for w in found if w.lower() in inside or _INTERNAL.fullmatch(w)))


_WORD: Final = re.compile(r"[\w./:@-]+")
_INTERNAL: Final = re.compile(
    r"""
      INC-[\d-]+                                            # our own numbers
    | (?i:SEV-?|P)[0-5]                                     # severities
    | \d{1,3}(?:\.\d{1,3}){3}(?::\d+)?                      # IPv4
    | [0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,}                   # IPv6
    | /(?:[\w.-]+/)+[\w.-]+ | (?:[\w.-]+/){2,}[\w.-]+       # paths
    | (?i:[\w-]+(?:\.[\w-]+)*\.(?:internal|local|lan|corp|svc|cluster|intra)(?:\.[\w-]+)*)
    | (?i:[a-z][a-z0-9]*(?:-[a-z0-9]+)*-\d+)                # web-1, db-prod-02
    | (?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}         # commits, digests
    | (?=[a-z2-7]*\d)[a-z2-7]{26}                           # our random ids
    | SIG[A-Z]{3,6} | OOM\w* | [A-Z]\w+(?:Error|Exception)  # what programs say
    """,
    re.VERBOSE,
)


def _variables(facts: Facts) -> dict[str, str | bool | tuple[str, ...]]:
    return {field.name: getattr(facts, field.name) for field in fields(facts)}


_NAMES: Final = "a text may name: " + ", ".join(field.name for field in fields(Facts))
_EVERYTHING: Final = Facts(
    number="INC-2026-1121-001",
    title="Checkout is down",
    severity="SEV1",
    status="investigating",
    service="checkout",
    drill=True,
    now="2026-11-21 10:42 UTC",
    clock="10:42 UTC",
    started="2026-11-21 10:12 UTC",
    duration="30 min",
    impact="Nobody can pay",
    users="all",
    regions="EU",
    data_loss="none",
    commander="Ann",
    author="Ann",
    text="We are looking into it.",
    changed=("it began",),
    actions=("1. Restart — Ann",),
    tried=("disk-full: rejected",),
    open_questions=("Card 3",),
    next_steps=("Wait for the check",),
    next_update="2026-11-21 11:12 UTC",
    reason="Nobody answered",
    needed="Take command",
    cause="A full disk",
    follow_ups=("Alert earlier",),
)
