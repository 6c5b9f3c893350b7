"""The chats beside the console, opened where the settings give access to them."""

from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.app.base import Base
from bot.config import Settings
from cards.naming import CommandNames

if TYPE_CHECKING:
    from bot.adapters.slack.team import Access, SlackTeam
    from bot.adapters.telegram.team import Access as TelegramAccess
    from bot.adapters.telegram.team import TelegramTeam


def command_names(settings: Settings) -> CommandNames:
    """Return what the two commands are called here."""
    return CommandNames(incident=settings.incident_command, runbook=settings.runbook_command)


def slack_access(settings: Settings) -> "Access | None":
    """Return what the settings open of Slack, None where they name no bot."""
    if settings.slack_bot_token is None:
        return None
    # The library costs time and memory that an installation without Slack does not pay.
    from bot.adapters.slack.team import Access  # noqa: PLC0415

    return Access(
        api_url=str(settings.slack_api_url),
        bot_token=settings.slack_bot_token.get_secret_value(),
        signing_secret=_secret(settings.slack_signing_secret),
        app_token=_secret(settings.slack_app_token),
    )


def slack_team(base: Base) -> "SlackTeam | None":
    """Return the Slack workspace that the settings give access to."""
    access = slack_access(base.settings)
    if access is None:
        return None
    from bot.adapters.slack.team import SlackTeam  # noqa: PLC0415 - as above

    return SlackTeam.open(access, policy=lambda: base.current.policy, clock=base.clock)


def telegram_access(settings: Settings) -> "TelegramAccess | None":
    """Return what the settings open of Telegram, None where they name no bot.

    Raises OperatorMistake with every fault.
    """
    if settings.telegram_bot_token is None:
        return None
    from bot.adapters.telegram.access import access  # noqa: PLC0415 - as above

    return access(
        api_url=str(settings.telegram_api_url),
        token=settings.telegram_bot_token.get_secret_value(),
        group=settings.telegram_group,
        channels=settings.telegram_channels or "",
        webhook_url=str(settings.telegram_webhook_url or ""),
        webhook_secret=_secret(settings.telegram_webhook_secret),
    )


def telegram_team(base: Base) -> "TelegramTeam | None":
    """Return the Telegram group that the settings give access to."""
    access = telegram_access(base.settings)
    if access is None:
        return None
    from bot.adapters.telegram.team import TelegramTeam  # noqa: PLC0415 - as above

    return TelegramTeam.open(
        access,
        folder=base.folder,
        policy=lambda: base.current.policy,
        linked=base.links,
        clock=base.clock,
    )


def _secret(configured: SecretStr | None) -> str:
    return "" if configured is None else configured.get_secret_value()
