"""The SSH server of the practice host: two logins, stand-in programs, nothing else."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
    cMSG_CHANNEL_REQUEST,
)

from bot.adapters.practice.lines import NotAWordList, without_timeout, words_of
from bot.adapters.ssh.boot import BOOT_ID, BOOT_ID_BY_PROGRAM
from bot.adapters.ssh.receipts import WRAPPER, decoded
from bot.values import Login

BANNER = "SSH-2.0-firewarden_practice"

_NOT_FOUND = 127
_FORBIDDEN = 126
_SYNTAX = 2
_CHUNK = 32 * 1024
_PROGRAM_WORD = 6
"""Where the program stands in `firewarden-receipt run KEY DIGEST BOOT SECONDS DEADLINE PROGRAM`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The host's own key and the public key of each login."""

    host: paramiko.PKey
    logins: dict[str, paramiko.PKey]


@dataclass(slots=True)
class Activity:
    """How many links and commands there are, and when the last one ended (monotonic seconds)."""

    open: int = 0
    last: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        """Count one more."""
        with self._lock:
            self.open += 1

    def __exit__(self, *_: object) -> None:
        """Count one less."""
        with self._lock:
            self.open -= 1
            self.last = time.monotonic()


def serve(listener: socket.socket, keys: Keys, activity: Activity) -> None:
    """Accept links for ever; each gets threads of its own. The working directory is the scratch."""
    while True:
        link, _ = listener.accept()
        threading.Thread(target=_serve_link, args=(link, keys, activity), daemon=True).start()


class _Transport(paramiko.Transport):
    """A server's transport that begins a command after it has answered the request for it.

    Otherwise a quick command's end can overtake the answer, and looks like a refusal.
    """

    def __init__(self, link: socket.socket) -> None:
        super().__init__(link)
        self.local_version = BANNER
        self.asked: dict[int, threading.Thread] = {}

    @staticmethod
    def _route(channel: paramiko.Channel, message: paramiko.Message) -> None:
        channel._handle_request(message)  # type: ignore[attr-defined]  # noqa: SLF001 - as below
        transport = channel.transport
        if isinstance(transport, _Transport) and channel.chanid in transport.asked:
            transport.asked.pop(channel.chanid).start()

    # Private in paramiko: its only seam for channel messages. Pinned below 6, covered by a test.
    _channel_handler_table: ClassVar = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # noqa: SLF001
        MSG_CHANNEL_REQUEST: _route,
    }


def _serve_link(link: socket.socket, keys: Keys, activity: Activity) -> None:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    transport = _Transport(link)
    transport.add_server_key(keys.host)
    with activity:
        try:
            transport.start_server(server=_Door(keys, transport, activity))
        except (paramiko.SSHException, EOFError, OSError):
            transport.close()
            return
        # Whoever does not log in does not stay; then the link lives as long as it likes.
        transport.join(30)
        if not transport.is_authenticated():
            transport.close()
        transport.join()


class _Door(paramiko.ServerInterface):
    """What a login may ask for: one exec per session. No shell, no files, no forwarding."""

    def __init__(self, keys: Keys, transport: _Transport, activity: Activity) -> None:
        self._keys = keys
        self._transport = transport
        self._activity = activity

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = self._keys.logins.get(username)
        if known is not None and known.asbytes() == key.asbytes():
            return AUTH_SUCCESSFUL
        return AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - as above
        if kind == "session":
            return OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        login = Login(self._transport.get_username() or "")
        line = command.decode("utf-8", "surrogateescape")
        self._transport.asked[channel.chanid] = threading.Thread(
            target=_run, args=(channel, login, line, self._activity), daemon=True
        )
        return True


