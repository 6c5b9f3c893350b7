"""Which request and which incident the work at hand is about, so that the log can say it."""

from contextvars import ContextVar

from bot.usecases.beside import Beside
from bot.values import StreamRef

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being carried out, "" where there is none."""

INCIDENT: ContextVar[str] = ContextVar("incident", default="")
"""The id of the incident that is worked on, "" where there is none."""


def about_request(ident: str) -> Beside[str]:
    """Say that what is done inside is done for this request."""
    return Beside(REQUEST, ident)


def about_stream(stream: StreamRef | None) -> Beside[str]:
    """Say that what is done inside concerns this stream, where it is an incident."""
    return Beside(INCIDENT, stream.id if stream is not None and stream.kind == "incident" else "")
