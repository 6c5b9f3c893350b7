"""What holds for every test: with CI=true a skipped test fails the run."""

import os

import pytest


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which something was skipped, where nothing may be missing."""
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what was skipped although CI=true."""
    for report in _skipped(config):
        terminalreporter.write_line(f"SKIPPED WITH CI=true: {report.nodeid}", red=True)


def _skipped(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or not isinstance(reporter, pytest.TerminalReporter):
        return []
    return [
        report for report in reporter.stats.get("skipped", []) if not hasattr(report, "wasxfail")
    ]
