"""`firewarden seat`: who may sit at the console, their sign-in links and API tokens.

Secrets go to standard output alone, once; they are kept as hashes and never logged.
"""

import argparse

from bot.adapters.files import read_note
from bot.app.base import Base
from bot.app.service import SEATS
from bot.cli.command import OK, Configured, remark, say
from bot.cli.operator import with_journal
from bot.domain.policy import Group
from bot.errors import UserMistake
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from cards.plaintext import visible_line


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Seats of the console. A seat belongs to one person; its tokens act for that person."
    )
    verbs = parser.add_subparsers(required=True, metavar="add | link | list | revoke")
    _add_arguments(verbs.add_parser("add", help="make a seat and print an API token for it"))
    _one_seat(verbs.add_parser("link", help="print a sign-in link, valid once")).set_defaults(
        run=_link
    )
    verbs.add_parser("list", help="list the seats").set_defaults(run=_list)
    _one_seat(
        verbs.add_parser("revoke", help="void a seat with its links and tokens")
    ).set_defaults(run=_revoke)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    _one_seat(parser)
    parser.add_argument("--person", help="id of the person in the policy; default: NAME")
    parser.add_argument(
        "--groups",
        metavar="GROUP,...",
        help="groups beside those of the policy; default: none, and without a policy "
        f"{','.join(_USUAL)}",
    )
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in TokenKind],
        help="what the token may do: read; operate (ask, never answer); answer (decide, too: "
        "practice cards, and others where the policy names the seat). "
        "Default: operate, and answer without a policy",
    )
    parser.set_defaults(run=_add)


_USUAL = tuple(str(group) for group in SEATS[0][1])


def _one_seat(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and hyphens")
    return parser


def _add(arguments: argparse.Namespace, configured: Configured) -> int:
    settings, name = configured(), str(arguments.name)
    embedded = settings.policy is None
    groups = _groups(arguments.groups, usual=_USUAL if embedded else ())
    usual = TokenKind.ANSWER if embedded else TokenKind.OPERATE
    kind = TokenKind(arguments.kind) if arguments.kind else usual

    async def add(base: Base) -> int:
        person = PersonId(arguments.person or name)
        seat = await base.seats.add(name, person, groups)
        remark(f"Seat {seat.name} belongs to {visible_line(person)}.")
        token = await base.seats.make_token(name, kind)
        remark(f"Its API token ({kind}), shown this once:")
        say(token)
        return OK

    return with_journal(settings, add, make=True)


def _link(arguments: argparse.Namespace, configured: Configured) -> int:
    settings, name = configured(), str(arguments.name)

    async def link(base: Base) -> int:
        secret = await base.seats.make_link(name)
        # A bot that found its port busy has moved, and written down where to.
        listens = read_note(base.folder / "console.address") or str(settings.listen)
        scheme = "https" if settings.encrypts else "http"
        own, public = f"{scheme}://{listens}", str(settings.public_url or "").rstrip("/")
        # Where a proxy signs people in, a link is for the night in which it is down.
        address = own if settings.identity_header else public or own
        remark(f"Opens the seat {name} once, within a day:")
        say(f"{address}/sign-in/{secret}")
        return OK

    return with_journal(settings, link)


def _list(_: argparse.Namespace, configured: Configured) -> int:
    async def list_(base: Base) -> int:
        seats = await base.seats.all()
        for seat in seats:
            say(f"{seat.name:<20} {visible_line(seat.person):<20} {' '.join(seat.groups)}".rstrip())
        if not seats:
            remark("There are no seats yet: `firewarden seat add NAME`.")
        return OK

    return with_journal(configured(), list_)


def _revoke(arguments: argparse.Namespace, configured: Configured) -> int:
    name = str(arguments.name)

    async def revoke(base: Base) -> int:
        await base.seats.revoke(name)
        say(f"The seat {name} is void, and so are its link and tokens.")
        return OK

    return with_journal(configured(), revoke)


def _groups(words: str | None, usual: tuple[str, ...]) -> tuple[str, ...]:
    if words is None:
        return usual
    groups = tuple(words.replace(",", " ").split())
    unknown = sorted(set(groups) - {str(group) for group in Group})
    if unknown:
        known = ", ".join(str(group) for group in Group)
        raise UserMistake(f"There is no group {', '.join(unknown)} (known: {known}).")
    return groups
