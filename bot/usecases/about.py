"""Which request and which incident the work at hand is about, so that the log can say it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.values import StreamRef

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being carried out, "" where there is none."""

INCIDENT: ContextVar[str] = ContextVar("incident", default="")
"""The id of the incident that is worked on, "" where there is none."""


@contextmanager
def about_request(ident: str) -> Iterator[None]:
    """Say that what is done inside is done for this request."""
    token = REQUEST.set(ident)
    try:
        yield
    finally:
        REQUEST.reset(token)


@contextmanager
def about_stream(stream: StreamRef | None) -> Iterator[None]:
    """Say that what is done inside concerns this stream, where it is an incident."""
    token = INCIDENT.set(stream.id if stream is not None and stream.kind == "incident" else "")
    try:
        yield
    finally:
        INCIDENT.reset(token)
