"""Words that left an incident: notices sent, and texts taken away for good."""

from dataclasses import dataclass

from bot.values import PersonId, Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent:
    """A stakeholder notice was cleared and goes to its audience's channel."""

    audience: str
    channel: str
    text: Untrusted
    author: PersonId
    confirmed_by: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedEvent:
    """One earlier event of the stream that lost text, by its sequence.

    `seal` is what its place in the chain was made over, `digest` the SHA-256 of the stored body
    that is left; both hex.
    """

    seq: int
    seal: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsErased:
    """Somebody took texts away for good; what they were is nowhere any more."""

    why: Untrusted
    erased: tuple[ErasedEvent, ...]
