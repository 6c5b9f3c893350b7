"""The part of the check that asks Telegram: rights in its chats, people, and the webhook."""

from bot.adapters.clock import SystemClock
from bot.app.chats import telegram_access
from bot.cli.findings import Finding, fault, fine, note
from bot.config import Settings
from bot.domain.policy import Policy
from bot.errors import FirewardenError, OperatorMistake


async def telegram_findings(settings: Settings, policy: Policy) -> list[Finding]:
    """Look at everything that the bot needs in Telegram; nothing is posted."""
    try:
        access = telegram_access(settings)
    except OperatorMistake as mistake:
        return [fault(str(one)) for one in mistake.faults]
    if access is None:
        return []
    # As in `bot.app`: only who uses Telegram pays for its library.
    from bot.adapters.telegram.checking import looked_at  # noqa: PLC0415

    channels = [policy.announcement_channel]
    channels += [audience.channel for audience in policy.audiences.values()]
    try:
        found = await looked_at(
            access, people=_people(policy), channels=channels, clock=SystemClock()
        )
    except FirewardenError as error:
        return [fault(f"Telegram: {error}")]
    told = [fault(f"Telegram: {words}") for words in found.faults]
    told = told or [fine(f"Telegram: {found.bot}, heard over {found.heard}")]
    return [*told, *(note(f"Telegram: {words}") for words in found.notes)]


def _people(policy: Policy) -> dict[str, int]:
    """Return the Telegram users of the policy's people, by their names."""
    return {
        person.name: int(account)
        for person in policy.people.values()
        for platform, account in person.accounts
        if platform == "telegram" and account.isdigit()
    }
