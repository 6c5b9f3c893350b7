"""The one table of verbs: names, usage, help and the function behind each; help is made from it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.permissions import Verb
from bot.requests import Reply
from bot.usecases.commands import CommandNames
from cards.status import VerbHelp, help_card
from handlers import approvals, incident, links, notices, people, reads, runbook, system
from handlers.call import Call, answered
from handlers.grammar import ANY_KEY

Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


class Tree(StrEnum):
    """The two commands; `/incident runbook ...` is the second one under the first."""

    INCIDENT = "incident"
    RUNBOOK = "runbook"


class Where(StrEnum):
    """Whether a verb is about one incident."""

    INCIDENT = "one incident"
    """By its room, by `in=INC-...`, or outside a room by a number at the end."""
    PERHAPS = "one incident, where one is named"
    ANYWHERE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One verb. `usage` and `example` stand behind the command's name.

    `permission` is the verb of `bot.domain.permissions` that its intent or its read asks for;
    `options` are the keys that are taken out of its words.
    """

    tree: Tree
    name: str
    usage: str
    does: str
    example: str
    permission: Verb
    carry_out: Handler
    where: Where = Where.INCIDENT
    options: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


def command_of(tree: Tree, names: CommandNames) -> str:
    """Return `/incident` or `/runbook` as it is called here."""
    return f"/{names.incident if tree is Tree.INCIDENT else names.runbook}"


def usage_of(entry: Entry, names: CommandNames) -> str:
    """Return the usage line as it is typed here."""
    return f"{command_of(entry.tree, names)} {entry.usage}"


def find(tree: Tree, word: str) -> Entry | None:
    """Return the verb of this name or alias, in any case."""
    return _BY_NAME.get((tree, word.casefold()))


def help_lines(names: CommandNames) -> tuple[VerbHelp, ...]:
    """Return every verb as help shows it; runbook verbs under their own command."""
    return tuple(
        VerbHelp(
            name=e.name if e.tree is Tree.INCIDENT else f"{names.runbook} {e.name}",
            usage=usage_of(e, names),
            does=e.does,
            examples=(f"{command_of(e.tree, names)} {e.example}",),
        )
        for e in TABLE
    )


def names_in(tree: Tree) -> Sequence[str]:
    """Return every name and alias of a tree."""
    return [name for e in TABLE if e.tree is tree for name in (e.name, *e.aliases)]


async def helped(call: Call) -> Reply:
    """List the verbs, or explain one."""
    call.may_read()
    names = call.core.names
    wanted = call.words.line.casefold().replace("/", "")
    verbs = help_lines(names)
    if wanted == names.runbook:
        of_runbooks = [verb for verb in verbs if verb.name.startswith(f"{names.runbook} ")]
        return answered("What you can say about runbooks.", help_card(of_runbooks))
    entry = find(Tree.INCIDENT, wanted)
    return answered("What you can say.", help_card(verbs, entry.name if entry else wanted))


