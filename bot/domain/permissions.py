"""Who may do what: the one table of verbs, and the one function that reads it.

Unknown verb, unknown group, unknown standing: no. Every intent and every read names a verb here;
`tests/unit/test_permissions.py` proves that none is left out.
"""

from enum import StrEnum

from bot.domain.actor import Actor, Standing
from bot.domain.policy import Group


class Verb(StrEnum):
    """Everything that can be asked for; `system` verbs are the bot's own."""

    READ = "read"
    DECLARE = "declare"
    EDIT = "edit"
    NOTE = "note"
    UPDATE = "update"
    SEVERITY = "severity"
    ROLE = "role"
    NOTIFY = "notify"
    CONFIRM_NOTICE = "confirm-notice"
    APPROVE_NOTICE = "approve-notice"
    PAGE = "page"
    ACKNOWLEDGE = "ack"
    RUN = "run"
    ABORT = "abort"
    VOTE = "vote"
    ASK = "ask"
    ANSWER = "answer"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    RESOLVE = "resolve"
    CLOSE = "close"
    DRILL = "drill"
    BREAK_RESERVATION = "break-reservation"
    LINK = "link-account"
    ADMINISTER = "administer"
    SYSTEM = "system"


_ANYONE = frozenset(Group)
_RESPONDERS = frozenset({Group.RESPONDER, Group.APPROVER, Group.ADMIN, Group.BREAK_GLASS})

ALLOWED: dict[Verb, frozenset[Group]] = {
    Verb.READ: _ANYONE,
    Verb.DECLARE: _ANYONE,
    Verb.EDIT: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.NOTE: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.UPDATE: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.SEVERITY: _RESPONDERS,
    Verb.ROLE: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.NOTIFY: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.CONFIRM_NOTICE: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.APPROVE_NOTICE: frozenset({Group.COMMUNICATIONS}),
    Verb.PAGE: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.ACKNOWLEDGE: _ANYONE,
    Verb.RUN: _RESPONDERS,
    Verb.ABORT: _RESPONDERS,
    Verb.VOTE: frozenset({Group.APPROVER, Group.BREAK_GLASS}),
    Verb.ASK: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.ANSWER: _RESPONDERS | {Group.COMMUNICATIONS},
    Verb.FREEZE: _RESPONDERS,
    Verb.UNFREEZE: frozenset({Group.APPROVER, Group.ADMIN}),
    Verb.RESOLVE: _RESPONDERS,
    Verb.CLOSE: _RESPONDERS,
    Verb.DRILL: _RESPONDERS,
    Verb.BREAK_RESERVATION: frozenset({Group.APPROVER, Group.ADMIN}),
    Verb.LINK: _ANYONE,
    Verb.ADMINISTER: frozenset({Group.ADMIN}),
    Verb.SYSTEM: frozenset(),
}
"""Verb x group. `SYSTEM` belongs to no group: only the bot itself passes it."""

DECIDING = frozenset(
    {Verb.VOTE, Verb.ANSWER, Verb.APPROVE_NOTICE, Verb.UNFREEZE, Verb.BREAK_RESERVATION}
)
"""Verbs that take a full, active account: guests and strangers decide nothing."""

FRESH = DECIDING | {Verb.LINK, Verb.ADMINISTER}
"""Verbs that take a recent sign-in; a linked account would be the person without that."""

_TOKEN_VERBS: dict[str, frozenset[Verb]] = {
    "read": frozenset({Verb.READ}),
    "operate": frozenset(Verb) - {Verb.SYSTEM, Verb.LINK} - DECIDING,
    "answer": frozenset(Verb) - {Verb.SYSTEM, Verb.LINK},
}
"""What each kind of API token may at most; its person's groups still count.

None may link an account, which would be the person without the token's limits.
"""

_LOOK = frozenset({Verb.READ, Verb.DECLARE, Verb.LINK})
"""All that an account which nobody has linked to a person may do: look, declare, show a code."""


def allowed(actor: Actor, verb: Verb) -> str:
    """Return "" where the actor may, else the reason in words that they can act on."""
    if actor.platform == "":
        return "" if verb in {Verb.SYSTEM, Verb.READ, Verb.DECLARE} else "only a person may do this"
    if verb is Verb.SYSTEM:
        return "only Firewarden itself does this"
    if actor.standing in {Standing.BOT, Standing.DEACTIVATED}:
        return f"this account is {_a(actor.standing)} and may do nothing here"
    if actor.token_kind and verb not in _TOKEN_VERBS.get(actor.token_kind, frozenset()):
        return f"a token of kind `{actor.token_kind}` may not {verb}"
    if not actor.linked and verb not in _LOOK:
        return f"link your {actor.platform} account to a person of the policy first"
    if unfit := _unfit(actor, verb):
        return unfit
    if not actor.groups & ALLOWED.get(verb, frozenset()):
        names = ", ".join(sorted(ALLOWED.get(verb, frozenset()))) or "nobody"
        return f"{verb} is for {names}; you are in {', '.join(sorted(actor.groups)) or 'no group'}"
    return ""


def may_see(person: str, groups: frozenset[str], *, private: bool, members: frozenset[str]) -> bool:
    """Whether somebody may see an incident; a private one only from inside."""
    return bool(groups & ALLOWED[Verb.READ]) and (not private or person in members)


def _unfit(actor: Actor, verb: Verb) -> str:
    """Return what the account or its sign-in lacks for deciding, "" where it lacks nothing."""
    if verb in DECIDING and actor.standing is Standing.UNKNOWN:
        return "nobody could say in time whether this account is active: try again in a moment"
    if verb in DECIDING and actor.standing is not Standing.ACTIVE:
        return f"this account is {_a(actor.standing)}: only a full, active account may decide"
    if verb in FRESH and actor.stale:
        return "you signed in too long ago for this: sign in again"
    return ""


def _a(standing: Standing) -> str:
    return {
        Standing.ACTIVE: "active",
        Standing.GUEST: "a guest",
        Standing.BOT: "a bot",
        Standing.STRANGER: "a stranger of another workspace",
        Standing.DEACTIVATED: "deactivated",
        Standing.UNKNOWN: "of unknown standing",
    }[standing]
