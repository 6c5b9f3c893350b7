"""The guide to the first runbook, done word for word: its files, its commands, its answers."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.unit.cli.conftest import CommandLine

GUIDE = (Path(__file__).parents[3] / "docs" / "runbooks.md").read_text()
RUNBOOK, CASES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_every_command_of_the_guide_answers_what_the_guide_says(
    firewarden: CommandLine, folder: Path
) -> None:
    tests = folder / "runbooks" / "tests"
    tests.mkdir(parents=True)
    (tests.parent / "queue-stuck.yaml").write_text(RUNBOOK)
    (tests / "queue-stuck.yaml").write_text(CASES)
    answered = [(line, _typed(line, firewarden, folder)) for line, _ in commands()]
    assert answered == list(commands())


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command that the guide types, with the answer that it shows below."""
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL):
        for command in block.split("$ ")[1:]:
            line, _, answer = command.partition("\n")
            yield line, answer


def _typed(line: str, firewarden: CommandLine, folder: Path) -> str:
    words = shlex.split(line)
    if words[0] == "echo":
        _, text, _, name = words
        with (folder / name).open("a") as file:
            file.write(f"{text}\n")
        return ""
    assert words[0] == "firewarden"
    said = firewarden(*words[1:])
    return said.out + said.err
