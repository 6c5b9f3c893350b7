"""The part of the check that asks Slack: tokens, scopes, and what breaks without each."""

from bot.adapters.clock import SystemClock
from bot.app.chats import slack_access
from bot.cli.findings import Finding, fault, fine
from bot.config import Settings, default_policy
from bot.domain.policy import Policy
from bot.errors import FirewardenError


async def slack_findings(settings: Settings, policy: Policy | None = None) -> list[Finding]:
    """Try every way to Slack that is configured; nothing is posted.

    `policy` None: it has faults, so only what every policy needs is looked for.
    """
    access = slack_access(settings)
    if access is None:
        return []
    # As in `bot.app`: only who uses Slack pays for its library.
    from bot.adapters.slack.checking import granted  # noqa: PLC0415

    try:
        found = await granted(access, policy=policy or default_policy(), clock=SystemClock())
    except FirewardenError as error:
        return [fault(str(error))]
    ways = ["Socket Mode"] * found.sockets + ["signed HTTP"] * bool(access.signing_secret)
    lacks = [
        fault(f"Slack: without the scope {scope} the bot does not do this: it {why}")
        for scope, why in found.missing
    ]
    lacks += [fault(f"Slack: {lost}") for lost in found.lost]
    return lacks or [fine(f"Slack: {found.workspace}, heard over {' and '.join(ways)}")]
