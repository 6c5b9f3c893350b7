"""Idempotency keys: a key stands for one request, and is never taken for another one."""

import hashlib
from typing import Final, Protocol

MOST: Final = 200
"""Characters of a key."""


class Keys(Protocol):
    """Remembers what keys were used for, for as long as stored answers are kept."""

    async def fits(self, key: str, request: str) -> bool:
        """Whether the key is new, or was used for this very request; durable when it returns."""
        ...


def is_a_key(said: str) -> bool:
    """Whether it may be one: up to 200 printable ASCII characters."""
    return len(said) <= MOST and said.isascii() and said.isprintable()


def fingerprint(method: str, path: str, body: bytes) -> str:
    """Return what tells one request from another, letter by letter."""
    head = f"{method} {path}\n".encode(errors="replace")
    return hashlib.sha256(head + body).hexdigest()
