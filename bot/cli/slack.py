"""`firewarden slack manifest`: what to paste where a Slack app is made."""

import argparse

from bot.adapters.slack.manifest import manifest, scopes_for
from bot.app.chats import command_names
from bot.app.foundation import read_policy
from bot.cli.command import OK, Configured, say
from bot.config import default_policy


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = "Print what Slack needs to know of the bot, each scope with its reason."
    parts = parser.add_subparsers(required=True, metavar="manifest ...")
    printed = parts.add_parser("manifest", help="print the app manifest (YAML)")
    printed.add_argument(
        "--url",
        default="",
        metavar="https://HOST",
        help="where Slack reaches the bot over HTTP; without it, Socket Mode",
    )
    printed.add_argument("--name", default="Firewarden", help="what the app is called")
    printed.set_defaults(run=_manifest)


def _manifest(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    names = command_names(settings)
    # A policy with faults still wants an app: `check` names them, and what its scopes lack.
    policy, _ = read_policy(settings)
    text = manifest(
        address=arguments.url,
        name=arguments.name,
        incident=names.incident,
        runbook=names.runbook,
        scopes=scopes_for(policy or default_policy()),
    )
    say(text.rstrip("\n"))
    return OK
