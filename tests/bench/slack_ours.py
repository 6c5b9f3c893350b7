"""Ours in the Slack figures: everything that `firewarden serve` runs, set up by the environment.

Its hosts are one sshd of the account that measures: the policy must name two accounts, one that
only looks and one that acts, and both become that one. `python -m tests.bench.slack_ours CPU`.
"""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from bot.app.serving import serving
from bot.cli.serve import collect_seldom
from bot.config import load_settings


async def serve() -> None:
    """Serve until killed."""
    async with serving(load_settings(Path(os.devnull))) as (service, _):
        current = service._base.current
        hosts = {
            name: replace(host, observe_user=host.change_user)
            for name, host in current.policy.hosts.items()
        }
        current.replace(replace(current.policy, hosts=hosts), current.documents)
        collect_seldom()
        await asyncio.Event().wait()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    asyncio.run(serve())
