"""The log tells what happened and for whom, in one form for eyes and one for collectors."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.adapters.logs import hold_secrets, start_log
from bot.redaction import Redactor
from bot.usecases.about import about_request, about_stream
from bot.values import StreamRef


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """Give the process's log back as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


def lines_of(*, as_json: bool, secrets: tuple[str, ...] = ()) -> io.StringIO:
    out = io.StringIO()
    start_log("info", Redactor(secrets), as_json=as_json, to=out)
    return out


def test_a_text_line_says_level_place_message_and_whom_it_is_about(root: logging.Logger) -> None:
    out = lines_of(as_json=False)
    incident = StreamRef(kind="incident", id="i1")
    with about_request("slack:1"), about_stream(incident):
        root.getChild("delivery").warning("%s waits", "post:1")
    assert out.getvalue()[24:] == " WARNING delivery: post:1 waits request=slack:1 incident=i1\n"
    assert out.getvalue()[10] == "T"
    assert out.getvalue()[23] == "Z"


def test_a_json_line_is_one_object_with_the_same(root: logging.Logger) -> None:
    out = lines_of(as_json=True)
    with about_request("slack:1"):
        root.getChild("delivery").error("two\nlines")
    said = json.loads(out.getvalue())
    del said["at"]
    assert said == {
        "level": "error",
        "logger": "delivery",
        "message": "two\nlines",
        "request": "slack:1",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_no_secret_is_logged_in_a_message_or_a_trace(
    root: logging.Logger, *, as_json: bool
) -> None:
    out = lines_of(as_json=as_json, secrets=("hunter2-hunter2",))
    hold_secrets(Redactor(["hunter2-hunter2", "made-later-9"]))
    root.error("token %s failed", "made-later-9", exc_info=ValueError("no: hunter2-hunter2"))
    assert "hunter2" not in out.getvalue()
    assert "made-later" not in out.getvalue()
    assert "token [redacted: known secret] failed" in out.getvalue()
    assert "ValueError: no: [redacted: known secret]" in out.getvalue()


def test_text_of_others_forges_no_line_and_no_colour(root: logging.Logger) -> None:
    out = lines_of(as_json=False)
    root.error("host said: %s", "ok\n2026-01-01T00:00:00.000Z ERROR root: forged \x1b[31m")
    assert out.getvalue()[24:] == (
        " ERROR   root: host said: ok\n"
        "    2026-01-01T00:00:00.000Z ERROR root: forged [U+001B][31m\n"
    )


def test_less_than_the_chosen_level_is_not_logged(root: logging.Logger) -> None:
    out = lines_of(as_json=False)
    root.debug("noise")
    assert out.getvalue() == ""


def test_starting_again_replaces_the_log(root: logging.Logger) -> None:
    first, second = lines_of(as_json=False), lines_of(as_json=False)
    root.warning("once")
    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1
