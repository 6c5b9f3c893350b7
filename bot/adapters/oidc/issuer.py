"""The issuer: its own description of itself, its keys, and codes that become tokens."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.oidc.fetching import fetch, post
from bot.adapters.oidc.keys import Key, UnknownKey, payload_of, read_keys
from bot.errors import Refused, Unavailable
from bot.ports import Clock

KEPT: Final = timedelta(minutes=5)
"""How long a description and keys are kept: a key that was withdrawn counts no longer than that."""

_NOT_AGAIN_FOR: Final = timedelta(seconds=15)
"""Between two questions for a key that nobody knows: tokens of strangers make no storm of them."""

_REST: Final = timedelta(seconds=5)
"""Between two questions to an issuer that does not answer."""

_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What the issuer knows us by.

    `redirect` is where it sends people back to from a sign-in, `signed_out` from a sign-out.
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    redirect: str
    signed_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an issuer says of itself; `claims` and `challenges` may be empty: it does not say.

    `end_session` is where people sign out of it, "" where it has no such place.
    """

    authorize: str
    token: str
    keys: str
    basic: bool
    names_itself: bool
    challenges: tuple[str, ...]
    algorithms: tuple[str, ...]
    claims: tuple[str, ...]
    end_session: str


class _Described(BaseModel):
    model_config = ConfigDict(strict=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    response_types_supported: list[str] = ["code"]
    token_endpoint_auth_methods_supported: list[str] = [_BASIC]
    authorization_response_iss_parameter_supported: bool = False
    code_challenge_methods_supported: list[str] = []
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    claims_supported: list[str] = []
    end_session_endpoint: str | None = None


class _Tokens(BaseModel):
    model_config = ConfigDict(strict=True)

    id_token: str


class Issuer:
    """One issuer. `Unavailable` where it does not answer; `Refused` where it says something else.

    Descriptions and keys are asked for when they are needed, and kept a few minutes.
    """

    def __init__(self, client: Client, *, clock: Clock) -> None:
        self.client = client
        self._clock = clock
        self._lock = asyncio.Lock()
        self._failed: tuple[datetime, str] | None = None
        self._description: tuple[datetime, Description] | None = None
        self._keys: tuple[datetime, tuple[Key, ...]] | None = None

    async def description(self) -> Description:
        """Return what the issuer says of itself."""
        async with self._lock:
            return await self._described()

    async def keys(self, *, younger_than: timedelta = KEPT) -> tuple[Key, ...]:
        """Return the issuer's keys, asked for anew where they are older."""
        async with self._lock:
            now = self._clock.now()
            if self._keys is None or now - self._keys[0] >= younger_than:
                described = await self._described()
                self._keys = (now, read_keys(await fetch(described.keys)))
            return self._keys[1]

    async def payload(self, token: str) -> bytes:
        """Return what a token says, once its signature holds; `NotProven` otherwise."""
        try:
            return payload_of(token, await self.keys())
        except UnknownKey:
            return payload_of(token, await self.keys(younger_than=_NOT_AGAIN_FOR))

    async def token(self, code: str, verifier: str) -> str:
        """Change a code for the token that it stands for, once."""
        described, client = await self.description(), self.client
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect,
            "code_verifier": verifier,
        }
        headers: Mapping[str, str] = {}
        if described.basic:
            headers = {"Authorization": f"Basic {_basic(client)}"}
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        answer = await post(described.token, form, headers)
        try:
            return _Tokens.model_validate_json(answer).id_token
        except ValidationError as error:
            raise Refused("the issuer's answer holds no id_token") from error

    async def _described(self) -> Description:
        now = self._clock.now()
        if self._description is None or now - self._description[0] >= KEPT:
            self._refuse_again(now)
            url = self.client.issuer.removesuffix("/") + "/.well-known/openid-configuration"
            try:
                document = await fetch(url)
            except Unavailable as fault:
                self._failed = (self._clock.now(), str(fault))
                raise
            self._description = (now, _read(document, self.client.issuer))
        return self._description[1]

    def _refuse_again(self, now: datetime) -> None:
        """Do not let people queue up behind an issuer that has just not answered."""
        if self._failed is not None and now - self._failed[0] < _REST:
            raise Unavailable(self._failed[1])


def _read(document: bytes, issuer: str) -> Description:
    try:
        said = _Described.model_validate_json(document)
    except ValidationError as error:
        raise Refused("the issuer's description of itself cannot be read") from error
    if said.issuer != issuer:
        raise Refused(f"the issuer calls itself {said.issuer!r}, and {issuer!r} is configured")
    end_session = said.end_session_endpoint or ""
    endpoints = [said.authorization_endpoint, said.token_endpoint, said.jwks_uri]
    if end_session:
        endpoints.append(end_session)
    for url in endpoints:
        if not _is_safe(url, issuer):
            raise Refused(f"the issuer's address {url!r} is no https address")
    if "code" not in said.response_types_supported:
        raise Refused("the issuer gives out no authorisation codes")
    methods = said.token_endpoint_auth_methods_supported
    if not {_BASIC, _POST} & set(methods):
        raise Refused(f"the issuer takes no client secret, only {', '.join(methods) or 'nothing'}")
    return Description(
        authorize=said.authorization_endpoint,
        token=said.token_endpoint,
        keys=said.jwks_uri,
        basic=_BASIC in methods,
        names_itself=said.authorization_response_iss_parameter_supported,
        challenges=tuple(said.code_challenge_methods_supported),
        algorithms=tuple(said.id_token_signing_alg_values_supported),
        claims=tuple(said.claims_supported),
        end_session=end_session,
    )


def _is_safe(url: str, issuer: str) -> bool:
    """Whether words may go there: over https; over http where the issuer itself is on loopback."""
    parts = urlsplit(url)
    if parts.username or not parts.hostname or parts.fragment:
        return False
    ours = urlsplit(issuer)
    return parts.scheme == "https" or (ours.scheme == "http" and parts.netloc == ours.netloc)


def _basic(client: Client) -> str:
    # Each half is encoded as a form first (RFC 6749, section 2.3.1).
    words = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
    return base64.b64encode(words.encode()).decode()
