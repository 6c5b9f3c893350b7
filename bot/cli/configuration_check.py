"""The part of the check that needs nothing but files: policy, runbooks, texts."""

from bot.adapters.files import read_catalogue, read_texts, team_files
from bot.cli.findings import Finding, counted, fault, fine, judged, note
from bot.config import Known, Settings, joint_faults, load_policy
from bot.domain.policy import Autonomy, Group, Policy
from bot.errors import OperatorMistake
from bot.usecases.catalogue import Catalogue, read_runbooks
from cards.texts import SUFFIX, Texts
from handlers.alerts import SOURCES
from handlers.drill_source import DrillSource


def policy_findings(settings: Settings) -> tuple[Policy | None, list[Finding]]:
    """Read the policy; None where it has faults."""
    known = Known(
        runbooks=frozenset(read_catalogue(settings.runbooks)),
        templates=frozenset(n.removesuffix(SUFFIX) for n in read_texts(settings.templates)),
        sources=frozenset({*SOURCES, DrillSource.name}),
    )
    try:
        policy = load_policy(settings.policy, known)
    except OperatorMistake as mistake:
        return None, judged(mistake.faults, "")
    holds = f"{len(policy.people)} people, {counted(len(policy.hosts), 'host')}"
    name = settings.policy or "the embedded default"
    found = judged(
        joint_faults(settings, policy), f"policy {name}: {holds}, version {policy.version}"
    )
    found += _unused_chats(settings, policy)
    found += [
        note(f"approval rule {rule.name!r} loosens others on purpose (override: true)")
        for rule in policy.approval_rules
        if rule.override
    ]
    if policy.autonomy is Autonomy.REVERSIBLE:
        found.append(note("small repairs run without a yes (approvals: autonomy: reversible)"))
    if policy.groups.get(Group.BREAK_GLASS):
        people = ", ".join(policy.groups[Group.BREAK_GLASS])
        found.append(note(f"may approve alone, with a reason (break-glass): {people}"))
    return policy, found


def _unused_chats(settings: Settings, policy: Policy) -> list[Finding]:
    """Name chats that have a token and no place in the policy, which is forgotten most often.

    Without a policy file a token is enough: whatever there is access to is used.
    """
    if settings.policy is None:
        return []
    tokens = {
        "slack": ("SLACK_BOT_TOKEN", settings.slack_bot_token),
        "telegram": ("TELEGRAM_BOT_TOKEN", settings.telegram_bot_token),
    }
    return [
        note(
            f"{variable} is set, and {platform} is not among the policy's platforms: nobody is "
            f"told or heard there (chat: {{platforms: [console, {platform}]}})"
        )
        for platform, (variable, token) in tokens.items()
        if token is not None and platform not in policy.platforms
    ]


def runbook_findings(settings: Settings, policy: Policy | None) -> list[Finding]:
    """Judge every runbook; one that ships and is named by no route may be unusable here."""
    documents, files = read_catalogue(settings.runbooks), team_files(settings.runbooks)
    catalogue = read_runbooks(documents, files, policy)
    matter = {*files, *(route.runbook for route in policy.routes)} if policy else set(documents)
    found = [
        finding
        for name in sorted(documents)
        for finding in _of_runbook(name, catalogue, matters=name in matter)
    ]
    usable = sum(not faults for faults in catalogue.faults.values())
    return [fine(f"runbooks: {usable} of {len(documents)} may be used here"), *found]


def text_findings(settings: Settings) -> list[Finding]:
    """Compile every text, and try it with everything and with nothing known."""
    try:
        Texts(read_texts(settings.templates))
    except OperatorMistake as mistake:
        return judged(mistake.faults, "")
    return [fine("texts: every template renders")]


def _of_runbook(name: str, catalogue: Catalogue, *, matters: bool) -> list[Finding]:
    faults = catalogue.faults[name]
    if not faults:
        return []
    if matters:
        return [fault(str(one)) for one in faults]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return [note(f"{name} ships, and cannot be used here: {faults[0]}{more}")]
