"""What is loaded now: the policy and the catalogue, replaced as a whole on reload."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.domain.policy import Policy
from bot.values import PersonId


@dataclass(slots=True, kw_only=True)
class Current:
    """The policy and the runbook texts by name. Runs stay on the text that they started with."""

    policy: Policy
    documents: Mapping[str, str] = field(default_factory=dict)

    def replace(self, policy: Policy, documents: Mapping[str, str]) -> None:
        """Take a newly loaded, faultless configuration."""
        self.policy = replace(policy, user_group_members=self.policy.user_group_members)
        self.documents = dict(documents)

    def know_members(self, members: Mapping[str, tuple[PersonId, ...]]) -> None:
        """Take who is in the user groups of each group; a reload keeps it."""
        self.policy = replace(self.policy, user_group_members=members)

    def document(self, runbook: str) -> str:
        """Return a runbook's text as the catalogue holds it now, "" where it is gone."""
        return self.documents.get(runbook, "")
