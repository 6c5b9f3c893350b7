"""What can be said of the access to Slack before it matters: tokens, and missing scopes."""

from dataclasses import dataclass

from bot.adapters.slack.manifest import scopes_for
from bot.adapters.slack.team import Access
from bot.adapters.slack.web import SlackWeb
from bot.domain.policy import Policy
from bot.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The workspace that let the bot in, and what the bot lacks there: scope and what it is for."""

    workspace: str
    missing: tuple[tuple[str, str], ...]
    sockets: bool
    """Whether Socket Mode was tried, and works."""


async def granted(access: Access, *, policy: Policy, clock: Clock) -> Granted:
    """Ask Slack who we are there; raises Refused and Unavailable as the Web API does."""
    web = SlackWeb.open(token=access.bot_token, base_url=access.api_url, clock=clock)
    try:
        workspace, scopes = await web.granted()
    finally:
        await web.close()
    if access.app_token:
        sockets = SlackWeb.open(token=access.app_token, base_url=access.api_url, clock=clock)
        try:
            await sockets.ask("apps.connections.open")
        finally:
            await sockets.close()
    missing = tuple(
        (scope, why) for scope, why in scopes_for(policy).items() if scope not in scopes
    )
    return Granted(workspace=workspace, missing=missing, sockets=bool(access.app_token))
