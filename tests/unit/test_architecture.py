"""The direction of imports is a law: contracts of import-linter, and one owner per library."""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "cards", "handlers", "runbooks")

# A library that does I/O is imported by its adapter package and by nobody else.
OWNERS = {
    # The server; and those that call out: pages as webhooks, HTTP checks, issuers of sign-ins.
    # Slack's client lets aiohttp's errors through, which its adapter must know to translate.
    "aiohttp": {
        "bot.adapters.http",
        "bot.adapters.oidc",
        "bot.adapters.probe",
        "bot.adapters.slack",
        "bot.adapters.webhook",
    },
    "apscheduler": {"bot.adapters.timers"},
    "jwt": {"bot.adapters.oidc"},
    "paramiko": {"bot.adapters.ssh", "bot.adapters.practice"},
    "slack_bolt": {"bot.adapters.slack"},
    "slack_sdk": {"bot.adapters.slack"},
    "sqlite3": {"bot.adapters.sqlite", "bot.adapters.console", "bot.adapters.telegram"},  # own keys
    "sqlite_utils": {"bot.adapters.sqlite", "bot.adapters.console"},
    "telegram": {"bot.adapters.telegram"},
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_every_import_contract_is_kept() -> None:
    # A process of its own: the linter turns off every log that was there before it.
    line = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_library_that_does_io_is_imported_by_its_adapter_alone(
    library: str, graph: grimp.ImportGraph
) -> None:
    importers = (
        graph.find_modules_that_directly_import(library) if library in graph.modules else set()
    )
    assert {_adapter(module) for module in importers} <= OWNERS[library]


def test_every_module_has_its_place_in_the_layers(graph: grimp.ImportGraph) -> None:
    known = {
        *("__main__", "adapters", "app", "cli", "config", "domain", "errors", "ports", "records"),
        *("redaction", "requests", "usecases", "values", "yamltext"),
    }
    assert {module.removeprefix("bot.") for module in graph.find_children("bot")} <= known


def _adapter(module: str) -> str:
    return ".".join(module.split(".")[:3])
