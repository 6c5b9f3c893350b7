"""What a host needs before Firewarden may work on it, as text that an operator reviews first."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from bot.adapters.ssh.receipts import SCRIPT, WRAPPER
from bot.errors import Refused
from bot.values import Host

WRAPPER_PATH = f"/usr/local/bin/{WRAPPER}"
RECEIPTS_PATH = "/var/lib/firewarden/receipts"
SUDOERS_PATH = "/etc/sudoers.d/firewarden"

KEEP_RECEIPTS = "30d"
"""How long a host keeps receipts: longer than any run can stay in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFile:
    """A file of the host: where it goes, whose it is, and what is in it."""

    path: str
    owner: str
    mode: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """The files of one host; `script` installs them after review."""

    host: Host
    files: tuple[PreparedFile, ...]

    def script(self) -> str:
        """Return a shell script for root that shows every byte before it changes anything."""
        observe, change = shlex.quote(self.host.observe_user), shlex.quote(self.host.change_user)
        return "\n".join(
            [
                f"# Prepares {self.host.name} for Firewarden. Read it, then run it there as root.",
                "set -eu",
                *(_unless_there(user) for user in (observe, change)),
                f"usermod -aG adm,systemd-journal {observe}",
                f"install -d -o {change} -g {change} -m 0700 {RECEIPTS_PATH}",
                *(line for file in self.files for line in _installed(file)),
                "",
            ]
        )


def prepare(
    host: Host,
    *,
    observe_key: str,
    change_key: str,
    sudo: Sequence[Sequence[str]],
    from_addresses: Sequence[str] = (),
) -> Preparation:
    """Return what `host` needs.

    `observe_key` and `change_key` are public key lines, `sudo` the commands that approved steps
    run as root (without the word itself), `from_addresses` the bot's own, where they are known.
    Raises `Refused` for a command that sudoers cannot name exactly.
    """
    return Preparation(
        host=host,
        files=(
            PreparedFile(path=WRAPPER_PATH, owner="root", mode="0755", content=SCRIPT.read_text()),
            _authorized(host.observe_user, observe_key, "restrict", from_addresses),
            _authorized(
                host.change_user,
                change_key,
                f'restrict,command="{WRAPPER_PATH} gate"',
                from_addresses,
            ),
            PreparedFile(
                path=SUDOERS_PATH,
                owner="root",
                mode="0440",
                content=sudoers(host.change_user, sudo),
            ),
            PreparedFile(
                path="/etc/tmpfiles.d/firewarden.conf",
                owner="root",
                mode="0644",
                content=f"e {RECEIPTS_PATH} - - - {KEEP_RECEIPTS}\n",
            ),
        ),
    )


def sudoers(user: str, commands: Sequence[Sequence[str]]) -> str:
    """Return a sudoers file that allows exactly these commands: full path, fixed words, no more.

    `NOEXEC` keeps a program from starting another one, except where that is its work.
    """
    if not _USER.fullmatch(user):
        raise Refused(f"{user!a} is not a user name")
    lines = [
        "# Written by `firewarden host prepare`: what an approved step may do as root.",
        f"Defaults:{user} !requiretty, env_reset",
    ]
    for argv in dict.fromkeys(tuple(command) for command in commands):
        path, *words = _full_path(argv[0]), *argv[1:]
        tag = "EXEC" if path in _STARTS_OTHERS else "NOEXEC"
        spelled = " ".join([_sudoers_word(path), *(_sudoers_word(word) for word in words)])
        # Without words sudoers would allow any: "" stands for none.
        spelled = spelled if words else f'{spelled} ""'
        lines.append(f"{user} ALL=(root) NOPASSWD:{tag}: {spelled}")
    return "\n".join(lines) + "\n"


_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")

_PATHS = {
    "logrotate": "/usr/sbin/logrotate",
    "systemctl": "/usr/bin/systemctl",
    "systemd-tmpfiles": "/usr/bin/systemd-tmpfiles",
    "journalctl": "/usr/bin/journalctl",
}
"""Where Debian and its like keep the programs of the catalogue; others are taken for /usr/bin."""

_STARTS_OTHERS = frozenset({"/usr/sbin/logrotate"})
"""Programs that start others by design: logrotate compresses, and runs post-rotate scripts."""


def _full_path(program: str) -> str:
    if program.startswith("/"):
        return program
    if "/" in program:
        raise Refused(f"{program!a} is neither a name nor a full path")
    return _PATHS.get(program, f"/usr/bin/{program}")


def _sudoers_word(word: str) -> str:
    """Spell one word for sudoers(5), which gives `*?[]` a meaning that we never want."""
    if not word or re.search(r"[*?\[\]!\s\"'#]|[^\x21-\x7e]", word):
        raise Refused(f"sudoers cannot name the word {word!a} exactly")
    return re.sub(r"([,:=\\])", r"\\\1", word)


def _authorized(user: str, key: str, options: str, from_addresses: Sequence[str]) -> PreparedFile:
    if from_addresses:
        options = f'from="{",".join(from_addresses)}",{options}'
    return PreparedFile(
        path=f"/home/{user}/.ssh/authorized_keys",
        owner="root",
        mode="0644",
        content=f"{options} {' '.join(key.split()[:2])} firewarden\n",
    )


def _unless_there(user: str) -> str:
    return f"id {user} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh {user}"


def _installed(file: PreparedFile) -> list[str]:
    folder = file.path.rpartition("/")[0]
    whose = f"-o {shlex.quote(file.owner)} -g {shlex.quote(file.owner)}"
    lines = ["", f"# {file.path}"]
    if folder.endswith("/.ssh"):
        lines.append(f"install -d {whose} -m 0755 {shlex.quote(folder)}")
    fresh = f"{file.path}.firewarden-new"
    lines += [
        f"cat >{shlex.quote(fresh)} <<'END-OF-FILE'",
        file.content.rstrip("\n"),
        "END-OF-FILE",
    ]
    if file.path == SUDOERS_PATH:
        lines.append(f"visudo -c -q -f {shlex.quote(fresh)}")
    lines += [
        f"install {whose} -m {file.mode} {shlex.quote(fresh)} {shlex.quote(file.path)}",
        f"rm {shlex.quote(fresh)}",
    ]
    return lines
