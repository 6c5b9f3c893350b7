"""How people get into the console, by the settings: a seat's link, a proxy's word, an issuer's."""

from datetime import timedelta

from bot.adapters.console.sign_in import SignIn
from bot.app.base import Base
from bot.usecases.members import Members


def ways_in(base: Base) -> SignIn:
    """Return the ways that are configured."""
    settings = base.settings
    secure = settings.public_origin.startswith("https:") or settings.encrypts
    if not settings.signs_in:
        return SignIn(public=settings.public_origin, secure=secure)
    return SignIn(
        members=Members(current=base.current, seats=base.seats),
        fresh=timedelta(minutes=settings.fresh_sign_in),
        public=settings.public_origin,
        secure=secure,
    )
