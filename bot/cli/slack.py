"""`firewarden slack manifest`: what to paste where a Slack app is made."""

import argparse

from bot.adapters.slack.manifest import manifest
from bot.cli.command import OK, Configured, say
from bot.usecases.commands import CommandNames


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = "Print what Slack needs to know of the bot, each scope with its reason."
    parts = parser.add_subparsers(required=True, metavar="PART")
    printed = parts.add_parser("manifest", help="print the app manifest (YAML)")
    printed.add_argument(
        "--url",
        default="",
        metavar="https://HOST",
        help="where Slack reaches the bot over HTTP; without it, Socket Mode",
    )
    printed.add_argument("--name", default="Firewarden", help="what the app is called")
    printed.set_defaults(run=_manifest)


def _manifest(arguments: argparse.Namespace, _: Configured) -> int:
    names = CommandNames()
    text = manifest(
        address=arguments.url, name=arguments.name, incident=names.incident, runbook=names.runbook
    )
    say(text.rstrip("\n"))
    return OK
