"""Begins to serve: rights given up first, then a process of its own that outlives its starter."""

import base64
import io
import os
import signal
import socket
import threading
import time
from pathlib import Path

import paramiko

from bot.adapters.practice import place, scenarios
from bot.adapters.practice.health import health_server
from bot.adapters.practice.lowered import lower_to_owner
from bot.adapters.practice.place import Wishes
from bot.adapters.practice.server import Activity, Keys, serve

_ORPHAN_LOOK = 5.0
"""Seconds between two looks for the bot that this host belongs to."""

_ORPHAN_LIFE = 900.0
"""Seconds without bot, link and command after which the practice host ends itself."""


def serve_apart(scratch: Path, wishes: str) -> None:
    """Return when a process of its own serves `scratch`, as the folder's owner."""
    # Read while we may: the checkout can be closed to the folder's owner.
    found, version = place.programs(), place.version()
    asked = Wishes.read(wishes)
    keys = _keys(asked)
    lower_to_owner(scratch)
    place.lay_out(found)
    if not (Path(place.ROOT) / "etc" / "quota").exists():
        scenarios.set_up(scenarios.Scenario.HEALTHY, time.time())
    place.write_owner(asked.owner)
    listener, health = _listen(asked.port), _listen(asked.health_port)
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        if os.read(ready, 1) != b"+":
            raise SystemExit("the practice host did not come up: see server.log")
        return
    _detach()
    _say_where(listener, health, keys, version)
    os.write(tell, b"+")
    os.close(tell)
    os.close(ready)
    activity = Activity()
    threading.Thread(target=_end_with_the_bot, args=(activity,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    threading.Thread(target=health_server(health).serve_forever, daemon=True).start()
    serve(listener, keys, activity)


def _keys(asked: Wishes) -> Keys:
    return Keys(
        host=paramiko.Ed25519Key.from_private_key(io.StringIO(asked.host_key)),
        logins={"observe": _public(asked.observe), "change": _public(asked.change)},
    )


def _public(line: str) -> paramiko.PKey:
    kind, text = line.split()[:2]
    return paramiko.PKey.from_type_string(kind, base64.b64decode(text))


def _listen(port: int) -> socket.socket:
    """Listen on the asked port, or on a free one where that is taken."""
    for choice in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", choice))
        except OSError:
            listener.close()
            continue
        listener.listen(64)
        return listener
    raise SystemExit("no free port on loopback")


def _detach() -> None:
    """Let go of the starter: its session and its standard streams."""
    os.setsid()
    log = os.open("server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream, target in ((0, nothing), (1, nothing), (2, log)):
        os.dup2(target, stream)


def _say_where(listener: socket.socket, health: socket.socket, keys: Keys, version: str) -> None:
    process = place.RunningProcess.of(os.getpid())
    if process is None:
        raise SystemExit("/proc is not there")
    place.State(
        process=process,
        port=listener.getsockname()[1],
        health_port=health.getsockname()[1],
        version=version,
        host_key=f"{keys.host.get_name()} {keys.host.get_base64()}",
    ).write()


def _end_with_the_bot(activity: Activity) -> None:
    while True:
        time.sleep(_ORPHAN_LOOK)
        idle = time.monotonic() - activity.last
        if not place.owner_lives() and activity.open == 0 and idle > _ORPHAN_LIFE:
            os._exit(0)
