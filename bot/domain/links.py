"""A person's accounts, decided and folded: proved with a one-time code, and given up again.

A stream of kind `account` is one person. Whoever is known on one platform gets a code; whoever
shows it on another one from an account of nobody's is that person from then on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, TypeAlias

from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.events import Envelope
from bot.domain.intents import Intent
from bot.domain.permissions import Verb, allowed
from bot.domain.person import AccountLinked, AccountUnlinked, LinkCodeMade
from bot.domain.policy import Policy
from bot.values import PersonId

LASTS: Final = timedelta(minutes=10)
"""How long a code may wait to be shown."""
_MOST: Final = 5
_WITHIN: Final = timedelta(minutes=10)
"""So many codes may one person get in this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """A person's accounts as they stand, and the one code that counts: the newest.

    `made` are the moments of the last codes; `accounts` are platform and account.
    """

    person: PersonId
    code_hash: str = ""
    expires_at: datetime | None = None
    made: tuple[datetime, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCode(Intent):
    """Get a code, which voids the one before."""

    VERB: ClassVar[Verb] = Verb.LINK
    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCode(Intent):
    """Show a code: the account that shows it is the person's from now on."""

    VERB: ClassVar[Verb] = Verb.LINK
    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink(Intent):
    """Give every linked account up."""

    VERB: ClassVar[Verb] = Verb.LINK


LinkIntent: TypeAlias = MakeCode | UseCode | Unlink


def evolve(links: Links, envelope: Envelope) -> Links:
    """Fold one event."""
    match envelope.event:
        case LinkCodeMade(code_hash=code_hash, expires_at=expires_at):
            made = (*links.made, envelope.at)[-_MOST:]
            return replace(links, code_hash=code_hash, expires_at=expires_at, made=made)
        case AccountLinked(platform=platform, account=account):
            accounts = (*links.accounts, (platform, account))
            return replace(links, code_hash="", expires_at=None, accounts=accounts)
        case AccountUnlinked(platform=platform, account=account):
            left = tuple(one for one in links.accounts if one != (platform, account))
            return replace(links, accounts=left)
        case _:
            return links


def decide(policy: Policy, links: Links, intent: LinkIntent, now: datetime) -> Decision:
    """Say what an intent leads to."""
    why_not = allowed(intent.by, intent.VERB)
    if why_not:
        return Refusal(reason=f"You may not do this: {why_not}.")
    match intent:
        case MakeCode():
            return _make(policy, links, intent, now)
        case UseCode():
            return _use(policy, links, intent, now)
        case Unlink():
            return _unlink(links, intent)


def _make(policy: Policy, links: Links, intent: MakeCode, now: datetime) -> Decision:
    # Under an open door everybody passes for linked; a code still has to come from somebody.
    if not intent.by.linked or intent.by.person != links.person or _is_account(links.person):
        return Refusal(
            reason="Nobody knows yet who this account is: get the code where you are known, at "
            "the console or in a chat that is linked already."
        )
    if not policy.open_door and links.person not in policy.people:
        return Refusal(reason="The policy does not name you: ask whoever keeps it.")
    if len(links.made) >= _MOST and now < links.made[0] + _WITHIN:
        return Refusal(reason="You got several codes just now: try again in ten minutes.")
    made = LinkCodeMade(person=links.person, code_hash=intent.code_hash, expires_at=now + LASTS)
    # The answer is kept with the request; the code itself is said once and kept nowhere.
    return Decided(events=(made,), answer="A code was made, and shown once: ask for a new one.")


def _use(policy: Policy, links: Links, intent: UseCode, now: datetime) -> Decision:
    fresh = links.expires_at is not None and now < links.expires_at
    if not intent.code_hash or links.code_hash != intent.code_hash or not fresh:
        return Refusal(reason=NO_SUCH_CODE, hidden=True)
    account = (intent.by.platform, intent.by.account)
    if any(account in person.accounts for person in policy.people.values()):
        return Refusal(reason="The policy says already whose account this is.")
    if account in links.accounts:
        return Refusal(reason="This account is linked to you already.")
    linked = AccountLinked(person=links.person, platform=account[0], account=account[1])
    known = policy.people.get(links.person)
    name = known.name if known is not None else links.person
    return Decided(events=(linked,), answer=f"Linked: this account is {name} from now on.")


def _unlink(links: Links, intent: Unlink) -> Decision:
    if intent.by.person != links.person or not links.accounts:
        return Refusal(reason="No account is linked to you with a code.")
    events = tuple(
        AccountUnlinked(person=links.person, platform=platform, account=account)
        for platform, account in links.accounts
    )
    return Decided(events=events, answer="Unlinked: your linked accounts are nobody's now.")


def _is_account(person: PersonId) -> bool:
    """Whether this is no person but an account that nobody knows (`telegram:42`)."""
    return ":" in person


NO_SUCH_CODE: Final = "There is no such code, or it was used, or it is older than ten minutes."
