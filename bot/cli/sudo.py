"""Which sudo commands approved steps may need on one host, word for word."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from bot.values import Host
from runbooks.expressions import Expression
from runbooks.loader import Runbook
from runbooks.model import Document, EnumParameter, HostParameter, ServiceParameter
from runbooks.sites import sites
from runbooks.sudo import sudo_form
from runbooks.templates import CommandLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Commands without the word `sudo`; `open` are the forms whose words only a run can know."""

    exact: tuple[tuple[str, ...], ...]
    open: tuple[str, ...]


def needed(runbooks: Iterable[Runbook], host: Host) -> Needed:
    """Return what the runbooks need on `host`, in their order, each once."""
    exact: dict[tuple[str, ...], None] = {}
    unknown: dict[str, None] = {}
    for runbook in runbooks:
        for site in sites(runbook.document):
            if site.line is None or site.line.literal[0] != "sudo":
                continue
            found = list(_spelled(runbook.document, site.line, host))
            exact |= dict.fromkeys(found)
            if not found:
                unknown[sudo_form(runbook.document, site.line)] = None
    return Needed(exact=tuple(exact), open=tuple(unknown))


def _spelled(document: Document, line: CommandLine, host: Host) -> Iterator[tuple[str, ...]]:
    """Yield the command for every value that its parameters can have here; nothing where open."""
    values = _values(document, host)
    names = [piece for word in line.words for piece in word if isinstance(piece, Expression)]
    texts = list(dict.fromkeys(name.text for name in names))
    if not all(text in values for text in texts):
        return
    for chosen in product(*(values[text] for text in texts)):
        value = dict(zip(texts, chosen, strict=True))
        words = tuple(
            "".join(piece if isinstance(piece, str) else value[piece.text] for piece in word)
            for word in line.words
        )
        yield _without_sudo(words)


def _values(document: Document, host: Host) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, parameter in document.parameters.items():
        match parameter:
            case HostParameter():
                found[name] = (str(host.name),)
            case ServiceParameter():
                found[name] = (host.service,)
            case EnumParameter(values=values):
                found[name] = tuple(values)
            case _:
                pass
    return found


def _without_sudo(words: tuple[str, ...]) -> tuple[str, ...]:
    rest = list(words[1:])
    while rest and rest[0] in {"-n", "--non-interactive", "--"}:
        rest.pop(0)
    return tuple(rest)
