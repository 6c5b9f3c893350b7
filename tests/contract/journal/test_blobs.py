"""Blobs: bytes come back as they were put, under a salted hash, until they are erased."""

import hashlib

import pytest

from bot.errors import Refused
from bot.ports import Blob, Journal
from bot.values import BlobId
from tests.contract.journal.values import chunks


async def test_a_blob_comes_back_whole_whatever_its_chunks_were(journal: Journal) -> None:
    parts = (b"", b"abc", b"d" * 600_000, b"\x00\xff", b"e" * 300_000)
    whole = b"".join(parts)
    stored = await journal.put_blob(chunks(*parts))
    assert stored == Blob(
        id=BlobId("i1"), hash=hashlib.sha256(b"s2" + whole).hexdigest(), size=900_005
    )
    assert await journal.blob(stored.id) == whole


async def test_an_empty_blob_is_a_blob(journal: Journal) -> None:
    stored = await journal.put_blob(chunks())
    assert (stored.size, await journal.blob(stored.id)) == (0, b"")


async def test_equal_bytes_have_different_hashes(journal: Journal) -> None:
    first = await journal.put_blob(chunks(b"same"))
    second = await journal.put_blob(chunks(b"same"))
    assert first.id != second.id
    assert first.hash != second.hash


async def test_a_blob_that_never_was_is_refused(journal: Journal) -> None:
    with pytest.raises(Refused, match="there is no blob x"):
        await journal.blob(BlobId("x"))
    with pytest.raises(Refused, match="there is no blob x"):
        await journal.blob_hash(BlobId("x"))


async def test_the_hash_of_what_is_stored_now_is_the_one_that_was_told(journal: Journal) -> None:
    stored = await journal.put_blob(chunks(b"a" * 300_000, b"b"))
    empty = await journal.put_blob(chunks())
    assert await journal.blob_hash(stored.id) == stored.hash
    assert await journal.blob_hash(empty.id) == empty.hash
    await journal.erase_blob(stored.id)
    assert await journal.blob_hash(stored.id) == ""


async def test_an_erased_blob_is_refused_and_erasing_again_is_fine(journal: Journal) -> None:
    stored = await journal.put_blob(chunks(b"hunter2"))
    await journal.erase_blob(stored.id)
    await journal.erase_blob(stored.id)
    with pytest.raises(Refused, match="blob i1 was erased"):
        await journal.blob(stored.id)


async def test_only_a_blob_that_was_can_be_erased(journal: Journal) -> None:
    with pytest.raises(Refused, match="there is no blob x"):
        await journal.erase_blob(BlobId("x"))
