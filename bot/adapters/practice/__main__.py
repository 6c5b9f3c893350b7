"""The practice host's own program: `serve`, `own` and `fill` as the scratch's owner; `keys`."""

import sys
import time
from pathlib import Path

from bot.adapters.practice import place, scenarios
from bot.adapters.practice.lowered import lower_to_owner


def main(arguments: list[str]) -> int:
    """Run one verb on one scratch folder; 0 when done, 2 when called in another way."""
    match arguments:
        case ["serve", scratch]:
            # The other verbs are to be quick: they do without the SSH library.
            from bot.adapters.practice.serving import serve_apart  # noqa: PLC0415

            serve_apart(Path(scratch), sys.stdin.read())
        case ["keys", folder]:
            # The bot's own verb: the only one that sees the data folder.
            from bot.adapters.practice.keys import make_keys  # noqa: PLC0415 - as above

            make_keys(Path(folder))
        case ["own", scratch, pid]:
            lower_to_owner(Path(scratch))
            place.write_owner(int(pid))
        case ["fill", scratch, scenario]:
            lower_to_owner(Path(scratch))
            scenarios.set_up(scenarios.Scenario(scenario), time.time())
        case _:
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
