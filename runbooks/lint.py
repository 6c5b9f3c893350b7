"""What a document must say to be trusted here: judged against this policy and this inventory.

`load` has already refused what cannot be run at all. Lint refuses what should not be: commands
that do more than they say, escalations that reach nobody, changes that nothing allows.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from bot.errors import Fault
from bot.values import Tier
from bot.yamltext import listed, nearest
from runbooks.expressions import Expression
from runbooks.inventory import Inventory
from runbooks.loader import Runbook
from runbooks.model import (
    HostParameter,
    HttpCheck,
    Otherwise,
    Place,
    Rule,
    ServiceParameter,
)
from runbooks.sites import Path, Role, Site, sites
from runbooks.sudo import sudo_form
from runbooks.templates import runs_code


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRules:
    """The part of the policy that runbooks are judged by.

    `triage_programs` are allowed beginnings of read-only commands ("systemctl status");
    `escalations` are the names that `escalate:` may use; `runbooks` maps the names of the
    catalogue to their parameter names; `sudo_forms` are the sudo commands that the hosts'
    sudoers allow, as `sudo.sudo_form` writes them, None = not checked.
    """

    triage_programs: tuple[str, ...] = ()
    dangerous_words: frozenset[str] = frozenset()
    escalations: frozenset[str] = frozenset()
    runbooks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sudo_forms: frozenset[str] | None = None


def lint(runbook: Runbook, inventory: Inventory, rules: LintRules) -> tuple[Fault, ...]:
    """Return every fault, in file order; empty = the runbook may be offered."""
    inspection = _Inspection(runbook, inventory, rules)
    return tuple(sorted(set(inspection.faults())))


class _Inspection:
    """One pass over one document."""

    def __init__(self, runbook: Runbook, inventory: Inventory, rules: LintRules) -> None:
        self._document = runbook.document
        self._runbook = runbook
        self._inventory = inventory
        self._rules = rules

    def faults(self) -> Iterator[Fault]:
        """Return the faults of every rule."""
        for site in sites(self._document):
            if site.line is not None:
                yield from self._command(site, site.line.literal)
        yield from self._escalations()
        yield from self._inventory_names()
        yield from self._probes()
        yield from self._fixes()
        yield from self._dry_runs()

    # --- commands ---

    def _command(self, site: Site, words: tuple[str, ...]) -> Iterator[Fault]:
        yield from self._placeholders(site, words)
        yield from self._wide_delete(site, words)
        yield from self._sudo(site, words)
        if site.role is Role.CHANGE:
            yield from self._change(site, words)
        else:
            yield from self._read_only(site, words)

    def _read_only(self, site: Site, words: tuple[str, ...]) -> Iterator[Fault]:
        bare = bare_command(words)
        if runs_code(words) is not None and PurePosixPath(bare[0]).name in _SHELLS:
            yield self._at(
                site, "a shell in a read-only command could do anything", "use plain commands"
            )
        if any(word.startswith((">", "<")) or word == "|" for word in words):
            yield self._at(
                site,
                "a read-only command redirects nothing",
                "let a fact read its output, or a program the file",
            )
        found = sorted(self._dangers(words))
        if found and not (site.role is Role.DRY_RUN and _REHEARSING & set(words)):
            yield self._at(
                site,
                f"{found[0]!r} is a dangerous word in a read-only command",
                "find a command that only looks, or make it a step of an action",
            )
        if site.role is not Role.DRY_RUN and not self._allowed(bare):
            shown = " ".join(bare[:2])
            yield self._at(
                site,
                f"`{shown}` is not among the read-only commands of the policy",
                nearest(shown, self._rules.triage_programs) or _MORE_PROGRAMS,
            )

    def _allowed(self, words: Sequence[str]) -> bool:
        name = (PurePosixPath(words[0]).name, *words[1:])
        return any(
            name[: len(allowed)] == allowed
            for allowed in (tuple(entry.split()) for entry in self._rules.triage_programs)
        )

    def _change(self, site: Site, words: tuple[str, ...]) -> Iterator[Fault]:
        tier = self._document.actions[site.action].tier
        found = sorted(self._dangers(words))
        if found and tier is not Tier.IRREVERSIBLE:
            yield self._at(
                site,
                f"{found[0]!r} is a dangerous word in a {tier.value} action",
                "make it irreversible with a checkpoint, or find a gentler command",
            )

    def _dangers(self, words: Sequence[str]) -> set[str]:
        return {
            PurePosixPath(part).name for word in words for part in (word, *_split(word))
        } & self._rules.dangerous_words

    def _placeholders(self, site: Site, words: Sequence[str]) -> Iterator[Fault]:
        for word in words:
            match = _UNFILLED.search(word)
            if match is not None:
                yield self._at(
                    site,
                    f"{match.group(0)!r} looks like a placeholder that nobody filled in",
                    "fill it in, or make it a parameter",
                )

    def _wide_delete(self, site: Site, words: Sequence[str]) -> Iterator[Fault]:
        for inner in (words, *(_split(word) for word in words if " " in word)):
            reason = wide_delete(bare_command(inner)) if inner else ""
            if reason:
                yield self._at(site, f"this deletes too widely: {reason}", _DELETE_LESS)

    def _sudo(self, site: Site, words: tuple[str, ...]) -> Iterator[Fault]:
        if PurePosixPath(words[0]).name != "sudo":
            return
        options = [w for w in words[1 : len(words) - len(bare_command(words))] if w != "--"]
        strange = [word for word in options if word not in {"-n", "--non-interactive"}]
        if strange:
            yield self._at(
                site, f"sudo may not be given {strange[0]!r}", "write `sudo program ...`"
            )
        program = PurePosixPath(bare_command(words)[0]).name
        if program in _SHELLS or program in {"su", "env", "vi", "vim", "less", "more"}:
            yield self._at(
                site,
                f"`sudo {program}` hands over the whole host",
                "allow the one program that the step needs",
            )
        allowed = self._rules.sudo_forms
        if allowed is not None and site.line is not None:
            form = sudo_form(self._document, site.line)
            if form not in allowed:
                yield self._at(
                    site,
                    f"the sudoers of the hosts do not allow `{form}`",
                    "see firewarden host prepare",
                )

    # --- references to the policy and the inventory ---

    def _escalations(self) -> Iterator[Fault]:
        for path, whom in self._whom():
            if whom and whom not in self._rules.escalations:
                yield self._runbook.source.at(path).fault(
                    f"{whom!r} resolves to nobody",
                    nearest(whom, self._rules.escalations)
                    or f"there are {listed(self._rules.escalations)}",
                )

    def _whom(self) -> Iterator[tuple[Path, str]]:
        document = self._document
        for number, rule in enumerate(document.decide):
            path: Path = ("decide", number)
            match rule:
                case Rule(escalate=str(whom)):
                    yield (*path, "escalate"), whom
                case Otherwise() if rule.otherwise.escalate:
                    yield (*path, "otherwise", "escalate"), rule.otherwise.escalate
                case _:
                    pass
        for name, action in document.actions.items():
            yield ("actions", name, "if-it-fails", "escalate"), action.if_it_fails.escalate
        for number, rung in enumerate(document.hypotheses):
            yield ("hypotheses", number, "escalate"), rung.escalate or ""
        if document.otherwise is not None:
            yield ("otherwise", "escalate"), document.otherwise.escalate

    def _inventory_names(self) -> Iterator[Fault]:
        source = self._runbook.source
        for name, parameter in self._document.parameters.items():
            known: Mapping[str, object] = {}
            if isinstance(parameter, HostParameter):
                known = self._inventory.hosts
            elif isinstance(parameter, ServiceParameter):
                known = self._inventory.services
            else:
                continue
            if parameter.default is not None and parameter.default not in known:
                yield source.at(("parameters", name, "default")).fault(
                    f"{parameter.default!r} is not in the inventory",
                    nearest(parameter.default, known) or f"there are {listed(known)}",
                )
        for path, place in self._places():
            yield from self._place(path, place)

    def _place(self, path: Path, place: Place) -> Iterator[Fault]:
        node = self._runbook.source.at(path)
        host, group = place.host, place.group
        if host is not None and not host.expressions and host.source not in self._inventory.hosts:
            yield node.fault(
                f"{host.source!r} is no host of the inventory",
                nearest(host.source, self._inventory.hosts)
                or f"there are {listed(self._inventory.hosts)}",
            )
        if group is not None and not self._inventory.in_group(group):
            groups = {g for entry in self._inventory.hosts.values() for g in entry.groups}
            yield node.fault(
                f"no host is in the group {group!r}",
                nearest(group, groups) or f"there are {listed(groups)}",
            )

    def _places(self) -> Iterator[tuple[Path, Place]]:
        document = self._document
        for name, look in document.triage.items():
            if look.on is not None:
                yield ("triage", name, "on"), look.on
        for name, action in document.actions.items():
            if action.on is not None:
                yield ("actions", name, "on"), action.on
            for number, step in enumerate(action.steps):
                place = getattr(step, "on", None)
                if isinstance(place, Place):
                    yield ("actions", name, "steps", number, "on"), place
        for number, rung in enumerate(document.hypotheses):
            if rung.check is not None and rung.check.on is not None:
                yield ("hypotheses", number, "check", "on"), rung.check.on

    def _probes(self) -> Iterator[Fault]:
        known = {entry.health_url for entry in self._inventory.services.values()}
        for name, action in self._document.actions.items():
            for number, check in enumerate(action.verify):
                if not isinstance(check, HttpCheck):
                    continue
                match check.http.pieces:
                    case (Expression(attributes=read),) if any(a == "health-url" for _, a in read):
                        continue
                    case (str(url),) if url in known:
                        continue
                yield self._runbook.source.at(("actions", name, "verify", number, "http")).fault(
                    "only addresses of the inventory are probed",
                    'write "{{ service.health-url }}"',
                )

    def _fixes(self) -> Iterator[Fault]:
        for number, rung in enumerate(self._document.hypotheses):
            if rung.fix is None:
                continue
            path: Path = ("hypotheses", number, "fix")
            known = self._rules.runbooks.get(rung.fix.runbook)
            if known is None:
                yield self._runbook.source.at((*path, "runbook")).fault(
                    f"there is no runbook {rung.fix.runbook!r}",
                    nearest(rung.fix.runbook, self._rules.runbooks)
                    or f"there are {listed(self._rules.runbooks)}",
                )
                continue
            for name in sorted(rung.fix.with_.keys() - known):
                yield self._runbook.source.at((*path, "with", name)).key_fault(
                    f"{rung.fix.runbook} has no parameter {name!r}",
                    nearest(name, known) or f"it has {listed(known)}",
                )

    def _dry_runs(self) -> Iterator[Fault]:
        declared = {site.action for site in sites(self._document) if site.role is Role.DRY_RUN}
        for site in sites(self._document):
            if site.role is not Role.CHANGE or site.line is None or site.action in declared:
                continue
            if ".undo." in ".".join(map(str, site.path)):
                continue
            words = bare_command(site.line.literal)
            form = DRY_RUNS.get(PurePosixPath(words[0]).name)
            if form is not None:
                yield self._at(site, f"{words[0]} can rehearse this: add `dry-run`", form)

    def _at(self, site: Site, message: str, hint: str) -> Fault:
        return self._runbook.source.at(site.path).fault(message, hint)


def bare_command(words: Sequence[str]) -> tuple[str, ...]:
    """Return the command without sudo, env, nice, timeout and their options in front of it."""
    rest = list(words)
    while rest and PurePosixPath(rest[0]).name in _WRAPPERS:
        name = PurePosixPath(rest.pop(0)).name
        while rest and (rest[0].startswith("-") or _ASSIGNMENT.match(rest[0])):
            rest.pop(0)
        if name == "timeout" and rest:
            rest.pop(0)
    return tuple(rest or words)


def wide_delete(words: Sequence[str]) -> str:
    """Say why a command deletes too widely, "" where it does not.

    Recursive deletes must name a literal path at least three levels deep; `find -delete` must
    start at least two levels deep and be narrowed by name, age or size.
    """
    program = PurePosixPath(words[0]).name
    paths = [word for word in words[1:] if not word.startswith("-")]
    if program == "rm":
        flags = "".join(word.lstrip("-") for word in words[1:] if re.match(r"-[A-Za-z]", word))
        recursive = "r" in flags.lower() or "--recursive" in words
        for path in paths:
            if "*" in path or "?" in path:
                return f"{path} is a pattern"
            if recursive and ("{}" in path or _depth(path) < _DEEP):
                return f"{path} is not a fixed directory three levels deep"
    if program == "find" and {"-delete", "-exec", "-execdir"} & set(words):
        if not paths or "{}" in paths[0] or _depth(paths[0]) < _DEEP - 1:
            return "find starts too high up"
        if not {"-name", "-iname", "-mtime", "-mmin", "-size"} & set(words):
            return "find is not narrowed by name, age or size"
    return ""


DRY_RUNS: Final[Mapping[str, str]] = {
    "kubectl": "kubectl ... --dry-run=client",
    "ansible-playbook": "ansible-playbook --check --diff",
    "terraform": "terraform plan",
    "helm": "helm ... --dry-run",
    "rsync": "rsync --dry-run --itemize-changes",
    "apt-get": "apt-get --simulate",
}
"""Programs that can say what they would do (spec: runbooks R1, `dry-run`).

kubectl: a dry run on the server takes the right to do it, which the observe login must not have.
"""

_DELETE_LESS: Final = "name each directory, or leave it to logrotate or systemd-tmpfiles"
_MORE_PROGRAMS: Final = "if it only reads: `more-triage-programs` in the policy"
_REHEARSING: Final = frozenset(
    {"--dry-run", "--dry-run=server", "--dry-run=client", "--check", "--simulate"}
)
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "busybox"})
_WRAPPERS: Final = frozenset({"sudo", "env", "nice", "ionice", "timeout", "command", "nohup"})
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_UNFILLED: Final = re.compile(r"<[a-z][a-z _-]*>|\bTODO\b|\bFIXME\b|\bCHANGE_?ME\b|\bXXX+\b")
_DEEP: Final = 3


def _depth(path: str) -> int:
    parts = PurePosixPath(path).parts
    return 0 if ".." in parts or not path.startswith("/") else len(parts) - 1


def _split(word: str) -> list[str]:
    """Split a word as a shell would, because `sh -c` takes whole lines."""
    try:
        return shlex.split(word)
    except ValueError:
        return word.split()
