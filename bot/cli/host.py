"""`firewarden host`: what a host needs before Firewarden may work on it, and whether it has it."""

import argparse
import shlex
from pathlib import Path

from bot.adapters.files import read_catalogue, team_files
from bot.adapters.ssh.executor import ParamikoExecutor
from bot.adapters.ssh.limits import Limits
from bot.adapters.ssh.preparation import prepare
from bot.adapters.ssh.public import public_key_line
from bot.app.base import load_current
from bot.cli.command import FAILED, OK, Configured, remark, run_until_done, say
from bot.cli.sudo import Needed, needed
from bot.config import Settings
from bot.domain.policy import Policy
from bot.errors import UserMistake
from bot.redaction import Redactor
from bot.usecases.catalogue import read_runbooks
from bot.values import Host, HostName


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    verbs = parser.add_subparsers(required=True, metavar="prepare | check")
    preparing = verbs.add_parser(
        "prepare",
        help="print a script for review: receipts, logins, a minimal sudoers file",
        description="Print a shell script that prepares a host of the policy. It installs the "
        "receipt wrapper, the authorized_keys of both logins and a sudoers file with exactly the "
        "commands of the runbooks. Nothing is changed from here: read it, then run it there.",
    )
    preparing.add_argument("host", metavar="HOST", help="a name of the policy's inventory")
    preparing.add_argument(
        "--from",
        dest="addresses",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="where Firewarden logs in from; repeat it for several",
    )
    preparing.add_argument(
        "--runbook",
        dest="runbooks",
        action="append",
        default=[],
        metavar="NAME",
        help="only what this one needs; repeat it for several; default: the whole catalogue",
    )
    preparing.set_defaults(run=_prepare)
    checking = verbs.add_parser("check", help="log in with both logins and try the receipts")
    checking.add_argument("host", metavar="HOST", help="a name of the policy's inventory")
    checking.set_defaults(run=_check)


def _prepare(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    policy = load_current(settings).policy
    host = _host(policy, arguments.host)
    commands = _commands(settings, host, arguments.runbooks)
    prepared = prepare(
        host,
        observe_key=public_key_line(Path(host.observe_key_file)),
        change_key=public_key_line(Path(host.change_key_file)),
        sudo=commands.exact,
        from_addresses=tuple(arguments.addresses),
    )
    say(prepared.script().rstrip("\n"))
    if commands.open:
        say(
            "",
            "# Not in the sudoers file, because only a run knows their words; add what you want:",
        )
        say(*(f"#   {form}" for form in commands.open))
    return OK


def _check(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    host = _host(load_current(settings).policy, arguments.host)
    return run_until_done(_checked(settings, host))


async def _checked(settings: Settings, host: Host) -> int:
    executor = ParamikoExecutor(redactor=Redactor(settings.secrets()), limits=SHORT)
    try:
        checks = await executor.preflight(host)
    finally:
        await executor.close()
    for check in checks:
        say(f"{'PASS' if check.passed else 'FAIL'}  {check.name}  {check.detail}".rstrip())
    return OK if all(check.passed for check in checks) else FAILED


SHORT = Limits(connect=3.0, banner=3.0, handshake=5.0, auth=5.0, channel=5.0, grace=5.0)
"""Somebody waits at a terminal: a host that answers at all answers within these seconds."""


def _commands(settings: Settings, host: Host, wanted: list[str]) -> Needed:
    documents = read_catalogue(settings.runbooks)
    unknown = sorted(set(wanted) - set(documents))
    if unknown:
        raise UserMistake(f"There is no runbook {', '.join(unknown)}.")
    chosen = {name: text for name, text in documents.items() if not wanted or name in wanted}
    catalogue = read_runbooks(chosen, team_files(settings.runbooks), None)
    for faults in catalogue.faults.values():
        remark(*(str(fault) for fault in faults))
    found = needed(catalogue.runbooks.values(), host)
    for argv in found.exact:
        remark(f"allows: sudo {shlex.join(argv)}")
    return found


def _host(policy: Policy, name: str) -> Host:
    host = policy.hosts.get(HostName(name))
    if host is None:
        known = ", ".join(sorted(policy.hosts)) or "none: they stand in the policy file"
        raise UserMistake(f"There is no host {name} (known: {known}).")
    return host
