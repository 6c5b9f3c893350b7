"""A team's policy file over the package's: which sections merge, and which replace."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.config.document import PolicyDocument, Section
from bot.errors import Fault
from bot.yamltext import Node


def layered(package: Node, team: Node) -> Node:
    """Return one tree of both files; every node keeps the place that it came from."""
    merged = _merged(package, team, PolicyDocument)
    merged = _with_items(merged, ("approvals", "rules"), _items(package, "approvals", "rules"))
    return _with_items(merged, ("alerts", "routes"), _drill_routes(package))


def gaps(team: Node) -> Iterator[Fault]:
    """Say which sections a team must write together."""
    people = team.child("people")
    if people is not None and team.child("groups") is None:
        yield people.key_fault(
            "people without groups: nobody could respond or approve",
            "write the section 'groups' too",
        )


def _merged(package: Node, team: Node, section: type[Section]) -> Node:
    if not isinstance(package.value, Mapping) or not isinstance(team.value, Mapping):
        return team
    parts = _merged_parts(section)
    value = dict(package.value)
    for key, node in team.value.items():
        below = package.value.get(key)
        value[key] = _merged(below, node, parts[key]) if below and key in parts else node
    return replace(team, value=MappingProxyType(value))


def _merged_parts(section: type[Section]) -> Mapping[str, type[Section]]:
    """Return the keys of `section` whose values are merged key by key."""
    return {
        info.alias or name: info.annotation
        for name, info in section.model_fields.items()
        if isinstance(info.annotation, type)
        and issubclass(info.annotation, Section)
        and info.annotation.merged
    }


def _drill_routes(package: Node) -> tuple[Node, ...]:
    # A drill pages nobody: its alerts must never fall through to a team's route.
    return tuple(
        route
        for route in _items(package, "alerts", "routes")
        if (drill := route.child("drill")) is not None and drill.value is True
    )


def _items(root: Node, *path: str) -> tuple[Node, ...]:
    node = root.at(path)
    return node.value if isinstance(node.value, tuple) else ()


def _with_items(root: Node, path: tuple[str, str], first: tuple[Node, ...]) -> Node:
    """Put `first` before the items at `path`, unless they are there already."""
    outer, inner = path
    section = root.child(outer)
    if not isinstance(root.value, Mapping) or section is None:
        return root
    items = section.child(inner)
    if (
        not isinstance(section.value, Mapping)
        or items is None
        or not isinstance(items.value, tuple)
    ):
        return root
    whole = first + tuple(item for item in items.value if item not in first)
    grown = {**section.value, inner: replace(items, value=whole)}
    section = replace(section, value=MappingProxyType(grown))
    return replace(root, value=MappingProxyType({**root.value, outer: section}))
