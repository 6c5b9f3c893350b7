"""Whoever does not use a sign-in does not pay for it: nothing of it is loaded."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LATE = ("jwt", "cryptography", "bot.adapters.oidc", "bot.adapters.http.tls")


def loaded(*modules: str) -> set[str]:
    """Return which of the late modules a fresh process has loaded after importing these."""
    imports = "\n".join(f"import {module}" for module in modules)
    ask = f"import sys\n{imports}\nprint(*[name for name in {LATE!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_before_the_first_alert_nothing_of_a_sign_in_is_loaded() -> None:
    assert loaded("bot.cli.serve", "bot.app.serving", "bot.app.entering") == set()


def test_a_bot_without_an_issuer_never_loads_what_one_takes() -> None:
    assert loaded("bot.app.service", "bot.app.signing_in") == set()


def test_the_parts_that_are_late_are_there() -> None:
    assert loaded("bot.app.service", "bot.adapters.oidc.routes", "bot.adapters.http.tls") == set(
        LATE
    )
