"""However a policy file is broken, it is refused, or what it loosens was written down as such."""

import random
from pathlib import Path

from bot.config import Known, default_policy, read_policy
from bot.domain.policy import Policy
from bot.errors import OperatorMistake
from bot.yamltext import read

ROUNDS = 500
PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
TEAM = PAGE.partition("```yaml\n")[2].partition("```")[0]
KNOWN = Known(
    runbooks=frozenset({"disk-full"}),
    templates=frozenset({"stakeholder"}),
    sources=frozenset({"alertmanager", "drill", "generic"}),
)
HOSTILE = (
    "null", "[]", "{}", '""', "0", "-1", "~", "true", "*x", "&x", "!!python/object:os.system x",
    "<<", "? x", "\t", "\u2028", "approver: []", "count: 0", "override: yes", "1e999", "'", '"',
)  # fmt: skip


def mangled(luck: random.Random) -> str:
    """Return the policy page's example with some lines lost, moved, doubled, cut or replaced."""
    lines = TEAM.splitlines()
    for _ in range(luck.randint(1, 4)):
        at = luck.randrange(len(lines))
        match luck.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(luck.randrange(len(lines)), lines[at])
            case 2:
                lines[at] = lines[at][: luck.randrange(len(lines[at]) + 1)]
            case 3:
                head, colon, _ = lines[at].partition(":")
                lines[at] = f"{head}{colon} {luck.choice(HOSTILE)}"
            case 4:
                lines[at] = f"{' ' * luck.randrange(6)}{lines[at].lstrip()}"
            case _:
                words = lines[at].split(" ")
                words[luck.randrange(len(words))] = luck.choice(HOSTILE)
                lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


def taken(text: str) -> Policy | None:
    try:
        return read_policy(text, "policy.yaml", KNOWN)
    except OperatorMistake:
        return None


def strict(policy: Policy, text: str) -> bool:
    """Whether the rules that ship all hold, each with somebody's yes; else `override` is said."""
    rules = {rule.name: rule for rule in policy.approval_rules}
    shipped = {rule.name: rule for rule in default_policy().approval_rules}
    kept = all(
        name in rules and (rules[name].override or rules[name].quorums == rule.quorums)
        for name, rule in shipped.items()
    )
    asked = all(q.count >= 1 and q.groups for r in policy.approval_rules for q in r.quorums)
    loosened = [rule for rule in policy.approval_rules if rule.override]
    return kept and asked and (not loosened or "override" in text)


def test_a_mangled_policy_is_refused_or_as_strict_as_the_one_that_ships() -> None:
    luck = random.Random(13)
    outcomes = {"taken": 0, "refused": 0}
    for _ in range(ROUNDS):
        text = mangled(luck)
        policy = taken(text)
        outcomes["refused" if policy is None else "taken"] += 1
        if policy is not None:
            assert strict(policy, text), text
            assert not policy.open_door, text
            assert policy.autonomy == default_policy().autonomy, text
    assert min(outcomes.values()) > ROUNDS // 20, outcomes


def test_an_emptied_policy_file_opens_no_door_and_reaches_no_host() -> None:
    for text in ("", "\n", "# nothing\n", "{}\n"):
        policy = taken(text)
        assert policy is not None
        assert not policy.open_door
        assert policy.hosts == {}


def test_the_example_itself_is_taken() -> None:
    assert read(TEAM, "policy.yaml").value is not None
    assert taken(TEAM) is not None
