"""What a program is told that was stopped at the door: in the API's own words, which are JSON."""

from http import HTTPStatus
from typing import Final

from bot.adapters.http.raw import RawResponse
from bot.values import canonical_json

_API: Final = "/api/"


def for_caller(path: str, answer: RawResponse) -> RawResponse:
    """Return a plain refusal as the problem that the API's document describes, where it is one."""
    refused = answer.status >= HTTPStatus.BAD_REQUEST and path.startswith(_API)
    if not refused or not answer.content_type.startswith("text/plain"):
        return answer
    problem = {
        "error": HTTPStatus(answer.status).phrase.lower(),
        "message": answer.body.decode().strip(),
    }
    return RawResponse(
        status=answer.status,
        content_type="application/json",
        body=canonical_json(problem),
        headers=answer.headers,
    )
