"""The bearer token that unsigned senders prove themselves with, compared in constant time."""

import hmac
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

_SCHEME: Final = "bearer "


def bearer_matches(headers: Mapping[str, str], secrets: tuple[str, ...]) -> bool:
    """Whether `Authorization: Bearer <token>` holds one of `secrets`; an empty secret never counts.

    Both sides are hashed first, so that neither content nor length shows in the time it takes;
    every secret is compared, so that the time does not tell which one matched.
    """
    given = _digest(_token(headers))
    matched = False
    for secret in secrets:
        matched |= hmac.compare_digest(given, _wanted(secret)) and bool(secret.strip())
    return matched


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


@lru_cache(maxsize=64)  # secrets alone, which are few: what callers send is never kept
def _wanted(secret: str) -> bytes:
    return _digest(secret)


def _token(headers: Mapping[str, str]) -> str:
    """Return the token, or "" where there is none; header names count in any case."""
    value = headers.get("Authorization")
    if value is None:
        value = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
    return value[len(_SCHEME) :].strip() if value[: len(_SCHEME)].lower() == _SCHEME else ""
