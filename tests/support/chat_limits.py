"""Strict readers of what the renderers write: limits and what a client would bring to life."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from bot.values import Json

LIVELY = re.compile(
    r"@\w{2,}|\w://|\bwww\.|(?<!\w)/[a-z]\w+|(?<!\w)#[A-Za-z]\w+|\w\.(?:example|com|org|net)\b"
)
"""What Telegram's clients make a mention, link, command or tag of, outside code."""


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# --- Slack ------------------------------------------------------------------------------------

LONGEST = {"header": 150, "context": 2000}


@dataclass(slots=True)
class SlackReading:
    """What a message would show and bring to life."""

    text: str = ""
    users: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def read_slack(blocks: Sequence[Mapping[str, Json]]) -> SlackReading:
    """Read blocks as strictly as Slack does; any limit that is passed fails the test."""
    reading = SlackReading()
    assert 1 <= len(blocks) <= 50
    for block in blocks:
        _read_block(block, reading)
    assert units(reading.text) <= 13_200
    return reading


def _read_block(block: Mapping[str, Json], reading: SlackReading) -> None:
    match block["type"]:
        case "header":
            _read_plain(block["text"], 150, reading)
        case "context":
            elements = _list(block["elements"])
            assert 1 <= len(elements) <= 10
            for element in elements:
                _read_plain(element, 2000, reading)
        case "rich_text":
            before = units(reading.text)
            for element in _list(block["elements"]):
                _read_rich(_map(element), reading)
            assert units(reading.text) - before <= 3100
        case "actions":
            elements = _list(block["elements"])
            assert 1 <= len(elements) <= 25
            ids = [str(_map(e)["action_id"]) for e in elements]
            assert len(ids) == len(set(ids))
            for element in elements:
                _read_action(_map(element), reading)
        case other:
            raise AssertionError(other)


def _read_rich(element: Mapping[str, Json], reading: SlackReading) -> None:
    assert element["type"] in {"rich_text_section", "rich_text_preformatted"}
    nodes = _list(element["elements"])
    assert nodes
    for raw in nodes:
        node = _map(raw)
        match node["type"]:
            case "text":
                assert isinstance(node["text"], str)
                assert node["text"] != ""
                reading.text += node["text"]
            case "user":
                reading.users.append(str(node["user_id"]))
            case "link":
                assert len(str(node["url"])) <= 3000
                reading.links.append(str(node["url"]))
                reading.text += str(node["text"])
            case other:
                raise AssertionError(other)


def _read_action(element: Mapping[str, Json], reading: SlackReading) -> None:
    silent = SlackReading()
    if element["type"] == "button":
        _read_plain(element["text"], 75, silent)
        assert 1 <= len(str(element["value"])) <= 2000
        reading.values.append(str(element["value"]))
        assert element.get("style") in {None, "primary", "danger"}
        if "confirm" in element:
            confirm = _map(element["confirm"])
            _read_plain(confirm["title"], 100, silent)
            _read_plain(confirm["text"], 300, silent)
            _read_plain(confirm["confirm"], 30, silent)
            _read_plain(confirm["deny"], 30, silent)
        return
    if element["type"] == "external_select":
        assert "options" not in element
        return
    assert element["type"] == "static_select"
    for option in _options(element):
        _read_plain(option["text"], 75, silent)
        assert 1 <= len(str(option["value"])) <= 150
        reading.values.append(str(option["value"]))


def _options(menu: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    groups = [menu] if "options" in menu else [_map(g) for g in _list(menu["option_groups"])]
    assert 1 <= len(groups) <= 100
    for group in groups:
        options = _list(group["options"])
        assert 1 <= len(options) <= 100
        yield from (_map(option) for option in options)


def _read_plain(node: Json, most: int, reading: SlackReading) -> None:
    plain = _map(node)
    assert plain["type"] == "plain_text"
    assert plain["emoji"] is False
    assert isinstance(plain["text"], str)
    assert 1 <= units(plain["text"]) <= most
    reading.text += plain["text"]


def _map(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, Mapping)
    return value


def _list(value: Json) -> Sequence[Json]:
    assert isinstance(value, list)
    return value


# --- Telegram ---------------------------------------------------------------------------------

_NESTING = {"b": True, "code": False, "pre": False, "a": True}
_ESCAPES = re.compile(r"&(?!(?:lt|gt|amp|quot);|#\d+;|#x[0-9a-f]+;)")


@dataclass(slots=True)
class TelegramReading:
    """The text after parsing, the part of it outside code, links, and how many entities."""

    text: str = ""
    outside: str = ""
    links: list[str] = field(default_factory=list)
    entities: int = 0


def read_telegram(html: str) -> TelegramReading:
    """Read HTML as strictly as the Bot API does; any limit that is passed fails the test."""
    assert not _ESCAPES.search(html)
    parser = _Telegram()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert 1 <= units(parser.reading.text) <= 4096
    assert parser.reading.text.strip()
    assert parser.reading.entities <= 100
    return parser.reading


class _Telegram(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.reading = TelegramReading()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _NESTING, tag
        assert all(_NESTING[outer] for outer in self.open), "nothing nests in code"
        allowed = {"href"} if tag == "a" else set()
        assert {name for name, _ in attrs} <= allowed
        self.reading.entities += 1
        self.reading.links += [value or "" for _, value in attrs]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.reading.text += data
        if not {"code", "pre", "a"} & set(self.open):
            self.reading.outside += data
        elif self.reading.outside[-1:] != " ":
            self.reading.outside += " "

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)
