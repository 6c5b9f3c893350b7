"""Calls to the issuer: bounded, following nothing, and every failure in our own words."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import aiohttp

from bot.errors import Refused, Unavailable

_PATIENCE: Final = aiohttp.ClientTimeout(total=10)
_CAP: Final = 256 * 1024
"""Bytes of an answer; a set of keys has a few thousand."""


async def fetch(url: str) -> bytes:
    """GET a document. `Unavailable` where it cannot be had now, `Refused` where it is not there."""
    return await _asked("GET", url, None, {})


async def post(url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    """POST a form; errors as in `fetch`."""
    return await _asked("POST", url, form, headers)


async def _asked(
    method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> bytes:
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=False) as session,
            session.request(
                method,
                url,
                data=form,
                headers={"Accept": "application/json", **headers},
                allow_redirects=False,
            ) as answer,
        ):
            body = await _capped(answer.content)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(f"the issuer does not answer: {type(error).__name__}") from error
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Unavailable(f"the issuer answered {status}")
    if status != HTTPStatus.OK:
        raise Refused(f"the issuer answered {status}")
    return body


async def _capped(stream: aiohttp.StreamReader) -> bytes:
    body = b""
    while more := await stream.read(_CAP):
        body += more
        if len(body) > _CAP:
            raise Refused(f"the issuer's answer is longer than {_CAP} bytes")
    return body
