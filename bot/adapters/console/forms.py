"""What a browser's form sent, read into plain pairs."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from bot.adapters.http.raw import RawRequest

_MOST_FIELDS = 300
"""A select of a hundred options, three times over."""


def fields_of(request: RawRequest) -> Mapping[str, str] | None:
    """Return the fields (a repeated one joined by commas), None where this is not a form."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return None
    try:
        pairs = parse_qsl(
            request.body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(request.body),
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        return None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    return fields
