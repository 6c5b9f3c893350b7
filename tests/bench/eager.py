"""`firewarden serve` after every dependency and every module of ours has been imported."""

import importlib
import pkgutil
import sys

DEPENDENCIES = (
    *("aiohttp.web", "apscheduler.schedulers.asyncio", "jinja2", "paramiko", "pydantic"),
    *("pydantic_settings", "re2", "slack_bolt.async_app", "sqlite_utils", "telegram.ext", "yaml"),
)
"""What `pyproject.toml` names, each at the door that a program goes in by."""

OURS = ("bot", "cards", "handlers", "runbooks")


def import_everything() -> None:
    """Import it all; the programs among them do nothing on import."""
    for name in DEPENDENCIES:
        importlib.import_module(name)
    for name in OURS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)


if __name__ == "__main__":
    import_everything()
    from bot.cli.main import main

    sys.exit(main(["serve"]))
