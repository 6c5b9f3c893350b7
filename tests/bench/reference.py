"""The fixed reference of the ingest figures: aiohttp reads, pydantic validates, 202.

It stores nothing and never changes with Firewarden: it stands for the least that any such endpoint
must do.
"""

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel, TypeAdapter


class ReferenceAlert(BaseModel):
    """One alert of an Alertmanager body."""

    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    startsAt: datetime  # noqa: N815 - the sender's name
    generatorURL: str  # noqa: N815 - the sender's name
    fingerprint: str


class ReferenceBody(BaseModel):
    """An Alertmanager body, webhook version 4."""

    version: str
    groupKey: str  # noqa: N815 - the sender's name
    alerts: list[ReferenceAlert]


BODY = TypeAdapter(ReferenceBody)


def application() -> web.Application:
    """Build the reference application: `POST /alerts/alertmanager`."""
    app = web.Application()
    app.router.add_post("/alerts/alertmanager", _take)
    return app


async def _take(request: web.Request) -> web.Response:
    BODY.validate_json(await request.read())
    return web.Response(status=202)
