"""What Slack says of blocks and views that it does not take: every limit, each with its reason.

https://docs.slack.dev/reference/block-kit/blocks, .../block-elements, .../views
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tests.support.slack.workspace import Args

_CHOICES = frozenset({"static_select", "multi_static_select", "radio_buttons", "checkboxes"})
_SEARCHED = frozenset({"external_select", "multi_external_select"})
_WRITTEN = frozenset({"plain_text_input", "number_input", "datetimepicker"})
_RICH = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_list"})
_INLINE = frozenset({"text", "user", "link", "channel", "emoji"})


def block_faults(blocks: Sequence[Args], *, most: int) -> list[str]:
    """Return what is wrong with the blocks of a message (50) or view (100)."""
    faults = list(_blocks(blocks, most))
    if not faults and most == 50 and len(shown(list(blocks))) > 13_200:
        faults.append("msg_blocks_too_long")
    return faults


def view_faults(view: Args) -> list[str]:
    """Return what is wrong with a modal or Home."""
    return list(_view(view))


def shown(node: Any) -> str:  # noqa: ANN401 - any part of a message
    """Return every character that blocks show."""
    if isinstance(node, list):
        return "".join(map(shown, node))
    if not isinstance(node, dict):
        return ""
    if isinstance(node.get("text"), str):
        return str(node["text"])
    return "".join(shown(node[key]) for key in ("text", "label", "elements") if key in node)


def _view(view: Args) -> Iterator[str]:
    kind = view.get("type")
    if kind not in {"modal", "home"}:
        yield f"unsupported type: {kind} [json-pointer:/type]"
        return
    if len(json.dumps(view)) > 250_000:
        yield "view is larger than 250 kB"
    if len(view.get("private_metadata", "")) > 3000:
        yield "must be less than 3001 characters [json-pointer:/private_metadata]"
    if not 1 <= len(view.get("callback_id", "x")) <= 255:
        yield "must be less than 256 characters [json-pointer:/callback_id]"
    if kind == "modal" and "title" not in view:
        yield "missing required field: title [json-pointer:/]"
    for part in ("title", "submit", "close"):
        if part in view:
            yield from _plain(view[part], 24, f"/{part}")
    inputs = [b for b in view.get("blocks", []) if b.get("type") == "input"]
    if inputs and kind == "modal" and "submit" not in view:
        yield "a view with inputs needs submit [json-pointer:/submit]"
    names = [b.get("block_id") for b in inputs]
    if len(names) != len(set(names)):
        yield "block_id already exists [json-pointer:/blocks]"
    yield from _blocks(view.get("blocks", []), 100)


def _blocks(blocks: Sequence[Args], most: int) -> Iterator[str]:
    if not blocks:
        yield "no less than 1 item required [json-pointer:/blocks]"
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:/blocks]"
    for n, block in enumerate(blocks):
        where = f"/blocks/{n}"
        if not 1 <= len(block.get("block_id", "x")) <= 255:
            yield f"must be less than 256 characters [json-pointer:{where}/block_id]"
        yield from _block(block, where)


def _block(block: Args, where: str) -> Iterator[str]:
    match block.get("type"):
        case "header":
            yield from _plain(block["text"], 150, f"{where}/text")
        case "section":
            yield from _plain(block["text"], 3000, f"{where}/text")
        case "divider":
            return
        case "context":
            yield from _many(block["elements"], 10, f"{where}/elements")
            for n, element in enumerate(block["elements"]):
                yield from _plain(element, 2000, f"{where}/elements/{n}")
        case "rich_text":
            for n, element in enumerate(block["elements"]):
                yield from _rich(element, f"{where}/elements/{n}")
        case "actions":
            yield from _actions(block["elements"], f"{where}/elements")
        case "input":
            yield from _plain(block["label"], 2000, f"{where}/label")
            yield from _plain(
                block["hint"] if "hint" in block else block["label"], 2000, f"{where}/hint"
            )
            yield from _element(block["element"], f"{where}/element")
        case other:
            yield f"unsupported type: {other} [json-pointer:{where}/type]"


def _actions(elements: Sequence[Args], where: str) -> Iterator[str]:
    yield from _many(elements, 25, where)
    ids = [element.get("action_id") for element in elements]
    if len(ids) != len(set(ids)):
        yield f"action_id already exists [json-pointer:{where}]"
    for n, element in enumerate(elements):
        yield from _element(element, f"{where}/{n}")


def _rich(element: Args, where: str) -> Iterator[str]:
    if element.get("type") not in _RICH:
        yield f"unsupported type: {element.get('type')} [json-pointer:{where}/type]"
        return
    if not element["elements"]:
        yield f"no less than 1 item required [json-pointer:{where}/elements]"
    for n, node in enumerate(element["elements"]):
        if node.get("type") not in _INLINE:
            yield f"unsupported type: {node.get('type')} [json-pointer:{where}/elements/{n}/type]"
        if node.get("type") == "text" and not node.get("text"):
            yield f"must be more than 0 characters [json-pointer:{where}/elements/{n}/text]"
        if node.get("type") == "link" and len(node.get("url", "")) > 3000:
            yield f"must be less than 3001 characters [json-pointer:{where}/elements/{n}/url]"


def _element(element: Args, where: str) -> Iterator[str]:
    kind = str(element.get("type"))
    if not 1 <= len(element.get("action_id", "")) <= 255:
        yield f"must be less than 256 characters [json-pointer:{where}/action_id]"
    if "placeholder" in element:
        yield from _plain(element["placeholder"], 150, f"{where}/placeholder")
    if kind == "button":
        yield from _button(element, where)
    elif kind in _CHOICES:
        yield from _options(element, where)
    elif kind in _SEARCHED:
        yield from _initial(element, where)
    elif kind not in _WRITTEN:
        yield f"unsupported type: {kind} [json-pointer:{where}/type]"
    if len(str(element.get("initial_value", ""))) > 3000:
        yield f"must be less than 3001 characters [json-pointer:{where}/initial_value]"


def _button(element: Args, where: str) -> Iterator[str]:
    yield from _plain(element["text"], 75, f"{where}/text")
    if len(element.get("value", "")) > 2000:
        yield f"must be less than 2001 characters [json-pointer:{where}/value]"
    if len(element.get("url", "")) > 3000:
        yield f"must be less than 3001 characters [json-pointer:{where}/url]"
    if element.get("style") not in {None, "primary", "danger"}:
        yield f"invalid style [json-pointer:{where}/style]"
    yield from _confirm(element.get("confirm"), f"{where}/confirm")


def _options(element: Args, where: str) -> Iterator[str]:
    options = element.get("options", [])
    yield from _many(options, 10 if element["type"] == "checkboxes" else 100, f"{where}/options")
    for n, option in enumerate(options):
        yield from _option(option, f"{where}/options/{n}")
    values = [option["value"] for option in options]
    for chosen in _chosen(element):
        if chosen["value"] not in values:
            yield f"initial option is not among the options [json-pointer:{where}]"


def _initial(element: Args, where: str) -> Iterator[str]:
    if "options" in element or "option_groups" in element:
        yield f"an external menu has no options of its own [json-pointer:{where}]"
    for n, option in enumerate(_chosen(element)):
        yield from _option(option, f"{where}/initial/{n}")


def _chosen(element: Args) -> list[Args]:
    one = element.get("initial_option")
    return [*([one] if one else []), *element.get("initial_options", [])]


def option_faults(options: Sequence[Args]) -> list[str]:
    """Return what is wrong with the answer to a block_suggestion."""
    faults = [] if len(options) <= 100 else ["no more than 100 items allowed"]
    for n, option in enumerate(options):
        faults += _option(option, f"/options/{n}")
    return faults


def _option(option: Args, where: str) -> Iterator[str]:
    yield from _plain(option["text"], 75, f"{where}/text")
    if "description" in option:
        yield from _plain(option["description"], 75, f"{where}/description")
    if not 1 <= len(option["value"]) <= 150:
        yield f"must be less than 151 characters [json-pointer:{where}/value]"


def _confirm(confirm: Args | None, where: str) -> Iterator[str]:
    if confirm is None:
        return
    for part, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _plain(confirm[part], most, f"{where}/{part}")


def _many(items: Sequence[object], most: int, where: str) -> Iterator[str]:
    if not items:
        yield f"no less than 1 item required [json-pointer:{where}]"
    if len(items) > most:
        yield f"no more than {most} items allowed [json-pointer:{where}]"


def _plain(node: Args, most: int, where: str) -> Iterator[str]:
    """Plain text only: mrkdwn in a block would bring other people's words to life."""
    if node.get("type") != "plain_text":
        yield f"unsupported type: {node.get('type')} [json-pointer:{where}/type]"
    if not node.get("text"):
        yield f"must be more than 0 characters [json-pointer:{where}/text]"
    if len(str(node.get("text", "")).encode("utf-16-le", "surrogatepass")) // 2 > most:
        yield f"must be less than {most + 1} characters [json-pointer:{where}/text]"
