"""Configuration: the only place that reads the environment and the policy file.

settings = load_settings()                     # OperatorMistake: every fault at once
policy = load_policy(settings.policy, known)   # None = the embedded default
"""

from bot.config.policy_file import default_policy, load_policy, policy_schema, read_policy
from bot.config.references import Known
from bot.config.settings import Address, Settings, load_settings
from bot.config.together import joint_faults

__all__ = [
    "Address",
    "Known",
    "Settings",
    "default_policy",
    "joint_faults",
    "load_policy",
    "load_settings",
    "policy_schema",
    "read_policy",
]
