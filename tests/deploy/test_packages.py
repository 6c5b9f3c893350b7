"""What runs with us: every package pinned by hash, needed by somebody, under a licence we know."""

import re
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
INSTALLER: Final = {"pip", "setuptools"}
"""What `pip install .` itself needs; see the `build` extra."""

LICENCES: Final = {
    "Apache License, Version 2.0",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 AND MIT",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "LGPL-2.1",  # paramiko: used as a library, unchanged
    "LGPL-3.0-only",  # python-telegram-bot: as above
    "MIT",
    "MIT License",
    "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)",  # certifi: a list of certificates, unchanged
    "PSF-2.0",
    "Public Domain",
    "Python Software Foundation License",
}
"""Each one was read; a package under another one waits for somebody to read that."""


def pinned(file: str) -> dict[str, list[str]]:
    """Return each package of a requirements file with the words behind its pin."""
    text = re.sub(r"#.*", "", (ROOT / file).read_text("utf-8")).replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    return {words[0]: words[1:] for words in lines}


def names(file: str) -> set[str]:
    return {canonicalize_name(re.split(r"[=\[]", pin)[0]) for pin in pinned(file)}


def needed(asked: str) -> set[str]:
    """Return everything that a requirement brings along here, by name."""
    found: set[str] = set()
    waiting = [Requirement(asked)]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        extras = {"", *requirement.extras}
        if name in found and not requirement.extras:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            more = Requirement(text)
            if more.marker is None or any(more.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(more)
    return found


def licence(name: str) -> str:
    said = metadata.metadata(name)
    if expression := said.get_all("License-Expression"):
        return str(expression[0])
    classified = [c.rpartition(" :: ")[2] for c in said.get_all("Classifier") or () if "Lic" in c]
    return "; ".join(classified) or str((said.get_all("License") or ["none"])[0])


def test_every_package_that_runs_is_pinned_with_a_hash() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        found = pinned(file)
        assert len(found) > 30
        for pin, words in found.items():
            assert re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[0-9][\w.!+]*", pin), pin
            assert words, pin
            assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word) for word in words), pin


def test_nothing_runs_that_nobody_asked_for() -> None:
    wanted = set().union(*(needed(text) for text in _asked()))
    assert names("requirements.txt") - wanted - INSTALLER == set()


def test_every_package_that_runs_has_a_licence_that_we_have_read() -> None:
    unread = {name: licence(name) for name in names("requirements.txt")}
    assert {n: words for n, words in unread.items() if words not in LICENCES} == {}


def test_what_runs_is_what_was_pinned() -> None:
    for pin in pinned("requirements.txt"):
        name, _, version = pin.partition("==")
        assert metadata.version(name.partition("[")[0]) == version, name


def _asked() -> list[str]:
    """Return what pyproject.toml asks for, of the package as it is installed."""
    return [text for text in metadata.requires("firewarden") or () if "extra" not in text]
