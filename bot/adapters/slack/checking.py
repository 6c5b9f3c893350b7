"""What can be said of the access to Slack before it matters: tokens, scopes, people and groups."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bot.adapters.slack.accounts import PLATFORM
from bot.adapters.slack.directory import Directory
from bot.adapters.slack.groups import SlackGroups
from bot.adapters.slack.manifest import scopes_for
from bot.adapters.slack.people import SlackPeople
from bot.adapters.slack.team import Access
from bot.adapters.slack.web import SlackWeb
from bot.domain.policy import Policy, PolicyPerson
from bot.errors import Refused
from bot.ports import Clock, StandingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The workspace that let the bot in, and what the bot lacks there: scope and what it is for."""

    workspace: str
    missing: tuple[tuple[str, str], ...]
    lost: tuple[str, ...]
    """What the policy names and Slack does not know: user groups, accounts, addresses."""
    sockets: bool
    """Whether Socket Mode was tried, and works."""


async def granted(access: Access, *, policy: Policy, clock: Clock) -> Granted:
    """Ask Slack who we are there; raises Refused and Unavailable as the Web API does."""
    web = SlackWeb.open(token=access.bot_token, base_url=access.api_url, clock=clock)
    try:
        workspace, scopes = await web.granted()
        missing = tuple((s, why) for s, why in scopes_for(policy).items() if s not in scopes)
        lost = () if missing else tuple([one async for one in _lost(web, policy, clock)])
    finally:
        await web.close()
    if access.app_token:
        sockets = SlackWeb.open(token=access.app_token, base_url=access.api_url, clock=clock)
        try:
            await sockets.ask("apps.connections.open")
        finally:
            await sockets.close()
    return Granted(workspace=workspace, missing=missing, lost=lost, sockets=bool(access.app_token))


async def _lost(web: SlackWeb, policy: Policy, clock: Clock) -> AsyncIterator[str]:
    """Yield what the policy names and nobody in Slack stands behind, each in words."""
    groups = SlackGroups(web=web, clock=clock)
    for name, of in policy.slack_groups.items():
        for group in of:
            try:
                await groups.members(group)
            except Refused as refused:
                yield f"the group {name} has the members of {group}: {refused}"
    people, directory = SlackPeople(web=web, clock=clock), Directory(web=web, clock=clock)
    for person in policy.people.values():
        async for fault in _unlinked(person, policy, people, directory):
            yield f"{person.id} {fault}"


async def _unlinked(
    person: PolicyPerson, policy: Policy, people: SlackPeople, directory: Directory
) -> AsyncIterator[str]:
    accounts = [account for platform, account in person.accounts if platform == PLATFORM]
    for account in accounts:
        kind = (await people.standing(PLATFORM, account)).kind
        if kind is not StandingKind.ACTIVE:
            yield f"has the account {account}, which is {kind}"
    by_email = person.email and PLATFORM in policy.link_by_email and not accounts
    if by_email and not await directory.user(person.email):
        yield f"has the address {person.email}, which no full member has confirmed"
