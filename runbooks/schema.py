"""The JSON Schema of runbook documents, so that editors complete keys and mark mistakes."""

from typing import Final

from bot.values import Json
from runbooks.model import Document
from runbooks.replay import Recording

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def runbook_schema() -> Json:
    """Return the schema of a runbook, in JSON Schema 2020-12."""
    schema: dict[str, Json] = dict(Document.model_json_schema(mode="validation"))
    return {"$schema": _DIALECT, "title": "Firewarden runbook", **_untitled(schema)}


def fixtures_schema() -> Json:
    """Return the schema of a file of recorded cases."""
    schema: dict[str, Json] = dict(Recording.model_json_schema(mode="validation"))
    return {"$schema": _DIALECT, "title": "Firewarden runbook cases", **_untitled(schema)}


def _untitled(schema: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in schema.items() if key != "title"}
