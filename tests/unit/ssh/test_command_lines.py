"""Command lines survive a real shell, and the words that the receipt wrapper decodes are safe."""

import random
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ssh.receipts import SCRIPT, decoded, encoded, run_line
from bot.ports import Attempt
from bot.values import OnDeadline

VECTORS = 100_000
BATCH = 2_000
PIECES = (
    *("'", '"', "`", "$", "$(id)", "\\", "\n", "\t", " ", ";", "&", "|", "<", ">", "*", "?", "~"),
    *("#", "!", "-", "--", "-o", "=", "%s", "+", "+101", "a", "word", "é", "漢字", "🔥", "\udcff"),
)
SAFE = re.compile(r"[A-Za-z0-9_./:=@%,^+ -]+")


def test_a_hundred_thousand_argument_vectors_survive_one_real_shell() -> None:
    vectors = _vectors(random.Random(5))
    while batch := list(islice(vectors, BATCH)):
        script = "\n".join(f"printf '%s\\0' {shlex.join(words)}" for words in batch)

        assert _shell(script) == [word for words in batch for word in words]


def test_what_the_wrapper_decodes_in_its_shell_is_what_was_encoded() -> None:
    words = [word for words in islice(_vectors(random.Random(6)), 1500) for word in words]
    decode = re.search(r"^decode\(\) \{\n.*?^\}\n", SCRIPT.read_text(), re.MULTILINE | re.DOTALL)
    assert decode is not None
    script = decode[0] + "\n".join(
        f"decode {encoded(word)}; printf '%s\\0' \"$decoded\"" for word in words
    )

    assert _shell("set -f\n" + script) == words


@given(st.text(st.characters(exclude_characters="\0")))
def test_an_encoded_word_means_nothing_to_any_shell_and_decodes_to_itself(word: str) -> None:
    raw = word.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")

    assert SAFE.fullmatch(encoded(raw))
    assert decoded(encoded(raw)) == raw


def test_the_whole_line_of_a_change_is_plain_words() -> None:
    line = run_line(
        Attempt(key="ssh:run.step.host.1; rm -rf /", digest="$(digest)"),
        ("rm", "-rf", "/srv/a b", "$(id)"),
        "boot id",
        timedelta(minutes=2),
        OnDeadline.KILL,
    )

    assert SAFE.fullmatch(line)
    assert line.startswith("firewarden-receipt run ")
    assert line.endswith(" boot+040id 120 kill rm -rf /srv/a+040b +044+050id+051")


def _vectors(chance: random.Random) -> Iterator[tuple[str, ...]]:
    for _ in range(VECTORS):
        size = chance.randrange(1, 5)
        yield tuple("".join(chance.choices(PIECES, k=chance.randrange(5))) for _ in range(size))


def _shell(script: str) -> list[str]:
    raw = script.encode("utf-8", "surrogateescape")
    said = subprocess.run(["/bin/sh"], input=raw, capture_output=True, check=True).stdout
    return said.decode("utf-8", "surrogateescape").split("\0")[:-1]
