"""What a signed token must say before somebody is signed in (OpenID Connect Core, 3.1.3.7)."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.adapters.oidc.keys import NotProven

SKEW: Final = timedelta(seconds=60)
"""How far the issuer's clock may be from ours."""

SIGN_IN_LASTS: Final = timedelta(minutes=10)
"""How long a sign-in may take, from its start to the token."""

LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
"""When somebody showed who they are, where the issuer does not say: too long ago to decide."""

_Moment = Annotated[int | float, Field(ge=0, le=32_503_680_000, allow_inf_nan=False)]
"""Seconds since 1970, up to the year 3000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say. `max_age` is the age of a sign-in that was demanded, None = any."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    max_age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whose address the issuer vouches for, and when they last showed who they are."""

    email: str
    signed_in_at: datetime


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    iss: str
    sub: Annotated[str, Field(min_length=1, max_length=255)]
    aud: str | list[str]
    azp: str | None = None
    exp: _Moment
    iat: _Moment
    nbf: _Moment = 0
    nonce: str
    auth_time: _Moment | None = None
    email: str = ""
    email_verified: bool = False


def checked(payload: bytes, expected: Expected) -> Vouched:
    """Return whom a token's words vouch for; `NotProven` where one of them is not right."""
    try:
        claims = _Claims.model_validate_json(payload)
    except ValidationError as error:
        named = sorted(
            {str(one["loc"][0]) if one["loc"] else "all of it" for one in error.errors()}
        )
        raise NotProven(f"unreadable: {', '.join(named)}") from error
    for wrong in (
        _of_parties(claims, expected),
        _of_times(claims, expected),
        _of_age(claims, expected),
        _of_address(claims),
    ):
        if wrong:
            raise NotProven(wrong)
    return Vouched(email=claims.email, signed_in_at=_signed_in_at(claims, expected.now))


def _of_parties(claims: _Claims, expected: Expected) -> str:
    audience = claims.aud if isinstance(claims.aud, list) else [claims.aud]
    if claims.iss != expected.issuer:
        return "it is of another issuer"
    if expected.client_id not in audience:
        return "it is for somebody else"
    if claims.azp is None and len(audience) > 1:
        return "it is for several, and does not say for whom it was made"
    if claims.azp not in {None, expected.client_id}:
        return "it was made for somebody else"
    if not hmac.compare_digest(claims.nonce.encode(), expected.nonce.encode()):
        return "it belongs to another sign-in (nonce)"
    return ""


def _of_times(claims: _Claims, expected: Expected) -> str:
    now, skew = expected.now.timestamp(), SKEW.total_seconds()
    if claims.exp <= now - skew:
        return "it has expired"
    if max(claims.iat, claims.nbf) > now + skew:
        return "it is of the future"
    if claims.iat < now - skew - SIGN_IN_LASTS.total_seconds():
        return "it was made long ago"
    return ""


def _of_age(claims: _Claims, expected: Expected) -> str:
    now, skew = expected.now.timestamp(), SKEW.total_seconds()
    if claims.auth_time is not None and claims.auth_time > now + skew:
        return "its sign-in is of the future"
    if expected.max_age is None:
        return ""
    if claims.auth_time is None:
        return "it does not say when somebody signed in (auth_time), as was demanded"
    if claims.auth_time < now - skew - expected.max_age.total_seconds():
        return "its sign-in is older than was demanded"
    return ""


def _of_address(claims: _Claims) -> str:
    if not claims.email:
        return "it has no e-mail address"
    return "" if claims.email_verified else "its e-mail address is not verified"


def _signed_in_at(claims: _Claims, now: datetime) -> datetime:
    if claims.auth_time is None:
        return LONG_AGO
    return min(now, datetime.fromtimestamp(claims.auth_time, UTC))
