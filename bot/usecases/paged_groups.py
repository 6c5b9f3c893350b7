"""Who is in the user groups that are paged: heard beforehand, because a page waits for nobody."""

import logging

from bot.errors import Refused, Unavailable
from bot.ports import UserGroups
from bot.usecases.current import Current
from bot.usecases.identity import SLACK
from bot.values import PersonId

_log = logging.getLogger(__name__)


class PagedGroups:
    """Keeps `Policy.user_group_members` at what Slack said last.

    For a page an old answer is better than none: what cannot be told now stays as it was.
    """

    def __init__(self, *, current: Current, user_groups: UserGroups) -> None:
        self._current = current
        self._user_groups = user_groups

    async def look(self) -> None:
        """Ask about every group that is paged; safe to repeat."""
        policy = self._current.policy
        paged = {e.group for e in policy.escalations.values() if e.whole_group}
        heard = {
            group: await self._members(group, policy.slack_groups[group])
            for group in sorted(paged & policy.slack_groups.keys())
            if policy.slack_groups[group]
        }
        known = self._current.policy.user_group_members
        fresh = {**known, **{g: people for g, people in heard.items() if people is not None}}
        if fresh != known:
            self._current.know_members(fresh)

    async def _members(self, group: str, of: tuple[str, ...]) -> tuple[PersonId, ...] | None:
        """Return the people of the policy who are in these user groups; None = not told."""
        try:
            accounts = [await self._user_groups.members(one) for one in of]
        except (Unavailable, Refused) as fault:
            _log.warning("who else is paged with %s is not known: %s", group, fault)
            return None
        inside = frozenset[str]().union(*accounts)
        return tuple(
            person.id
            for person in self._current.policy.people.values()
            if any(platform == SLACK and account in inside for platform, account in person.accounts)
        )
