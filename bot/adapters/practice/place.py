"""What the scratch folder of a practice host holds, and how it gets there."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.adapters.ssh.receipts import SCRIPT, WRAPPER

MARK = "firewarden-practice"
"""A file that says that a folder is ours to fill and to empty."""

KEYS = ("host_key", "observe_key", "change_key")
"""Private keys in the data folder, each beside its public line (`host_key.pub`)."""

STATE = "state.json"
OWNER = "owner.json"
LEDGER = "ledger"
ROOT = "root"
"""The practice host's file system: `/scratch` is `root/scratch`."""

_STAND_INS = Path(__file__).with_name("stand-ins")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningProcess:
    """A process by pid and start time (clock ticks since boot): a pid alone may be given again."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "RunningProcess | None":
        """Return the process as it runs now; None where it is gone or a zombie."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        fields = stat.rpartition(") ")[2].split()
        return None if fields[0] == "Z" else cls(pid=pid, started=int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return RunningProcess.of(self.pid) == self


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a serving practice host says of itself."""

    process: RunningProcess
    port: int
    health_port: int
    version: str
    host_key: str

    def write(self) -> None:
        """Put it where the next start finds it, as a whole."""
        said = {
            "pid": self.process.pid,
            "started": self.process.started,
            "port": self.port,
            "health_port": self.health_port,
            "version": self.version,
            "host_key": self.host_key,
        }
        _write_whole(Path(STATE), json.dumps(said))

    @classmethod
    def read(cls, scratch: Path) -> "State | None":
        """Read it; None where there is none or it is not readable as one."""
        try:
            said = json.loads(read_plain(scratch / STATE))
            return cls(
                process=RunningProcess(pid=int(said["pid"]), started=int(said["started"])),
                port=int(said["port"]),
                health_port=int(said["health_port"]),
                version=str(said["version"]),
                host_key=str(said["host_key"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the starter says, as JSON on standard input: the bot's pid, ports, and keys."""

    owner: int
    port: int
    health_port: int
    host_key: str
    observe: str
    change: str

    def to_json(self) -> str:
        """Write what `read` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Wishes":
        """Read what the starter wrote."""
        said = json.loads(text)
        return cls(
            owner=int(said["owner"]),
            port=int(said["port"]),
            health_port=int(said["health_port"]),
            host_key=str(said["host_key"]),
            observe=str(said["observe"]),
            change=str(said["change"]),
        )


def version() -> str:
    """Return a hash over everything that makes a practice host what it is."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *_STAND_INS.iterdir(), SCRIPT]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def programs() -> dict[str, bytes]:
    """Return the files of `bin` and `libexec` by their path in the scratch folder."""
    found = {f"bin/{path.name}": path.read_bytes() for path in _STAND_INS.iterdir()}
    for name in [name for name in found if name.endswith(".sh")]:
        found[f"libexec/{name.removeprefix('bin/')}"] = found.pop(name)
    found[f"libexec/{WRAPPER}"] = SCRIPT.read_bytes()
    return found


def lay_out(found: dict[str, bytes]) -> None:
    """Make the folders and programs of the working directory, replacing older ones."""
    Path(MARK).touch()
    for name in ("bin", "libexec"):
        shutil.rmtree(name, ignore_errors=True)
    for name in ("bin", "libexec", "receipts", ROOT):
        Path(name).mkdir(mode=0o700, exist_ok=True)
    for name, content in found.items():
        Path(name).write_bytes(content)
        Path(name).chmod(0o700)


def write_owner(pid: int) -> None:
    """Say which process the practice host belongs to now."""
    process = RunningProcess.of(pid)
    if process is not None:
        _write_whole(Path(OWNER), json.dumps({"pid": pid, "started": process.started}))


def owner_lives() -> bool:
    """Whether the process that this practice host belongs to still runs."""
    try:
        said = json.loads(Path(OWNER).read_text())
        return RunningProcess(pid=int(said["pid"]), started=int(said["started"])).alive
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_plain(path: Path) -> str:
    """Read a file that the practice host wrote; a link out of its folder is not followed."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
        return file.read()


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)
