"""How people get into the console, by the settings: a seat's link, a proxy's word, an issuer's."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.adapters.console.sign_in import Admits, Door, SignIn
from bot.app.base import Base
from bot.config import Settings
from bot.usecases.identity import CONSOLE
from bot.usecases.members import Members
from bot.values import PersonId

if TYPE_CHECKING:
    from bot.adapters.oidc.issuer import Client


def ways_in(base: Base) -> SignIn:
    """Return the ways that are configured."""
    settings = base.settings
    secure = settings.public_origin.startswith("https:") or settings.encrypts
    if not settings.signs_in:
        return SignIn(public=settings.public_origin, secure=secure)
    return SignIn(
        members=Members(current=base.current, seats=base.seats),
        issuer=_issuer(base, secure=secure),
        fresh=timedelta(minutes=settings.fresh_sign_in),
        public=settings.public_origin,
        secure=secure,
    )


async def sits(base: Base, person: PersonId) -> bool:
    """Whether a person has a seat, or gets one as soon as they sign in."""
    if base.settings.signs_in:
        return await Members(current=base.current, seats=base.seats).sits(person)
    return await base.seats.of_person(person) is not None


async def stands(base: Base, account: str) -> bool:
    """Whether a seat is there for somebody: who left the policy has a seat and no standing."""
    seat, policy = await base.seats.seat(account), base.current.policy
    named = any((CONSOLE, account) in person.accounts for person in policy.people.values())
    return seat is not None and (policy.open_door or named or seat.person in policy.people)


def oidc_client(settings: Settings) -> "Client | None":
    """Return what the configured issuer knows us by, None where none is configured."""
    secret = settings.oidc_client_secret
    if settings.oidc_issuer is None or settings.oidc_client_id is None or secret is None:
        return None
    # The library costs time and memory that an installation without an issuer does not pay.
    from bot.adapters.oidc.issuer import Client  # noqa: PLC0415 - as above
    from bot.adapters.oidc.leaving import SIGNED_OUT  # noqa: PLC0415 - as above
    from bot.adapters.oidc.routes import CALLBACK  # noqa: PLC0415 - as above

    return Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=secret.get_secret_value(),
        redirect=f"{settings.public_origin}{CALLBACK}",
        signed_out=f"{settings.public_origin}{SIGNED_OUT}",
    )


def _issuer(base: Base, *, secure: bool) -> Callable[[Admits], Door] | None:
    client = oidc_client(base.settings)
    if client is None:
        return None
    from bot.adapters.oidc.issuer import Issuer  # noqa: PLC0415 - as above
    from bot.adapters.oidc.leaving import WayOut  # noqa: PLC0415 - as above
    from bot.adapters.oidc.routes import IssuerDoor  # noqa: PLC0415 - as above
    from bot.adapters.oidc.underway import SignIns  # noqa: PLC0415 - as above

    issuer = Issuer(client, clock=base.clock)
    sign_ins = SignIns(clock=base.clock, ids=base.ids)
    fresh = timedelta(minutes=base.settings.fresh_sign_in)

    def door(admits: Admits) -> Door:
        return IssuerDoor(
            issuer=issuer,
            sign_ins=sign_ins,
            way_out=WayOut(issuer=issuer, admits=admits, ids=base.ids, secure=secure),
            admits=admits,
            clock=base.clock,
            fresh=fresh,
            secure=secure,
        )

    return door
