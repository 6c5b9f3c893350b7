"""Arguments of Slack's methods, checked as Slack checks them."""

import json
import re
from typing import Any

from tests.support.slack.blocks import block_faults, view_faults
from tests.support.slack.workspace import Args, Fault

_NAME = re.compile(r"[a-z0-9_-]{1,80}")


def checked_view(view: Args) -> Args:
    """Return a view that Slack would take."""
    _no_faults("invalid_arguments", view_faults(view))
    return view


def channel_name(args: Args) -> str:
    name = str(args.get("name", ""))
    if not name:
        raise Fault("invalid_name_required")
    if len(name) > 80:
        raise Fault("invalid_name_maxlength")
    if not _NAME.fullmatch(name):
        raise Fault("invalid_name_specials")
    return name


def text_of(args: Args) -> str:
    text = str(args.get("text", ""))
    if not text:
        raise Fault("no_text")
    if len(text) > 4000:
        raise Fault("msg_too_long")
    return text


def blocks_of(args: Args) -> list[Args]:
    blocks: list[Args] = json_of(args.get("blocks") or [])
    if blocks:
        faults = block_faults(blocks, most=50)
        if faults == ["msg_blocks_too_long"]:
            raise Fault("msg_blocks_too_long")
        _no_faults("invalid_blocks", faults)
    return blocks


def metadata_of(args: Args) -> Args:
    metadata: Args = json_of(args.get("metadata") or {})
    if metadata and set(metadata) != {"event_type", "event_payload"}:
        raise Fault("invalid_metadata_format")
    if len(json.dumps(metadata)) > 16_000:
        raise Fault("metadata_too_large")
    return metadata


def json_of(value: Any) -> Any:  # noqa: ANN401 - JSON, either way
    return json.loads(value) if isinstance(value, str) else value


def page_of(items: list[Any], args: Args, *, most: int) -> tuple[list[Any], Args]:
    limit = min(int(args.get("limit") or 100), most)
    start = int(args.get("cursor") or 0)
    more = str(start + limit) if start + limit < len(items) else ""
    page = items[start : start + limit]
    return page, {"has_more": bool(more), "response_metadata": {"next_cursor": more}}


def _no_faults(error: str, faults: list[str]) -> None:
    if faults:
        messages = [f"[ERROR] {fault}" for fault in faults]
        raise Fault(error, errors=faults, response_metadata={"messages": messages})
