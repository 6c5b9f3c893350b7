"""`firewarden freeze`: the emergency stop that needs no chat, no console and no sound policy."""

import argparse
from typing import Final

from bot.app.base import Base, load_current
from bot.cli.command import Configured, remark
from bot.cli.operator import operator, submit, with_journal
from bot.config import Settings, default_policy
from bot.domain.intents import Freeze
from bot.domain.system import EVERYTHING
from bot.errors import OperatorMistake, UserMistake
from bot.redaction import Redactor
from bot.usecases.current import Current
from bot.values import Untrusted

_USAGE: Final = "firewarden freeze [all | SERVICE] REASON..."


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Stop every state-changing step that has not begun, at once, also of a bot that runs "
        "now. Read-only commands go on. `firewarden unfreeze` lifts it."
    )
    parser.usage = _USAGE
    parser.add_argument("words", nargs="+", metavar="REASON", help="why, after the scope")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    words: list[str] = arguments.words

    async def freeze(base: Base) -> int:
        scope, reason = _split(base, words)
        if not reason:
            raise UserMistake("A freeze needs a reason.", usage=_USAGE)
        redacted = Redactor(settings.secrets()).redact(" ".join(reason))
        return await submit(base, Freeze(by=operator(), scope=scope, reason=Untrusted(redacted)))

    return with_journal(settings, freeze, current=_whatever_holds(settings))


def _whatever_holds(settings: Settings) -> Current:
    """Return the configuration, or where it is broken the default: it can stop everything too."""
    try:
        return load_current(settings)
    except OperatorMistake as mistake:
        remark(*(str(fault) for fault in mistake.faults))
        remark("The policy has faults, so only `freeze all` can be asked for.")
        return Current(policy=default_policy())


def _split(base: Base, words: list[str]) -> tuple[str, list[str]]:
    policy = base.current.policy
    services = {host.service for host in policy.hosts.values()} | set(policy.services)
    first = words[0]
    if first.casefold() in {"all", EVERYTHING}:
        return EVERYTHING, words[1:]
    return (first, words[1:]) if first in services else (EVERYTHING, words)
