"""How bytes become a blob: pieces of one size and a salted hash over all of them."""

import hashlib
from collections.abc import AsyncIterator

PIECE = 256 * 1024
"""Bytes of one stored chunk."""


class Cutter:
    """Gathers bytes into pieces and hashes them on the way: SHA-256 of salt, then bytes."""

    def __init__(self, salt: bytes) -> None:
        self._hash = hashlib.sha256(salt)
        self.size = 0

    async def pieces(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield pieces of `PIECE` bytes, the last one shorter; none for an empty blob."""
        gathered = bytearray()
        async for chunk in chunks:
            self._hash.update(chunk)
            self.size += len(chunk)
            gathered += chunk
            while len(gathered) >= PIECE:
                yield bytes(gathered[:PIECE])
                del gathered[:PIECE]
        if gathered:
            yield bytes(gathered)

    @property
    def hash(self) -> str:
        """The hash of everything that has come so far, hex."""
        return self._hash.hexdigest()
