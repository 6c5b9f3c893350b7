"""Long texts of others leave the event: they are stored as blobs that can be erased (DESIGN 4).

In memory a long text is `{"$long": text}` in the encoded event; on disk it is
`{"$blob": id, "hash": salted SHA-256, "size": bytes}`. The chain covers the hash, never the text.
The codec writes no other key that begins with a dollar sign, so that no label can pose as these.
"""

from collections.abc import Mapping
from typing import cast

from bot.values import Json

LONG, BLOB = "$long", "$blob"

_LONG_KEY, _BLOB_KEY = b'"$long":', b'"$blob":'

LONGEST = 1024
"""Characters of a text that stay in the event."""

ERASED = "[erased]"
"""What an erased text reads as."""


def long_texts(tree: Json) -> list[str]:
    """Return every long text of an encoded event, in the order in which `stored` wants blobs."""
    if isinstance(tree, Mapping):
        text = tree.get(LONG)
        if isinstance(text, str) and len(tree) == 1:
            return [text]
        return [text for value in tree.values() for text in long_texts(value)]
    if isinstance(tree, list):
        return [text for value in tree for text in long_texts(value)]
    return []


def stored(tree: Json, blobs: "list[Json]") -> Json:
    """Put blobs (as JSON objects, one per long text, in order) in the texts' places."""
    if isinstance(tree, Mapping):
        if isinstance(tree.get(LONG), str) and len(tree) == 1:
            return blobs.pop(0)
        return {name: stored(value, blobs) for name, value in tree.items()}
    if isinstance(tree, list):
        return [stored(value, blobs) for value in tree]
    return tree


def may_hold_long_texts(body: bytes) -> bool:
    """Whether canonical JSON may hold a long text: False is sure, and quickly told."""
    return _LONG_KEY in body


def may_name_blobs(body: bytes) -> bool:
    """Whether canonical JSON may hold a blob's reference: False is sure, and quickly told."""
    return _BLOB_KEY in body


def blob_ids(tree: Json) -> list[str]:
    """Return the id of every blob that an encoded event names."""
    if isinstance(tree, Mapping):
        if BLOB in tree:
            return [cast("str", tree[BLOB])]
        return [ident for value in tree.values() for ident in blob_ids(value)]
    if isinstance(tree, list):
        return [ident for value in tree for ident in blob_ids(value)]
    return []


def blob_hashes(tree: Json) -> Mapping[str, str]:
    """Return the salted hash that an encoded event holds of each of its blobs, by id."""
    if isinstance(tree, Mapping):
        if BLOB in tree:
            return {cast("str", tree[BLOB]): cast("str", tree["hash"])}
        tree = list(tree.values())
    found: dict[str, str] = {}
    for value in tree if isinstance(tree, list) else ():
        found |= blob_hashes(value)
    return found


def restored(tree: Json, texts: Mapping[str, str]) -> Json:
    """Put the texts (by blob id) back in the places of their blobs."""
    if isinstance(tree, Mapping):
        if BLOB in tree:
            return {LONG: texts[cast("str", tree[BLOB])]}
        return {name: restored(value, texts) for name, value in tree.items()}
    if isinstance(tree, list):
        return [restored(value, texts) for value in tree]
    return tree