def _run(channel: paramiko.Channel, login: Login, line: str, activity: Activity) -> None:
    with activity, contextlib.closing(channel), contextlib.suppress(OSError, EOFError):
        try:
            argv = _argv(login, line)
        except NotAWordList as fault:
            _fail(channel, _SYNTAX, f"sh: 1: the practice host takes plain words only: {fault}\n")
        except PermissionError as path:
            _fail(channel, _FORBIDDEN, f"sh: 1: {path}: restricted: stand-ins go by bare names\n")
        except FileNotFoundError as missing:
            _fail(channel, _NOT_FOUND, f"sh: 1: {missing}: not found\n")
        else:
            _relay(channel, login, argv)


def _argv(login: Login, line: str) -> list[str]:
    """Turn a line into the program that stands in for what it names.

    The `observe` login gets the stand-ins, the `change` login gets the receipt wrapper and through
    it the stand-ins; neither gets a path of its own choosing.
    """
    # The one line that leans on a shell, of which there is none here.
    line = BOOT_ID_BY_PROGRAM if line == BOOT_ID else line
    timeout, words = without_timeout(words_of(line))
    if not words:
        raise NotAWordList("an empty line")
    name, *rest = words
    if login is Login.OBSERVE:
        return [
            *(["/usr/bin/" + timeout[0], *timeout[1:]] if timeout else []),
            _stand_in(name),
            *rest,
        ]
    if name != WRAPPER or rest[:1] not in (["run"], ["inquire"], ["stop"], ["check"]):
        raise FileNotFoundError(name)
    if rest[0] == "run" and len(rest) > _PROGRAM_WORD:
        program = decoded(rest[_PROGRAM_WORD])
        if "/" in program:
            raise PermissionError(program)
    return ["/bin/sh", f"libexec/{WRAPPER}", *rest]


def _stand_in(name: str) -> str:
    path = Path("bin") / name
    if "/" in name or name.startswith(".") or not os.access(path, os.X_OK):
        raise FileNotFoundError(name)
    return str(path)


def environment(login: Login) -> dict[str, str]:
    """Return all that a stand-in knows of the world."""
    return {
        "PATH": "bin",
        "LC_ALL": "C",
        "LOGNAME": login.value,
        "FIREWARDEN_RECEIPTS": "receipts",
    }


def _relay(channel: paramiko.Channel, login: Login, argv: list[str]) -> None:
    raw = [word.encode("utf-8", "surrogateescape") for word in argv]
    with subprocess.Popen(  # noqa: S603 - a stand-in out of our own folder, found by bare name
        raw,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(login),
        start_new_session=True,
    ) as program:
        assert program.stdout is not None  # noqa: S101 - asked for above
        assert program.stderr is not None  # noqa: S101 - asked for above
        err = threading.Thread(
            target=_pump, args=(program.stderr.fileno(), channel.sendall_stderr), daemon=True
        )
        err.start()
        _pump(program.stdout.fileno(), channel.sendall)
        err.join()
        status = program.wait()
    _tell_end(channel, status)


def _pump(source: int, send: Callable[[bytes], None]) -> None:
    """Pass on what comes; where nobody listens any more, still drain it."""
    listening = True
    while chunk := os.read(source, _CHUNK):
        if listening:
            try:
                send(chunk)
            except OSError:
                listening = False


def _tell_end(channel: paramiko.Channel, status: int) -> None:
    if status >= 0:
        channel.send_exit_status(status)
        return
    # RFC 4254, 6.10; paramiko has no call for it.
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exit-signal")
    message.add_boolean(False)  # noqa: FBT003 - want reply
    message.add_string(signal.Signals(-status).name.removeprefix("SIG"))
    message.add_boolean(False)  # noqa: FBT003 - core dumped
    message.add_string("")
    message.add_string("")
    transport = channel.transport
    if transport is not None:
        transport._send_user_message(message)  # type: ignore[attr-defined]  # noqa: SLF001 - see above


def _fail(channel: paramiko.Channel, status: int, text: str) -> None:
    channel.sendall_stderr(text.encode())
    channel.send_exit_status(status)
