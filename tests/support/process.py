"""A Firewarden as a process of its own, to be killed at any moment and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.adapters.practice.host import default_scratch
from bot.adapters.practice.place import LEDGER
from bot.app.base import opened
from bot.config import load_settings
from bot.usecases.seats import TokenKind
from tests.support.bot import Seated
from tests.support.waiting import until

SERVE = (sys.executable, "-m", "bot", "serve")


@dataclass(slots=True, kw_only=True)
class Process:
    """One life of the bot after the other, on the same data folder and port."""

    folder: Path
    port: int
    session: aiohttp.ClientSession
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings beyond port and data folder, by their names in the environment."""
    life: asyncio.subprocess.Process | None = None

    async def start(self, command: Sequence[str] = SERVE) -> None:
        """Begin a life with a command that becomes the bot; returns once it is ready."""
        await self.begin(command)
        await until(self._ready, seconds=30)

    async def begin(self, command: Sequence[str] = SERVE) -> None:
        """Begin a life, and wait for nothing."""
        log = (self.folder / f"log-{self.port}").open("ab")
        self.life = await asyncio.create_subprocess_exec(
            *command, env=self._environment(), stdout=log, stderr=log
        )
        log.close()

    async def kill(self) -> None:
        """End the life with SIGKILL: nothing is flushed, nothing is said."""
        if self.life is not None and self.life.returncode is None:
            self.life.send_signal(signal.SIGKILL)
            await self.life.wait()

    def send(self, sign: signal.Signals) -> None:
        """Send a signal to the life that runs."""
        assert self.life is not None
        self.life.send_signal(sign)

    async def ended(self) -> int:
        """Wait for the end of the life; returns its exit status."""
        assert self.life is not None
        return await self.life.wait()

    async def seat(self, name: str) -> Seated:
        """Make a token for a seat, from another process than the bot's."""
        async with opened(load_settings(self.env_file())) as base:
            token = await base.seats.make_token(name, TokenKind.ANSWER)
        return Seated(address=self.address, token=token, session=self.session)

    def ledger(self) -> tuple[str, ...]:
        """Return the state-changing commands that the practice host began, by its own account."""
        file = default_scratch(self.folder / "data") / LEDGER
        return tuple(file.read_text().splitlines()) if file.exists() else ()

    @property
    def address(self) -> str:
        """`host:port` of the console and the alerts."""
        return f"127.0.0.1:{self.port}"

    async def _ready(self) -> bool:
        assert self.life is not None
        assert self.life.returncode is None, (self.folder / f"log-{self.port}").read_text()
        try:
            async with self.session.get(f"http://{self.address}/readyz") as got:
                return got.status == 200
        except aiohttp.ClientError:
            return False

    def env_file(self) -> Path:
        """Write the settings to a file and return it."""
        file = self.folder / f"env-{self.port}"
        file.write_text("".join(f"{k}={v}\n" for k, v in self._settings().items()))
        return file

    def _settings(self) -> dict[str, str]:
        return {
            "FIREWARDEN_LISTEN": self.address,
            "FIREWARDEN_DATA": str(self.folder / "data"),
            **self.settings,
        }

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], **self._settings()}


@asynccontextmanager
async def process(folder: Path, port: int) -> AsyncIterator[Process]:
    """Yield a bot that is not started yet; whatever is left of it is ended afterwards."""
    async with aiohttp.ClientSession() as session:
        lives = Process(folder=folder, port=port, session=session)
        try:
            yield lives
        finally:
            await lives.kill()
            # A last, gentle life adopts the practice host and ends it.
            await lives.start()
            assert lives.life is not None
            lives.life.send_signal(signal.SIGTERM)
            await lives.life.wait()


@asynccontextmanager
async def team_process(
    folder: Path, port: int, policy: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """Yield a started bot of a team: no practice host; several may share one folder."""
    async with aiohttp.ClientSession() as session:
        chosen = {"FIREWARDEN_POLICY": str(policy), **(settings or {})}
        lives = Process(folder=folder, port=port, session=session, settings=chosen)
        try:
            await lives.start()
            yield lives
        finally:
            await lives.kill()
