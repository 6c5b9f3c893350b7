"""A strict reading of HTML fragments: every tag closed, and what the fragment holds."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "input", "img", "hr", "meta", "link"})


@dataclass(slots=True)
class Element:
    """One element: `text` is all the text in it, in order."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, tag: str) -> list["Element"]:
        """Return every element of that name below, in order."""
        return [e for c in self.children for e in ([c] if c.tag == tag else []) + c.all(tag)]

    def shape(self) -> tuple[object, ...]:
        """Return tags and attribute names alone: what text must never be able to change."""
        inner = tuple(child.shape() for child in self.children)
        return (self.tag, tuple(sorted(self.attributes)), inner)


def parsed(fragment: str) -> Element:
    """Return a root over the fragment; a tag that is not closed in order fails the test."""
    reader = _Reader()
    reader.feed(fragment)
    reader.close()
    assert [e.tag for e in reader.open] == ["root"], f"unclosed: {reader.open[1:]}"
    return reader.open[0]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element(tag="root", attributes={})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"attribute twice in <{tag}>"
        element = Element(tag=tag, attributes={name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)
