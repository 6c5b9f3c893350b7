"""Real hosts: two OpenSSH servers with the product's own receipt wrapper, and their ledger."""

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bot.ports import Attempt, Check, CommandExecutor, CommandResult, Receipt
from bot.values import Host, RemoteCommand
from tests.support.sshd import openssh

NAMES = ("ssh-1", "ssh-2")

_APPLY = """\
#!/bin/sh
# apply TICKET STEP: writes the ledger first, as a real change leaves its own trace
set -eu
line='{{"at": %s, "host": "{name}", "argv": ["apply", "%s", "%s"]}}\\n'
printf "$line" "$(date +%s.%N)" "$1" "$2" >>{ledger}
sync {ledger}
sleep 0.02
echo "$2" >>{folder}/applied-$1
echo done
"""

_CAT = """\
#!/bin/sh
# cat TICKET: how many steps were applied; a real file is left to the real program
case $1 in /*) exec /bin/cat "$@" ;; esac
touch {folder}/applied-$1
echo "applied=$(wc -l <{folder}/applied-$1)"
"""


@contextmanager
def ssh_hosts(folder: Path, ledger: Path) -> Iterator[Mapping[str, str]]:
    """Run the servers; yields their entries for the inventory, by name."""
    with ExitStack() as stack:
        entries = {}
        for name in NAMES:
            place = folder / name
            place.mkdir(parents=True)
            host = stack.enter_context(openssh(place, name=name)).host
            for program, text in (("apply", _APPLY), ("cat", _CAT)):
                script = place / "bin" / program
                script.write_text(text.format(name=name, ledger=ledger, folder=place))
                script.chmod(0o755)
            entries[name] = (
                f'address: 127.0.0.1, port: {host.port}, host-key: "{host.host_key}",'
                f" observe: {{user: observe, key-file: {host.observe_key_file}}},"
                f" change: {{user: change, key-file: {host.change_key_file}}}"
            )
        yield entries


class OneAccount:
    """`CommandExecutor` whose two logins are two keys of whoever runs the tests.

    A policy takes no host where both logins are one account, and making accounts takes root.
    """

    def __init__(self, inner: CommandExecutor) -> None:
        self._inner = inner

    async def boot_id(self, host: Host) -> str:
        return await self._inner.boot_id(_mine(host))

    async def preflight(
        self, host: Host, sudo: Sequence[Sequence[str]] = (), *, changes: bool = True
    ) -> Sequence[Check]:
        return await self._inner.preflight(_mine(host), sudo, changes=changes)

    async def run(
        self, host: Host, command: RemoteCommand, attempt: Attempt, boot_id: str = ""
    ) -> CommandResult:
        return await self._inner.run(_mine(host), command, attempt, boot_id)

    async def stop(self, host: Host, attempt: Attempt) -> None:
        await self._inner.stop(_mine(host), attempt)

    async def inquire(self, host: Host, attempt: Attempt, boot_id: str) -> Receipt:
        return await self._inner.inquire(_mine(host), attempt, boot_id)

    async def close(self) -> None:
        await self._inner.close()


def _mine(host: Host) -> Host:
    return replace(host, observe_user=getpass.getuser(), change_user=getpass.getuser())
