"""Pages as signed outgoing webhooks, and drill alerts to our own door."""

import hashlib
import hmac
from collections.abc import Mapping

import aiohttp

from bot.errors import Refused, Unavailable
from bot.ports import Clock, PagePacket
from bot.values import PersonId

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_MULTIPLE_CHOICES, _TOO_MANY, _SERVER_ERROR = 300, 429, 500


class WebhookPager:
    """`Pager` that posts a page to the address that the policy gives a person.

    `Firewarden-Signature: t=<unix seconds>,v1=<hex>` is HMAC-SHA256(secret, "<t>." + body);
    `Firewarden-Delivery` is the page's key, the same on every retry.
    """

    name = "webhook"

    def __init__(self, *, secret: str, clock: Clock) -> None:
        self._secret = secret.encode()
        self._clock = clock

    async def page(self, person: PersonId, address: str, packet: PagePacket) -> str:
        """See `Pager.page`."""
        if not address:
            raise Refused(f"the policy gives {person} no webhook")
        if not self._secret:
            raise Refused("FIREWARDEN_WEBHOOK_SECRET is not set, and pages go out signed only")
        stamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Firewarden-Delivery": packet.key,
            "Firewarden-Signature": f"t={stamp},v1={self._sign(stamp, packet.body)}",
        }
        status = await post(address, packet.body, headers)
        if status >= _SERVER_ERROR or status == _TOO_MANY:
            raise Unavailable(f"the webhook answered {status}")
        if status >= _MULTIPLE_CHOICES:
            raise Refused(f"the webhook answered {status}")
        return f"webhook:{packet.key}"

    def _sign(self, stamp: str, body: bytes) -> str:
        return hmac.new(self._secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST once, following nothing; returns the status. Unavailable where nothing answered."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(f"no answer: {type(error).__name__}") from error
