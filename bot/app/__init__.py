"""The only place where everything is wired: settings in, a running Firewarden out.

`opened` is enough for every command but `serve`, which runs inside `serving`.
"""

from bot.app.base import Base, load_current, opened
from bot.app.chats import slack_access
from bot.app.service import SEATS, Running, Service
from bot.app.serving import serving

__all__ = [
    "SEATS",
    "Base",
    "Running",
    "Service",
    "load_current",
    "opened",
    "serving",
    "slack_access",
]
