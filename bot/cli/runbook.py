"""`firewarden runbook`: write a runbook and know that it is right before anybody needs it."""

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.adapters.files import read_cases, read_catalogue, team_files
from bot.app.base import Base, load_current
from bot.cli.command import FAILED, MISTAKE, OK, Configured, remark, say
from bot.cli.configuration_check import policy_findings
from bot.cli.findings import counted
from bot.cli.operator import looking, with_journal
from bot.config import Settings
from bot.domain.policy import Policy
from bot.domain.run.planning import inventory
from bot.errors import UserMistake
from bot.usecases.catalogue import read_runbooks
from cards.plaintext import visible_line
from runbooks.inventory import HostEntry, Inventory
from runbooks.loader import Runbook, load
from runbooks.overview import plan
from runbooks.parameters import Bindings, bind
from runbooks.replay import check_cases, read_fixtures, record, untested

PRACTICE_NAME, PRACTICE_SERVICE = "practice-1", "checkout"
"""What the practice host of the embedded default is called, and what it plays."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Runbooks by name (those that ship and those of FIREWARDEN_RUNBOOKS), or by file."
    )
    verbs = parser.add_subparsers(required=True, metavar="lint | show | plan | test | record")
    linting = verbs.add_parser("lint", help="tell every fault, with line and column")
    linting.add_argument("runbooks", nargs="*", metavar="NAME|FILE", help="default: all of them")
    linting.set_defaults(run=_lint)
    showing = verbs.add_parser("show", help="print one, with its parameters and content hash")
    showing.add_argument("runbook", metavar="NAME|FILE")
    showing.set_defaults(run=_show)
    planning = verbs.add_parser(
        "plan", help="print every command that any path could run, running nothing"
    )
    planning.add_argument("runbook", metavar="NAME|FILE")
    planning.add_argument("arguments", nargs="*", metavar="PARAMETER=VALUE")
    planning.set_defaults(run=_plan)
    testing = verbs.add_parser("test", help="play recorded cases through the planner")
    testing.add_argument("runbook", metavar="NAME|FILE")
    testing.add_argument("--cases", type=Path, metavar="FILE", help="default: those beside it")
    testing.set_defaults(run=_test)
    recording = verbs.add_parser("record", help="print what a run recorded, as a test case")
    recording.add_argument("incident", metavar="INCIDENT", help="as INC-2026-1121-001")
    recording.add_argument("runbook", nargs="?", metavar="NAME", help="default: its last run")
    recording.set_defaults(run=_record)


def _lint(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    policy, of_policy = policy_findings(settings)
    if policy is None:
        remark(*(str(finding) for finding in of_policy))
        return MISTAKE
    wanted: list[str] = arguments.runbooks
    documents, files = _documents(settings, wanted)
    found = read_runbooks(documents, files, policy)
    names = [_name(word) for word in wanted] or sorted(documents)
    faults = [fault for name in names for fault in found.faults[name]]
    say(*(str(fault) for fault in faults))
    remark(f"{counted(len(names), 'runbook')}, {counted(len(faults), 'fault')}")
    return MISTAKE if faults else OK


def _show(arguments: argparse.Namespace, configured: Configured) -> int:
    runbook = _one(configured(), arguments.runbook)
    say(
        f"{runbook.name}: {runbook.title}",
        f"owner {runbook.owner}, from {runbook.file}, SHA-256 {runbook.content_hash}",
        "",
        runbook.text.rstrip("\n"),
    )
    return OK


def _plan(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    runbook = _one(settings, arguments.runbook)
    known = _inventory(settings, load_current(settings).policy)
    for command in plan(runbook, _bound(runbook, arguments.arguments, known), known):
        kind = "CHANGES" if command.changes else "reads"
        seconds = f"{command.timeout.total_seconds():g} s"
        say(f"{kind:<8}{command.host:<16}{command.path:<28}{shlex.join(command.argv)}  ({seconds})")
    return OK


def _test(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    runbook = _one(settings, arguments.runbook)
    file, text = read_cases(runbook.name, Path(runbook.file), arguments.cases)
    fixtures = read_fixtures(text, file)
    faults = check_cases(runbook, fixtures)
    say(*(str(fault) for fault in faults))
    missed = untested(runbook, fixtures) if not faults else ()
    remark(*(f"no case takes: {branch}" for branch in missed))
    cases = counted(len(fixtures.recording.cases), "case")
    remark(f"{runbook.name}: {cases}, {counted(len(faults), 'fault')}")
    return FAILED if faults else OK


def _record(arguments: argparse.Namespace, configured: Configured) -> int:
    wanted: str | None = arguments.runbook

    async def record_(base: Base) -> int:
        reading, viewer = looking(base)
        summary = await reading.incident(viewer, arguments.incident)
        runs = (await base.incidents.state(summary.id)).runs.values() if summary else ()
        fitting = [run for run in runs if wanted in {None, run.started.runbook}]
        if summary is None or not fitting:
            remark(f"There is no such run in {visible_line(arguments.incident)}.")
            return FAILED
        run = max(fitting, key=lambda run: run.at)
        runbook = load(run.document, f"{run.started.runbook}.yaml")
        bindings = Bindings.from_json(json.loads(run.started.bindings))
        known = _inventory(base.settings, base.current.policy)
        # The end of a run gives its reservation back; before that it had one, or ran nothing.
        progress = replace(run.progress, reserved=run.progress.reserved or run.ended is not None)
        case = record(runbook, bindings, progress, known, pace=run.started.pace)
        say(case.rstrip("\n"))
        return OK

    return with_journal(configured(), record_)


def _documents(
    settings: Settings, wanted: Sequence[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the catalogue with the files that were named in it, and where each comes from."""
    documents = dict(read_catalogue(settings.runbooks))
    files = dict(team_files(settings.runbooks))
    for word in wanted:
        if _is_file(word):
            documents[_name(word)] = _text(Path(word))
            files[_name(word)] = word
        elif word not in documents:
            raise UserMistake(_no_such(word, documents))
    return documents, files


def _one(settings: Settings, word: str) -> Runbook:
    documents, files = _documents(settings, [word])
    name = _name(word)
    return load(documents[name], files.get(name, f"{name}.yaml"))


def _bound(runbook: Runbook, words: Sequence[str], known: Inventory) -> Bindings:
    pairs = [word.partition("=") for word in words]
    wrong = [word for word, (_, equals, _) in zip(words, pairs, strict=True) if not equals]
    if wrong:
        raise UserMistake(f"Write PARAMETER=VALUE, not {', '.join(wrong)}.")
    return bind(runbook, {name: value for name, _, value in pairs}, {}, known)


def _inventory(settings: Settings, policy: Policy) -> Inventory:
    """Return what runbooks know; the embedded default's practice host although it may not run."""
    known = inventory(policy, practice_only=False)
    if settings.policy is not None:
        return known
    entry = HostEntry(name=PRACTICE_NAME, service=PRACTICE_SERVICE, groups=("practice",))
    return replace(known, hosts={**known.hosts, PRACTICE_NAME: entry})


def _is_file(word: str) -> bool:
    return "/" in word or word.endswith(".yaml")


def _name(word: str) -> str:
    return Path(word).stem if _is_file(word) else word


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{path} cannot be read: {error}") from error


def _no_such(word: str, documents: Mapping[str, str]) -> str:
    known = ", ".join(sorted(documents))
    return f"There is no runbook {word} (known: {known}); a file's name ends in .yaml."
