"""What the settings say of Telegram, judged all at once."""

from typing import Final
from urllib.parse import urlsplit

from bot.adapters.telegram.starting import Webhook
from bot.adapters.telegram.team import Access
from bot.adapters.telegram.webhook import PATH, SECRET
from bot.errors import Fault, OperatorMistake

_PORTS: Final = frozenset({443, 80, 88, 8443})
"""https://core.telegram.org/bots/webhooks: the ports that Telegram calls."""
_OFFICIAL: Final = "api.telegram.org"


def access(
    *,
    api_url: str,
    token: str,
    group: int | None,
    channels: str,
    webhook_url: str = "",
    webhook_secret: str = "",
) -> Access:
    """Read what the settings say; raises OperatorMistake with every fault."""
    faults: list[Fault] = []
    if not token.partition(":")[0].isdecimal():
        faults.append(_fault("TELEGRAM_BOT_TOKEN is not <number>:<secret>", "copy it whole"))
    if group is None:
        faults.append(_fault("TELEGRAM_GROUP is missing", "write the id of the team's group"))
    if webhook_url:
        faults += _webhook_faults(webhook_url, webhook_secret, api_url)
    named, unread = _channels(channels)
    faults += unread
    if faults or group is None:
        raise OperatorMistake(faults)
    hook = Webhook(url=webhook_url, secret=webhook_secret) if webhook_url else None
    return Access(api_url=api_url, token=token, group=group, channels=named, webhook=hook)


def _channels(text: str) -> tuple[dict[str, int], list[Fault]]:
    named: dict[str, int] = {}
    faults: list[Fault] = []
    for pair in filter(None, text.split(",")):
        name, _, ident = pair.strip().partition("=")
        if not name or not ident.removeprefix("-").isdecimal():
            hint = "write name=-100123, with commas between"
            faults.append(_fault(f"TELEGRAM_CHANNELS: {pair!r}", hint))
        else:
            named[name] = int(ident)
    return named, faults


def _webhook_faults(url: str, secret: str, api_url: str) -> list[Fault]:
    parts, faults = urlsplit(url), []
    if not parts.path.endswith(PATH):
        faults.append(
            _fault(f"TELEGRAM_WEBHOOK_URL does not end with {PATH}", f"write https://host{PATH}")
        )
    official = urlsplit(api_url).hostname == _OFFICIAL
    if official and (parts.scheme != "https" or (parts.port or 443) not in _PORTS):
        faults.append(
            _fault(
                "Telegram calls TELEGRAM_WEBHOOK_URL over https and port 443, 80, 88 or 8443 only",
                "put a proxy with a certificate before Firewarden, or leave it out: then it polls",
            )
        )
    if not SECRET.fullmatch(secret):
        faults.append(
            _fault(
                "TELEGRAM_WEBHOOK_SECRET is not 1 to 256 letters, digits, - and _",
                "without it anybody could speak for anybody: openssl rand -hex 32",
            )
        )
    return faults


def _fault(message: str, hint: str) -> Fault:
    return Fault(file="environment", message=message, hint=hint)
