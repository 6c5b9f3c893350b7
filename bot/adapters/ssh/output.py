"""What a remote stream becomes: the ends that are kept, redacted, decoded and made visible."""

import re
from dataclasses import dataclass, field

from bot.ports import Output
from bot.redaction import Redactor

HEAD = 64 * 1024
"""Bytes kept from the beginning of a stream (spec: runbooks R3)."""

TAIL = 192 * 1024
"""Bytes kept from the end of a stream (spec: runbooks R3)."""

MARGIN = 16 * 1024
"""More raw bytes around the cut, so that a secret across it is seen whole and redacted."""

RAW_HEAD = HEAD + MARGIN
RAW_TAIL = TAIL + MARGIN


@dataclass(slots=True)
class Capture:
    """A stream while it is drained: keeps `head_room` and `RAW_TAIL` bytes, counts the rest."""

    head_room: int = RAW_HEAD
    size: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self.size += len(chunk)
        room = self.head_room - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        if not chunk:
            return
        self._tail += chunk
        if len(self._tail) > 2 * RAW_TAIL:
            del self._tail[:-RAW_TAIL]

    def raw(self) -> bytes:
        """Return the bytes as they came, where all were kept; else both ends, joined."""
        return bytes(self._head) + bytes(self._tail[-RAW_TAIL:])

    def shown(self, redactor: Redactor) -> Output:
        """Return what people and facts see of it."""
        return shown(bytes(self._head), bytes(self._tail[-RAW_TAIL:]), self.size, redactor)


def shown(head: bytes, tail: bytes, size: int, redactor: Redactor) -> Output:
    """Make an `Output` from the raw ends of a stream of `size` bytes.

    Where everything between them was kept the two are one text. Otherwise each is redacted with
    its margin, and the margin is dropped after that.
    """
    if len(head) + len(tail) >= size:
        whole = redactor.redact(_decoded(head + tail)).encode()
        if len(whole) <= HEAD + TAIL:
            return Output(text=visible(whole.decode()), size=size, truncated=False)
        first, last = whole[:HEAD], whole[-TAIL:]
    else:
        first = redactor.redact(_decoded(head)).encode()[:HEAD]
        last = _without_torn_start(redactor.redact(_decoded(tail)).encode())
    left_out = max(0, size - HEAD - TAIL)
    text = f"{_cut_end(first)}\n[... {left_out:,} bytes left out ...]\n{_cut_start(last)}"
    return Output(text=visible(text), size=size, truncated=True)


_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


def visible(text: str) -> str:
    """Show control, direction and zero-width characters as `<U+001B>`; keep newline and tab.

    A line end of CR LF becomes a plain newline.
    """
    return _INVISIBLE.sub(lambda found: f"<U+{ord(found[0]):04X}>", text.replace("\r\n", "\n"))


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _without_torn_start(redacted: bytes) -> bytes:
    """Drop the margin, and always the first part of it: a secret may have been torn there."""
    return redacted[max(MARGIN // 2, len(redacted) - TAIL) :]


def _cut_end(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")


def _cut_start(raw: bytes) -> str:
    return raw.decode("utf-8", "ignore")