TABLE: Final[tuple[Entry, ...]] = (
    Entry(
        tree=Tree.INCIDENT,
        name="declare",
        aliases=("new",),
        usage="declare [sev] [title...] [service=a,b] [private]",
        does="opens an incident at once, with a room; you command it until somebody claims it",
        example="declare sev2 checkout is down service=checkout",
        permission=Verb.DECLARE,
        where=Where.ANYWHERE,
        options=frozenset({"service", "services", "severity", "sev"}),
        carry_out=incident.declare,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="status",
        usage="status [id] | status <investigating|identified|monitoring>",
        does="shows the incident of this room, or all open ones; with a status, sets it",
        example="status identified",
        permission=Verb.EDIT,
        where=Where.PERHAPS,
        carry_out=reads.status,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="list",
        aliases=("ls",),
        usage="list [open|all] [text]",
        does="lists incidents; with words, those whose title or timeline has all of them",
        example="list all checkout",
        permission=Verb.READ,
        where=Where.ANYWHERE,
        carry_out=reads.listed,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="update",
        usage="update <text> [next=30m]",
        does="tells the room and the announcement channel where things stand, and when more comes",
        example="update Payments work again, we are watching next=30m",
        permission=Verb.UPDATE,
        options=frozenset({"next"}),
        carry_out=incident.update,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="title",
        usage="title <text>",
        does="changes the title",
        example="title Checkout is down in the EU",
        permission=Verb.EDIT,
        carry_out=incident.title,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="severity",
        aliases=("sev",),
        usage="severity <sev> [reason]",
        does="changes the severity, and applies the policy again",
        example="severity sev1 nobody can pay",
        permission=Verb.SEVERITY,
        carry_out=incident.severity,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="impact",
        usage="impact <text> [users=] [regions=] [data-loss=]",
        does="says who feels it",
        example="impact Nobody can pay users=all regions=EU data-loss=none",
        permission=Verb.EDIT,
        options=frozenset({"users", "regions", "data-loss"}),
        carry_out=incident.impact,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="started",
        usage="started <time>",
        does="says when it began: 10:42, 30m ago or 2026-11-21T10:42Z (UTC)",
        example="started 30m ago",
        permission=Verb.EDIT,
        carry_out=incident.started,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="link",
        usage="link <kind> <url> | link | link <code>",
        does="keeps an address; alone, gives a code that proves another account of yours",
        example="link dashboard https://grafana.example.com/d/checkout",
        permission=Verb.EDIT,
        where=Where.PERHAPS,
        carry_out=links.link,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="unlink",
        usage="unlink",
        does="gives up every account that you linked with a code",
        example="unlink",
        permission=Verb.LINK,
        where=Where.ANYWHERE,
        carry_out=links.unlink,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="action",
        usage="action <text> [@owner]",
        does="notes something that somebody will do",
        example="action Restart the payment workers @commander",
        permission=Verb.EDIT,
        carry_out=incident.action,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="done",
        usage="done <n>",
        does="says that action n is done",
        example="done 1",
        permission=Verb.EDIT,
        carry_out=incident.done,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="note",
        usage="note <text>",
        does="puts words on the timeline",
        example="note The deploy of 10:30 is the suspect",
        permission=Verb.NOTE,
        carry_out=incident.note,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="timeline",
        usage="timeline [id]",
        does="shows what happened, oldest first",
        example="timeline",
        permission=Verb.READ,
        carry_out=reads.timeline,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="role",
        usage="role <commander|tech-lead|communications|scribe|expert> <@person>",
        does="gives a role to a person",
        example="role scribe @approver",
        permission=Verb.ROLE,
        carry_out=people.role,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="claim",
        usage="claim [role]",
        does="takes a role yourself; without one, the command",
        example="claim tech-lead",
        permission=Verb.ROLE,
        carry_out=people.claim,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="handoff",
        aliases=("handover",),
        usage="handoff <@person> [role]",
        does="hands the command (or another role) over, with a card of what there is to know",
        example="handoff @approver",
        permission=Verb.ROLE,
        carry_out=people.handoff,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="notify",
        usage="notify <audience> [text]",
        does="prepares a notice from the audience's template: a preview to confirm or approve",
        example="notify stakeholders We have found the cause",
        permission=Verb.NOTIFY,
        carry_out=notices.notify,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="page",
        usage="page <@person|group> [reason]",
        does="wakes somebody, and the next one if nobody acknowledges",
        example="page @approver the database needs you",
        permission=Verb.PAGE,
        carry_out=people.page,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="ack",
        aliases=("acknowledge",),
        usage="ack",
        does="says that you have it: nobody further is woken",
        example="ack",
        permission=Verb.ACKNOWLEDGE,
        where=Where.PERHAPS,
        carry_out=people.acknowledge,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="approvals",
        aliases=("cards",),
        usage="approvals",
        does="lists what waits for an answer, here or everywhere",
        example="approvals",
        permission=Verb.READ,
        where=Where.PERHAPS,
        carry_out=approvals.approvals,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="approve",
        usage="approve <n> [short digest] [reason]",
        does="says yes to card n; a change takes the digest that the card shows",
        example="approve 3 1a2b3c4d",
        permission=Verb.READ,  # the card's own rule decides
        carry_out=approvals.approve,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="reject",
        aliases=("decline",),
        usage="reject <n> [reason]",
        does="says no to card n",
        example="reject 3 not during the sale",
        permission=Verb.READ,  # the card's own rule decides
        carry_out=approvals.reject,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="answer",
        usage="answer <n> <option> [field=value ...] [reason=]",
        does="presses any button of card n, with the fields of its form",
        example="answer 4 resolve cause=yes fix=yes reason=monitored",
        permission=Verb.READ,  # the card's own rule decides
        options=ANY_KEY,
        carry_out=approvals.answer,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="ask-again",
        usage="ask-again <n>",
        does="asks an expired card anew; a run that changed nothing looks again first",
        example="ask-again 3",
        permission=Verb.READ,  # whoever may ask that kind of question
        carry_out=approvals.ask_again,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="withdraw",
        usage="withdraw <n> [reason]",
        does="takes an open card back: what it was for does not happen",
        example="withdraw 3 we found a better way",
        permission=Verb.READ,  # whoever asked it, or who may abort a run
        carry_out=approvals.withdraw,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="break-glass",
        usage="break-glass <n> <short digest> <reason>",
        does="approves a change ALONE (break-glass group): announced to all, reviewed the next day",
        example="break-glass 3 1a2b3c4d nobody else is awake",
        permission=Verb.READ,  # the card's own rule decides
        carry_out=approvals.break_glass,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="freeze",
        usage="freeze [service|all] <reason>",
        does="EMERGENCY STOP: no state-changing step starts until an approver unfreezes",
        example="freeze all we do not understand what is happening",
        permission=Verb.FREEZE,
        where=Where.ANYWHERE,
        carry_out=system.freeze,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="unfreeze",
        usage="unfreeze [service|all]",
        does="lifts a freeze (approvers)",
        example="unfreeze all",
        permission=Verb.UNFREEZE,
        where=Where.ANYWHERE,
        carry_out=system.unfreeze,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="resolve",
        usage="resolve [summary]",
        does="walks through the checklist, then tells everybody that it is over",
        example="resolve The disk was cleaned up",
        permission=Verb.RESOLVE,
        carry_out=incident.resolve,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="reopen",
        usage="reopen [reason]",
        does="says that it is not over",
        example="reopen errors are back",
        permission=Verb.RESOLVE,
        carry_out=incident.reopen,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="close",
        usage="close [postmortem=<url>] [override=<reason>]",
        does="files a resolved incident; where the policy demands a postmortem, with one",
        example="close postmortem=https://wiki.example.com/pm/1",
        permission=Verb.CLOSE,
        options=frozenset({"postmortem", "override"}),
        carry_out=incident.close,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="drill",
        usage="drill <scenario>",
        does="a fire drill on the practice host: a real alert, runbook, approval and repair",
        example="drill disk-full",
        permission=Verb.DRILL,
        where=Where.ANYWHERE,
        carry_out=system.drill,
    ),
    Entry(
        tree=Tree.INCIDENT,
        name="help",
        aliases=("?",),
        usage="help [verb]",
        does="lists the verbs, or explains one",
        example="help declare",
        permission=Verb.READ,
        where=Where.ANYWHERE,
        carry_out=helped,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="list",
        usage="list [text]",
        does="lists the runbooks",
        example="list disk",
        permission=Verb.READ,
        where=Where.ANYWHERE,
        carry_out=runbook.listed,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="show",
        usage="show <name>",
        does="shows what a runbook looks at, does and checks",
        example="show disk-full",
        permission=Verb.READ,
        where=Where.ANYWHERE,
        carry_out=runbook.show,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="run",
        usage="run <name> [key=value ...]",
        does="runs a runbook: triage first, and every change asks for approval",
        example="run disk-full host=practice",
        permission=Verb.RUN,
        options=ANY_KEY,
        carry_out=runbook.run,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="dry-run",
        usage="dry-run <name> [key=value ...]",
        does="runs triage and dry-run commands only; nothing is changed",
        example="dry-run disk-full host=practice",
        permission=Verb.RUN,
        options=ANY_KEY,
        carry_out=runbook.dry_run,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="guide",
        usage="guide <name> [key=value ...]",
        does="runs a runbook and stops before every step for go on or skip",
        example="guide disk-full host=practice",
        permission=Verb.RUN,
        options=ANY_KEY,
        carry_out=runbook.guide,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="abort",
        usage="abort [run] [kill confirm] [reason]",
        does="no further step; `kill confirm` also kills the running command, then in doubt",
        example="abort disk-full wrong host",
        permission=Verb.ABORT,
        where=Where.PERHAPS,
        carry_out=runbook.abort,
    ),
    Entry(
        tree=Tree.RUNBOOK,
        name="release",
        usage="release <run> <reason>",
        does="frees what a run that ended badly still reserves (approvers)",
        example="release disk-full looked at the host, it is sound",
        permission=Verb.BREAK_RESERVATION,
        where=Where.PERHAPS,
        carry_out=runbook.release,
    ),
)
"""Every verb, in the order in which help shows them."""

_BY_NAME: Final = {(e.tree, name): e for e in TABLE for name in (e.name, *e.aliases)}
