"""A port that somebody else has is no reason not to start, and is said."""

import socket
from pathlib import Path

from bot.app.serving import serving
from bot.config import load_settings


async def started_on(folder: Path, listen: str) -> list[str]:
    env = folder / "env"
    env.write_text(f"FIREWARDEN_LISTEN={listen}\nFIREWARDEN_DATA={folder / 'data'}\n")
    said: list[str] = []
    async with serving(load_settings(env), said.append) as (_, running):
        return [line.replace(running.console, "HERE") for line in said]


async def test_a_busy_port_moves_to_the_next_free_one_and_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        asked = f"127.0.0.1:{taken.getsockname()[1]}"
        said = await started_on(tmp_path, asked)
    assert said[0] == f"Listening on HERE, because {asked} is in use"


async def test_where_the_system_chooses_the_port_there_is_nothing_to_explain(
    tmp_path: Path,
) -> None:
    assert (await started_on(tmp_path, "127.0.0.1:0"))[0] == "Listening on HERE"
