"""Names in the policy that must be defined elsewhere: people, groups, services, runbooks ...

Works on the tree and not on the model, so that an unknown name is told beside a wrong shape.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import Fault
from bot.yamltext import Node, listed, nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names that are defined outside the policy file."""

    runbooks: frozenset[str]
    templates: frozenset[str]
    sources: frozenset[str]


def reference_faults(root: Node, known: Known | None) -> Iterator[Fault]:
    """Yield a fault for every name that is defined nowhere, or twice.

    `known` None: names that live outside the file are taken on trust.
    """
    words = {what: frozenset(_keys(root, path)) for what, path in _DEFINED.items()}
    words["platform"] = _PLATFORMS
    words["zone"] = frozenset(str(node.value) for node in _at(root, "hosts/*/zone"))
    if known is not None:
        words |= {
            "runbook": known.runbooks,
            "template": known.templates,
            "alert source": known.sources,
        }
    for path, what in _REFERENCES:
        if what in words:
            yield from _unknown(root, path, what, words[what])
    for scope, path, what in _UNIQUE:
        for node in _at(root, scope):
            yield from _repeated(node, path, what)


_DEFINED: Final[Mapping[str, str]] = {
    "person": "people",
    "group": "groups",
    "service": "services",
    "host": "hosts",
    "escalation": "paging/escalations",
}

# A star stands for every item of a list and every value of a mapping.
_REFERENCES: Final = (
    ("groups/*/*", "person"),
    ("approvals/rules/*/quorum/*/groups/*", "group"),
    ("approvals/rules/*/services/*", "service"),
    ("approvals/rules/*/runbooks/*", "runbook"),
    ("approvals/rules/*/zones/*", "zone"),
    ("paging/default", "escalation"),
    ("paging/escalations/*/group", "group"),
    ("paging/escalations/*/people/*", "person"),
    ("chat/platforms/*", "platform"),
    ("audiences/*/template", "template"),
    ("hosts/*/service", "service"),
    ("hosts/*/jump", "host"),
    ("alerts/routes/*/source", "alert source"),
    ("alerts/routes/*/pages", "escalation"),
    ("alerts/routes/*/runbook", "runbook"),
)

# Within each node at the first path, the words at the second may occur once.
_UNIQUE: Final = (
    ("approvals/rules", "*/name", "rule"),
    ("alerts/routes", "*/name", "route"),
    ("people", "*/accounts/slack/*", "Slack account"),
    ("people", "*/accounts/telegram/*", "Telegram account"),
    ("people", "*/accounts/console/*", "seat"),
    ("people", "*/email", "e-mail address"),
    ("groups/*", "*", "member"),
)

_PLATFORMS: Final = frozenset({"console", "slack", "telegram"})


def _unknown(root: Node, path: str, what: str, words: Collection[str]) -> Iterator[Fault]:
    for node in _at(root, path):
        word = node.value
        if isinstance(word, str) and word not in words:
            hint = nearest(word, words) or f"known: {listed(words)}"
            yield node.fault(f"unknown {what} {word!r}", hint)


def _repeated(scope: Node, path: str, what: str) -> Iterator[Fault]:
    nodes = [node for node in _at(scope, path) if isinstance(node.value, str | int)]
    counts = Counter(map(_word, nodes))
    first = {_word(node): node for node in reversed(nodes)}
    for node in nodes:
        word = str(node.value)
        before = first[_word(node)]
        if counts[_word(node)] > 1 and node is not before:
            place = f"{before.file}:{before.line}"
            message = f"the {what} {word!r} is given twice, first at {place}"
            yield node.fault(message, "take one of them out, or change it")


def _word(node: Node) -> str:
    """Return what must not come twice; an address means the same in whatever case."""
    word = str(node.value)
    return word.lower() if "@" in word else word


def _at(root: Node, path: str) -> Iterator[Node]:
    """Yield every node at `path`; a single value stands for a list of one."""
    step, _, rest = path.partition("/")
    for node in _step(root, step):
        if rest:
            yield from _at(node, rest)
        else:
            yield node


def _step(node: Node, step: str) -> Iterator[Node]:
    if step != "*":
        child = node.child(step)
        yield from () if child is None else (child,)
    elif isinstance(node.value, Mapping):
        yield from node.value.values()
    elif isinstance(node.value, tuple):
        yield from node.value
    else:
        yield node


def _keys(root: Node, path: str) -> Iterator[str]:
    for node in _at(root, path):
        if isinstance(node.value, Mapping):
            yield from node.value
