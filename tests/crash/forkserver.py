"""The fork server: imports the application once, then forks a life for every order it reads.

`python -m tests.crash.forkserver` reads one order (JSON) per line and answers with the pid of
its life. A life ends with the fork server, and that with whoever started it.
"""

import ctypes
import gc
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

# What the application imports at its first use: no life is to wait for it.
import bot.adapters.slack.team
import bot.adapters.ssh.executor
import bot.adapters.telegram.access
import bot.adapters.telegram.team
import bot.app.service  # noqa: F401 - as above
from bot.adapters.files import read_texts
from bot.app.base import load_current
from bot.config import load_settings
from cards.texts import Texts
from tests.crash.life import ORDER, Order, ended_badly, live

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that this process gets when its parent dies, also while it is stopped."""


_LATER = ("encodings.idna", "encodings.unicode_escape", "httpcore", "anyio._backends._asyncio")
"""What libraries import at their first use."""


def main() -> None:
    """Serve until the orders end."""
    ends_with_parent()
    _read_ahead()
    signal.signal(signal.SIGCHLD, _bury)
    gc.collect()
    gc.freeze()
    gc.disable()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(ORDER.validate_json(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def ends_with_parent() -> None:
    """Ask the kernel to end this process together with the one that started it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bury(_: int, __: object) -> None:
    """Take the dead away, so that the processor time of each is added to our own.

    The world hears of an end by the end of the life's socket.
    """
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _read_ahead() -> None:
    """Read what the application reads at every start, so that what it keeps is there already."""
    for name in _LATER:
        import_module(name)
    settings = load_settings(Path("no such file"))
    load_current(settings)
    Texts(read_texts(settings.templates))


def _become(order: Order) -> None:
    """Be the life, in the child; never returns."""
    ends_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        live(order)
    except BaseException as error:  # noqa: BLE001 - nothing of the fork server may run in a life
        traceback.print_exc()
        ended_badly(error)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
