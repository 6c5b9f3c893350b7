"""Style sheet, module and icon of the console, read once from the package."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from types import MappingProxyType
from typing import Final, Self

from bot.adapters.http.raw import RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route

_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "console.css": "text/css; charset=utf-8",
        "console.js": "text/javascript; charset=utf-8",
        "flame.svg": "image/svg+xml",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assets:
    """The files by name; `release` changes with any of them, so that browsers may keep them."""

    files: Mapping[str, bytes]
    release: str

    @classmethod
    def load(cls) -> Self:
        """Read them from the package."""
        folder = resources.files("bot.adapters.console") / "static"
        files = {name: (folder / name).read_bytes() for name in _TYPES}
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        return cls(files=files, release=digest[:12])

    def routes(self) -> tuple[Route, ...]:
        """Serve them to anybody: they say nothing."""
        return (
            Route(
                method="GET",
                pattern="/static/{release}/{name}",
                endpoint=self._serve,
                caller=Caller.BROWSER,
            ),
        )

    async def _serve(self, request: RawRequest) -> RawResponse:
        name = request.captured["name"]
        if name not in self.files or request.captured["release"] != self.release:
            return text(HTTPStatus.NOT_FOUND, "There is nothing here.")
        return RawResponse(
            content_type=_TYPES[name],
            body=self.files[name],
            headers=(("Cache-Control", "public, max-age=31536000, immutable"),),
        )
