"""The issuer's public keys, and the one check of a signature: RS256 or ES256, and nothing else."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import jwt
from jwt.exceptions import PyJWKError, PyJWTError
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import Refused

Algorithm: TypeAlias = Literal["RS256", "ES256"]

_LONGEST: Final = 16 * 1024
"""Characters of a token; the issuer's answer may hold more, a token that we read may not."""

_SHORTEST_RSA: Final = 2048
"""Bits (RFC 7518, section 3.3)."""


class NotProven(Exception):
    """A token proves nothing; the message is for the log, not for whoever sent it."""


class UnknownKey(NotProven):
    """The token names a key that is not among the issuer's: perhaps it has a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One public key, with the one algorithm that it is for."""

    ident: str
    algorithm: Algorithm
    public: jwt.PyJWK


class _Header(BaseModel):
    """What a token says of itself: only which key to take is believed."""

    model_config = ConfigDict(strict=True)

    alg: Algorithm
    kid: str | None = None
    crit: object = None


class _Document(BaseModel):
    keys: list[object]


class _Jwk(BaseModel):
    """What decides whether a key is one that signs, for us."""

    model_config = ConfigDict(strict=True)

    kty: Literal["RSA", "EC"]
    alg: Algorithm | None = None
    kid: str = ""
    use: Literal["sig"] | None = None
    crv: Literal["P-256"] | None = None
    d: None = None
    """A key with its private half is nobody's secret any more."""


def read_keys(document: bytes) -> tuple[Key, ...]:
    """Return the keys of a JWKS document that we take; `Refused` where it is none."""
    try:
        listed = _Document.model_validate_json(document).keys
    except ValidationError as error:
        raise Refused("the issuer's document of keys holds none") from error
    return tuple(key for one in listed if isinstance(one, dict) for key in _taken(one))


def payload_of(token: str, keys: Sequence[Key]) -> bytes:
    """Return what a token says, once its signature holds; `NotProven` otherwise."""
    if len(token) > _LONGEST or not token.isascii():
        raise NotProven("it is no token of a usual size")
    signing = jwt.PyJWS()
    try:
        header = _Header.model_validate(signing.get_unverified_header(token))
    except (PyJWTError, ValidationError) as error:
        raise NotProven("its header is unreadable, or names another algorithm") from error
    if header.crit is not None:
        raise NotProven("it demands an extension that we do not know")
    key = _chosen(header, keys)
    try:
        found = signing.decode_complete(token, key.public, algorithms=[key.algorithm])
    except PyJWTError as error:
        raise NotProven("its signature does not hold") from error
    payload = found["payload"]
    return payload if isinstance(payload, bytes) else b""


def _taken(jwk: dict[str, object]) -> Iterator[Key]:
    try:
        known = _Jwk.model_validate(jwk)
    except ValidationError:
        return
    algorithm: Algorithm = "RS256" if known.kty == "RSA" else "ES256"
    if known.alg not in {None, algorithm}:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            public = jwt.PyJWK(jwk, algorithm)
    except (PyJWTError, PyJWKError, ValueError):
        return
    size = getattr(public.key, "key_size", 0)
    if known.kty == "EC" or size >= _SHORTEST_RSA:
        yield Key(ident=known.kid, algorithm=algorithm, public=public)


def _chosen(header: _Header, keys: Sequence[Key]) -> Key:
    fitting = [key for key in keys if key.algorithm == header.alg]
    if header.kid is not None:
        fitting = [key for key in fitting if key.ident == header.kid]
    if not fitting:
        raise UnknownKey("no key of the issuer fits it")
    if len(fitting) > 1:
        raise NotProven("it does not say which of the issuer's keys signed it")
    return fitting[0]
