"""A typed line: which command, which verb, which incident; then the verb's own function."""

from bot.domain.actor import Actor
from bot.errors import UserMistake
from bot.requests import Reply, SlashCommand
from bot.usecases.commands import CommandNames, Core
from bot.usecases.reading import viewer_of
from bot.usecases.views import Viewer
from bot.values import ConversationRef, IncidentId
from bot.yamltext import nearest
from handlers.call import NO_INCIDENT, Call
from handlers.grammar import Words, incident_number, not_too_long, read
from handlers.verbs import Entry, Tree, Where, find, names_in, usage_of

_IN = "in"
"""The option of every verb that names an incident by its number."""

_NAMED = 5
"""Open incidents that a mistake lists."""


async def carry_out(core: Core, actor: Actor, command: SlashCommand) -> Reply:
    """Carry out one line; raises UserMistake with the usage where it cannot be understood."""
    entry, rest = verb_of(core.names, command.text)
    usage = usage_of(entry, core.names)
    try:
        words = read(rest, {*entry.options, _IN})
        incident, words = await _meant(core, viewer_of(actor), entry, words, command.conversation)
        return await entry.carry_out(
            Call(
                id=command.id,
                actor=actor,
                core=core,
                words=words,
                usage=usage,
                conversation=command.conversation,
                incident=incident,
            )
        )
    except UserMistake as mistake:
        raise UserMistake(mistake.message, usage=mistake.usage or usage) from None


def verb_of(names: CommandNames, text: str) -> tuple[Entry, str]:
    """Return the verb that a line names, and what follows it.

    `/incident`, `incident` and Telegram's `/incident@bot` are the same command.
    """
    not_too_long(text)
    command, rest = _split(text)
    command = command.removeprefix("/").partition("@")[0].casefold()
    verb, after = _split(rest)
    if command == names.runbook.casefold():
        return _entry(names, Tree.RUNBOOK, verb), after
    if command != names.incident.casefold():
        raise UserMistake(f"Commands here are /{names.incident} and /{names.runbook}.")
    if verb.casefold() == Tree.RUNBOOK:
        verb, after = _split(after)
        return _entry(names, Tree.RUNBOOK, verb), after
    return _entry(names, Tree.INCIDENT, verb), after


def _entry(names: CommandNames, tree: Tree, verb: str) -> Entry:
    entry = find(tree, verb or ("help" if tree is Tree.INCIDENT else "list"))
    if entry is None:
        hint = nearest(verb.casefold(), names_in(tree))
        raise UserMistake(
            f"There is no verb “{verb}”" + (f": {hint}" if hint else "."),
            usage=f"/{names.incident} help, or /{names.incident} declare sev2 <what is broken>",
        )
    return entry


def _split(text: str) -> tuple[str, str]:
    first, *rest = text.split(maxsplit=1) or [""]
    return first, rest[0] if rest else ""


async def _meant(
    core: Core,
    viewer: Viewer,
    entry: Entry,
    words: Words,
    conversation: ConversationRef | None,
) -> tuple[IncidentId, Words]:
    """Return the incident that a line is about, and the words without its number."""
    named = words.options.get(_IN, "")
    words = words.without_option(_IN)
    if entry.where is Where.ANYWHERE:
        if named:
            raise UserMistake(f"{entry.name} is not about one incident: leave in= out.")
        return NO_INCIDENT, words
    here = await core.reading.id_of_room(viewer, conversation) if conversation else None
    # In a room a number at the end of a sentence is part of the sentence.
    if not named and (here is None or len(words) == 1) and incident_number(words.last):
        named, words = incident_number(words.last), words.without_last()
    if named:
        found = await core.reading.id_of(viewer, named)
        if found is None:
            raise UserMistake("There is no such incident.")
        return found, words
    if here is None and entry.where is Where.INCIDENT:
        raise UserMistake(await _which(core, viewer))
    return here or NO_INCIDENT, words


async def _which(core: Core, viewer: Viewer) -> str:
    found = await core.reading.incidents(viewer, only_open=True)
    numbers = ", ".join(f"{one.number} ({one.severity})" for one in found[:_NAMED])
    is_open = f"Open: {numbers}." if numbers else "None is open."
    return f"Which incident? Say it in its room, or add in=<number>. {is_open}"
