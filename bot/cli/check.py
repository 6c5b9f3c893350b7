"""`firewarden check`: every fault of settings, policy, runbooks, machine and hosts at once."""

import argparse

from bot.cli.command import MISTAKE, OK, Configured, run_until_done, say
from bot.cli.configuration_check import policy_findings, runbook_findings, text_findings
from bot.cli.findings import Finding, Level, counted, fine, judged
from bot.cli.installation_check import host_findings, installation_findings
from bot.cli.sign_in_check import sign_in_findings
from bot.cli.slack_check import slack_findings
from bot.cli.telegram_check import telegram_findings
from bot.config import Settings
from bot.errors import OperatorMistake


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Tell every fault at once, with file and line, and what is fine. Changes nothing. The "
        "exit status is 0 where there is no fault, else 2."
    )
    parser.add_argument(
        "--offline", action="store_true", help="log in to no host and no chat, ask no issuer"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    try:
        settings = configured()
    except OperatorMistake as mistake:
        return _told(judged(mistake.faults, ""))
    found = [fine(f"settings: listens on {settings.listen}, alerts on {settings.ingest}")]
    return run_until_done(_checked(settings, found, offline=bool(arguments.offline)))


async def _checked(settings: Settings, found: list[Finding], *, offline: bool) -> int:
    policy, of_policy = policy_findings(settings)
    found += of_policy
    found += runbook_findings(settings, policy)
    found += text_findings(settings)
    found += await sign_in_findings(settings, policy, offline=offline)
    found += await installation_findings(settings, policy)
    if policy is not None and not offline:
        found += await host_findings(settings, policy)
    if not offline:
        found += await slack_findings(settings, policy)
    if policy is not None and not offline:
        found += await telegram_findings(settings, policy)
    return _told(found)


def _told(found: list[Finding]) -> int:
    faults = sum(finding.level is Level.FAULT for finding in found)
    say(*(str(finding) for finding in found), "")
    say(
        "Everything is in order."
        if not faults
        else f"{counted(faults, 'fault')}: mend, then check again."
    )
    return MISTAKE if faults else OK
