"""Verbs that concern everything: the emergency stop, and fire drills."""

from bot.domain.intents import Drill, Freeze, Unfreeze
from bot.domain.system import EVERYTHING, SCENARIOS
from bot.requests import Reply
from handlers.call import Call


async def freeze(call: Call) -> Reply:
    """Stop every state-changing step of a service; without one, or with `all`, of everything."""
    call.needs_words("A freeze needs a reason.")
    first, scope, words = call.words.first, EVERYTHING, call.words
    if first.casefold() in {"all", EVERYTHING}:
        words = words.without_first()
    elif first in _services(call):
        scope, words = first, words.without_first()
    return await call.submit_to_system(
        Freeze(by=call.actor, scope=scope, reason=call.line(words.text))
    )


async def unfreeze(call: Call) -> Reply:
    """Lift a freeze, of everything where no service is named."""
    call.takes_nothing_more(call.words.without_first())
    first = call.words.first
    scope = EVERYTHING if first.casefold() in {"", "all", EVERYTHING} else first
    return await call.submit_to_system(Unfreeze(by=call.actor, scope=scope))


async def drill(call: Call) -> Reply:
    """Start a fire drill."""
    if len(call.words) != 1:
        known = "".join(f"\n{name}: {words}" for name, words in SCENARIOS.items())
        raise call.mistake(f"Which drill?{known}")
    return await call.submit_to_system(Drill(by=call.actor, scenario=call.words.first))


def _services(call: Call) -> set[str]:
    policy = call.core.current.policy
    return {host.service for host in policy.hosts.values()} | set(policy.services)
