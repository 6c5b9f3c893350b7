"""The OpenAPI 3.1 document, made from the API's own route table so that the two cannot differ."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.adapters.http import bodies
from bot.adapters.http.api import ApiRoute
from bot.values import Json, canonical_json

_MODELS: Final[tuple[type[BaseModel], ...]] = (
    bodies.CommandBody,
    bodies.AnswerBody,
    bodies.QuestionBody,
    bodies.IncidentJson,
    bodies.EntryJson,
    bodies.CardJson,
    bodies.ReplyJson,
    bodies.ResultJson,
    bodies.Problem,
)

_PROBLEMS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "The request is malformed",
    HTTPStatus.UNAUTHORIZED: "The token is missing or wrong",
    HTTPStatus.FORBIDDEN: "The token is of another kind",
    HTTPStatus.NOT_FOUND: "There is no such thing, or the caller may not see it",
    HTTPStatus.METHOD_NOT_ALLOWED: "Another method is meant; Allow names it",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not recorded; try again after Retry-After",
}

_PROBLEMS_OF_BODIES: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is longer than 64 KiB",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is compressed",
}

_KEY: Final = (
    "Carried out once under a key, for eight days: a repeat gets the same answer in short. Another "
    "request under a used key is refused with 409. What was refused may be sent again."
)


def document(table: Sequence[ApiRoute]) -> bytes:
    """Return the document as JSON."""
    _, schemas = models_json_schema(
        [(model, "serialization" if _is_given(model) else "validation") for model in _MODELS],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Json]] = {}
    for route in table:
        paths.setdefault(route.pattern, {})[route.method.lower()] = _operation(route)
    return canonical_json(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Firewarden",
                "version": "1",
                "description": "Incidents, cards and commands, with the rights of a seat. Bodies "
                "are read as JSON, whatever Content-Type says. Whatever is refused is a Problem, "
                "except where a reply says in plain words what was wrong.",
            },
            "paths": paths,
            "components": {
                "schemas": schemas["$defs"],
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        }
    )


def _is_given(model: type[BaseModel]) -> bool:
    return model not in {bodies.CommandBody, bodies.AnswerBody, bodies.QuestionBody}


def _operation(route: ApiRoute) -> Json:
    operation: dict[str, Json] = {
        "operationId": _name(route),
        "summary": route.summary,
        "description": f"Token kinds: {', '.join(sorted(route.kinds))}.",
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(route.takes.__name__)}},
        }
    return operation


def _parameters(route: ApiRoute) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.pattern)
    ]
    parameters += [
        {"name": name, "in": "query", "description": says, "schema": {"type": "string"}}
        for name, says in (route.query or {}).items()
    ]
    if route.method == "POST":
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": _KEY,
                "schema": {"type": "string", "maxLength": 200},
            }
        )
    return parameters


def _responses(route: ApiRoute) -> dict[str, Json]:
    responses: dict[str, Json] = {"200": _content("Done", route.answers)}
    if route.takes is not None:
        responses["422"] = _content("A mistake, in plain words; nothing was done", "ReplyJson")
        responses["409"] = _content("This Idempotency-Key was used for another request", "Problem")
    if route.takes is bodies.AnswerBody:
        says = "The card does not take this answer (why is said), or the key was used before"
        responses["409"] = _content(says, "ReplyJson", "Problem")
    problems = _PROBLEMS if route.takes is None else {**_PROBLEMS, **_PROBLEMS_OF_BODIES}
    responses |= {str(int(code)): _content(says, "Problem") for code, says in problems.items()}
    return responses


def _content(description: str, answers: str, *others: str) -> Json:
    schema = _reference(answers.removesuffix("[]"))
    if others:
        schema = {"anyOf": [schema, *map(_reference, others)]}
    listed: Json = {"type": "array", "items": schema} if answers.endswith("[]") else schema
    return {"description": description, "content": {"application/json": {"schema": listed}}}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _name(route: ApiRoute) -> str:
    words = re.findall(r"\w+", route.pattern.removeprefix("/api/").replace("{id}", "one"))
    return "_".join([route.method.lower(), *words])
